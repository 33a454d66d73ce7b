"""Who lets its cancellation pass ends in time: the timeout comes, and the group doesn't have to wait."""

from gilscope.claims import Measured, Verdict, confirmed, duration, not_measured, refuted

ROWS = (42, 43)


def claim(run: Measured) -> Verdict:
    tasks = (*run.tasks("within a timeout"), *run.tasks("in a group"))
    asked = [run.cancels(task) for task in tasks]
    if any(len(times) == 0 for times in asked):
        return not_measured("An answer came before anybody was cancelled.")
    longer = [int(run.life(task)[1] - times[0]) for task, times in zip(tasks, asked, strict=True)]
    steps = [int((run.steps([task]).begin > times[0]).sum()) for task, times in zip(tasks, asked, strict=True)]
    figures = (
        f"Once cancelled, the one within the timeout took {steps[0]} more step and ended {duration(longer[0])} later, the one in "
        f"the group {steps[1]}, {duration(longer[1])} later."
    )
    in_time = "the timeout came in time" in run.output and run.outcome(tasks[1]) == "cancelled"
    return confirmed(figures) if in_time and steps == [1, 1] else refuted(figures)
