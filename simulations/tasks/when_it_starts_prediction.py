"""A task makes {calls} others with gather, then computes for {busy_ms} ms before it awaits them. When does the first of them begin?"""

from gilscope.claims import Measured, duration

CHOICES = ("at once, where it is made", "at its maker's next await", "when its maker has ended")


def outcome(run: Measured) -> tuple[int, str]:
    first, (maker,) = run.tasks("gather ")[0], run.tasks("Task-1")[:1]
    run.show([first], "ready")
    made, began = run.life(first)[0], int(run.steps([first]).begin[0])
    figures = f"It began {duration(began - made)} after it was made."
    steps = run.steps([maker])
    making = steps.end[(steps.begin <= made) & (made < steps.end)]
    if began < int(making.max(initial=made)):
        return 0, figures
    return (2 if began >= run.life(maker)[1] else 1), figures
