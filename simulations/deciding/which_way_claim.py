"""Waiting overlaps in threads and tasks; computing does in processes, interpreters and C code that lets the GIL go."""

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


def waited_at_once(run: Measured, way: str) -> int:
    if way in ("asyncio", "mixed"):
        pieces = [task for task in run.tasks("Task-") if task["name"] != "Task-1" and not task["internal"]]
        return run.most_at_once(pieces, "suspended")
    return run.most_at_once(run.threads(*WORKERS[way]), "outside")


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
    if given["waiting_ms"] and way != "serial":
        waited = waited_at_once(run, way)
        figures = f"{figures[:-1]}; at most {waited} waited."
        if waited < 2:
            return depends(f"On how long a piece waits: here no two did so at the same instant. {figures}")
    overlaps = way in ("mixed", "processes", "interpreters") or (way == "threads" and c)
    if overlaps:
        return (
            confirmed(figures) if most > 1 else depends(f"On the cores: here the workers had to share one. {figures}")
        )
    if most > 1 and run.timeline.without_gil:
        return depends(f"On the GIL, and this Python has none. {figures}")
    return confirmed(figures) if most == 1 else refuted(figures)
