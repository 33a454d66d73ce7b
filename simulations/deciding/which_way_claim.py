"""Computing overlaps in processes and interpreters, and in C code that lets the GIL go; else it doesn't."""

from gilscope.claims import Measured, Verdict, confirmed, depends, not_measured, refuted

ROWS = (50,)
PROCESSES = ("ForkProcess-", "ForkServerProcess-", "SpawnProcess-")
WORKERS = {
    "serial": ("MainThread",),
    "threads": ("ThreadPoolExecutor",),
    "asyncio": ("MainThread",),
    "mixed": PROCESSES,
    "processes": PROCESSES,
    "interpreters": ("InterpreterPoolExecutor",),
}


def claim(run: Measured) -> Verdict:
    given, way = run.parameters, str(run.parameters["way"])
    if not given["computing_ms"] or int(given["pieces"]) <= int(given["chain"]):
        return not_measured("No two pieces of this work could have computed at the same time.")
    workers = run.threads(*WORKERS[way])
    c = given["language"] == "c"
    states = {run.executes, "native"} if c else {run.executes}
    most, mean = run.most_at_once(workers, *states), run.mean_at_once(workers, *states)
    figures = (
        f"{way}: at most {most} of the workers ({len(workers)}) computed at the same instant, {mean:.2f} on average."
    )
    figures = figures[0].upper() + figures[1:]
    overlaps = way in ("mixed", "processes", "interpreters") or (way == "threads" and c)
    if overlaps:
        return (
            confirmed(figures) if most > 1 else depends(f"On the cores: here the workers had to share one. {figures}")
        )
    if most > 1 and run.timeline.without_gil:
        return depends(f"On the GIL, and this Python has none. {figures}")
    return confirmed(figures) if most == 1 else refuted(figures)
