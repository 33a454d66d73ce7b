"""A client takes every error for a failed attempt, of {attempts}. An answer takes {answer_ms} ms, the timeout {limit_ms} ms. When does it end, once cancelled?"""

from gilscope.claims import Measured, duration
from gilscope.predictions import between

CHOICES = (
    "it isn't cancelled: the answer comes first",
    "at once",
    "about one answer later",
    "later still",
)


def outcome(run: Measured) -> tuple[int, str]:
    (task,), answer = run.tasks("within a timeout"), float(run.parameters["answer_ms"]) * 1e6
    asked = run.cancels(task)
    run.show([task], "suspended")
    if not len(asked):
        return 0, f"It ended after {duration(run.lifetime([task]))}, and nobody had cancelled it."
    longer = int(run.life(task)[1] - asked[0])
    return 1 + between(longer / answer, (0.3, 1.5)), f"It ended {duration(longer)} after it had been cancelled."
