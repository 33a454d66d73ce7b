"""Threads in interpreters of their own each hold a GIL at the same instant, in one process."""

from gilscope.claims import Measured, Verdict, confirmed, depends, duration, not_measured, refuted

ROWS = (9,)


def claim(run: Measured) -> Verdict:
    if "no module for interpreters" in run.output:
        return not_measured(f"Python {run.python} has no module for interpreters of their own: run it on Python 3.14.")
    counters = run.threads("counter")
    most, mean = run.most_at_once(counters, run.executes), run.mean_at_once(counters, run.executes)
    figures = (
        f"Of {len(counters)} threads at most {most} executed Python at the same instant, {mean:.2f} on average; they were "
        f"through after {duration(run.elapsed(counters))}."
    )
    if run.parameters["share"] or run.parameters["interpreters"] == 1:
        return not_measured(f"There were no two interpreters. {figures}")
    if run.timeline.without_gil:
        return depends(f"On the GIL, and this Python has none to begin with. {figures}")
    if run.gils < 2:
        return not_measured(f"Only the GIL of the main interpreter was seen. {figures}")
    held = run.most_at_once(counters, "running", "stalled")
    figures = f"{held} GILs were held at the same instant, by threads of one process. {figures}"
    return confirmed(figures) if held > 1 else refuted(figures)
