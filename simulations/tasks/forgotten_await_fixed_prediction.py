"""Entries: {entries}, and writing one takes {write_ms} ms. Each call gets: {way}. How long does all of it take?"""

from gilscope.claims import Measured, NotSeen, duration

CHOICES = (
    "about as long as one entry",
    "longer, but not as long as one after the other",
    "as long as all one after the other",
)


def outcome(run: Measured) -> tuple[int, str]:
    entries, one = int(run.parameters["entries"]), float(run.parameters["write_ms"]) * 1e6
    if entries < 2 or one < 1e6:
        raise NotSeen("It takes several entries, and some time for each, to tell one way from the other.")
    tasks = run.tasks("entry" if run.parameters["way"] == "task" else "Task-1")
    run.show(tasks, "suspended")
    took = run.elapsed(tasks)
    figures = f"All of it took {duration(took)}, where one entry takes {duration(one)}."
    if took >= 0.95 * entries * one:
        return 2, figures
    return (0 if took < 2 * one else 1), figures
