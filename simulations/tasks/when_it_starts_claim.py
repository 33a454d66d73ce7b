"""What is awaited in sequence waits one after the other, tasks wait together; each begins at its maker's next await."""

from gilscope.claims import Measured, Verdict, confirmed, depends, duration, not_measured, refuted

ROWS = (40,)

WAYS = ("gather", "create_task", "TaskGroup")


def claim(run: Measured) -> Verdict:
    sequence, ways = run.lifetime(run.tasks("in sequence")), [run.tasks(f"{way} ") for way in WAYS]
    if run.parameters["calls"] == 1:
        return not_measured("One call alone can't show whether several wait together.")
    began = [[int(run.steps([task]).begin[0]) for task in tasks] for tasks in ways]
    took = [max(run.life(task)[1] for task in tasks) - min(first) for tasks, first in zip(ways, began, strict=True)]
    makers = run.steps(run.tasks("Task-1"))
    early = 0  # begun within that step of the maker in which they were made
    late = []
    for tasks, first in zip(ways, began, strict=True):
        for task, begin in zip(tasks, first, strict=True):
            made = run.life(task)[0]
            step = makers.end[(makers.begin <= made) & (made < makers.end)]
            early += int((begin < step).sum())
            late.append(begin - made)
    together = all(
        max(first) < min(run.life(task)[1] for task in tasks) for tasks, first in zip(ways, began, strict=True)
    )
    figures = (
        f"In sequence it took {duration(sequence)}; with "
        + ", ".join(f"{way} {duration(ns)}" for way, ns in zip(WAYS, took, strict=True))
        + f", from the first step on. The tasks began {duration(min(late))} to {duration(max(late))} after they were made, "
        f"{early} of them before their maker's next await."
    )
    if early:
        return refuted(figures)
    if together:
        return confirmed(figures)
    return depends(f"On how long they wait: here one had its answer before the last had begun. {figures}")
