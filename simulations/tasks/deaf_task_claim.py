"""Who swallows its cancellation outlasts the timeout and the group that cancelled it."""

from gilscope.claims import Measured, Verdict, confirmed, depends, duration, not_measured, refuted

ROWS = (43,)


def claim(run: Measured) -> Verdict:
    tasks = (*run.tasks("within a timeout"), *run.tasks("in a group"))
    asked = [run.cancels(task) for task in tasks]
    if any(len(times) == 0 for times in asked):
        return not_measured("An answer came before anybody was cancelled.")
    longer = [int(run.life(task)[1] - times[0]) for task, times in zip(tasks, asked, strict=True)]
    outcomes = [run.outcome(task) for task in tasks]
    figures = (
        f"The one within the timeout went on for {duration(longer[0])} after it had been cancelled, and ended {outcomes[0]}; "
        f"the one in the group for {duration(longer[1])}, and ended {outcomes[1]}."
    )
    if run.parameters["attempts"] == 1:
        return depends(f"On what it does then: with one attempt, it gave up. {figures}")
    if run.output.count("CancelledError") < len(tasks):
        return depends(f"On whether it has asked by then: here the time was up before. {figures}")
    in_vain = "the timeout has come to nothing" in run.output
    return confirmed(figures) if in_vain and "cancelled" not in outcomes else refuted(figures)
