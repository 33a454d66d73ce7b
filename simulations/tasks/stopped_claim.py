"""A cancellation reaches a task at an await; there it may clean up, and it is cancelled once it raises the error again."""

from gilscope.claims import Measured, Verdict, confirmed, duration, not_measured, refuted

ROWS = (42,)


def claim(run: Measured) -> Verdict:
    (task,) = run.tasks("backup")
    pressed, asked, end = run.loop_calls(run.threads("stop")), run.cancels(task), run.life(task)[1]
    if not len(asked):
        return not_measured("The backup was through before anybody asked for its end.")
    steps = run.steps([task])
    during = steps[(steps.begin < pressed[0]) & (pressed[0] < steps.end)]
    # Nobody but the task itself runs in its step, so the loop can't tell it of anything before that is over.
    early = len(during) > 0 and int(asked[0]) < int(during.end[0])
    outcome, cleaned = run.outcome(task), "cleans up" in run.output
    figures = (
        f"The other thread asked {'in the middle of a step' if len(during) else 'between two steps'}; "
        f"{duration(int(asked[0] - pressed[0]))} later the loop cancelled the task, which ended {outcome} after another "
        f"{duration(int(end - asked[0]))}{', with its file cleared' if cleaned else ''}."
    )
    return confirmed(figures) if outcome == "cancelled" and cleaned and not early else refuted(figures)
