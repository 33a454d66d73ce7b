"""Threads and tasks take turns, processes run at once: all are concurrent, only processes are parallel."""

from gilscope.claims import Measured, Verdict, confirmed, depends, not_measured, refuted

ROWS = (1, 2)


def claim(run: Measured) -> Verdict:
    if run.parameters["way"] != "all":
        return not_measured(f"Only {run.parameters['way']} ran, so there is nothing to compare it with.")
    threads, processes, tasks = run.threads("thread"), run.threads("process"), run.tasks("task")
    ways = [(threads, run.executes), (processes, run.executes), (tasks, "running")]
    begun = [run.most_at_once(tracks) for tracks, _ in ways]
    at_once = [run.most_at_once(tracks, state) for tracks, state in ways]
    mean = [run.mean_at_once(tracks, state) for tracks, state in ways]
    figures = "; ".join(
        f"of {begun[n]} {name} under way together {at_once[n]} ran at the same instant at most, {mean[n]:.2f} on average"
        for n, name in enumerate(("threads", "processes", "tasks"))
    )
    figures = f"{figures[0].upper()}{figures[1:]}."
    if min(begun) < 2:
        return not_measured(f"Of one kind no two were under way at the same time. {figures}")
    if run.timeline.without_gil:
        return depends(f"On the GIL, and this Python has none. {figures}")
    if at_once[1] < 2:
        return depends(f"On the cores: here the processes had to share one. {figures}")
    return confirmed(figures) if at_once[0] == at_once[2] == 1 else refuted(figures)
