"""Two tasks in a group. One fails after {limit_ms} ms, the other awaits an answer that takes {answer_ms} ms. When does the other one end?"""

from gilscope.claims import Measured, duration

CHOICES = ("before the first one fails", "at once when that fails", "only when it has its answer")


def outcome(run: Measured) -> tuple[int, str]:
    (fails,), (other,) = run.tasks("fails"), run.tasks("in a group")
    run.show([other], "suspended")
    failed, end = run.life(fails)[1], run.life(other)[1]
    figures = f"One failed; the other one ended {run.outcome(other)}, {duration(abs(end - failed))} {'after' if end > failed else 'before'} that."
    if end <= failed:
        return 0, figures
    return (1 if run.outcome(other) == "cancelled" else 2), figures
