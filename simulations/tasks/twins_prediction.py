"""A bakery serves {visitors} visitors, first threads, then as many tasks; each has the till for {pay_ms} ms. Which takes longer?"""

from gilscope.claims import Measured, duration

CHOICES = ("the one with threads", "the one with tasks", "both about the same")


def outcome(run: Measured) -> tuple[int, str]:
    threads, tasks = run.threads("thread "), run.tasks("task ")
    run.show(tasks, "suspended")
    took = [run.elapsed(threads), run.elapsed(tasks)]
    figures = f"The threads took {duration(took[0])}, the tasks {duration(took[1])}."
    if abs(took[0] - took[1]) < 0.2 * max(took):
        return 2, figures
    return int(took[1] > took[0]), figures
