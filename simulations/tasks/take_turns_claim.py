"""One thread runs all tasks of a loop, one at a time, and changes from one to another only where one awaits."""

from gilscope.claims import Measured, Verdict, confirmed, depends, not_measured, refuted, times

ROWS = (37,)


def claim(run: Measured) -> Verdict:
    clerks = run.tasks("clerk")
    if len(clerks) < 2:
        return not_measured("One task alone has nobody to take turns with.")
    steps = run.steps(clerks)
    threads, changes = len(set(steps.track.tolist())), int((steps.thing[1:] != steps.thing[:-1]).sum())
    most = run.most_at_once(clerks, "running")
    figures = (
        f"{len(clerks)} tasks were under way at the same time, on {threads} thread; at most {most} ran at an instant; they "
        f"took {len(steps)} steps, and {times(changes)} the next one was another task's."
    )
    if most > 1 or threads > 1:
        return refuted(figures)
    if len(steps) == len(clerks):
        return depends(f"On the awaits: without one, a task runs to its end before the next begins. {figures}")
    return confirmed(figures) if changes >= len(clerks) else refuted(figures)
