"""A diary gets {entries} entries, each by a call of an async function. The first {forget} of the calls lack their await. Which entries are in the file?"""

import re

from gilscope.claims import Measured, NotSeen

CHOICES = (
    "all: the others come a little later",
    "none: the first such call raises an error",
    "only those that were awaited",
)


def outcome(run: Measured) -> tuple[int, str]:
    told = re.search(r"(\d+) of (\d+) entries", run.output)
    if not told:
        raise NotSeen("The program didn't print what is in its file.")
    run.show(run.tasks("Task-1"), "suspended")
    written, entries = int(told[1]), int(told[2])
    figures = f"{written} of {entries} entries are there; {run.never_awaited()} coroutines never ran."
    if written == entries:
        return 0, figures
    return (2 if run.outcome(run.tasks("Task-1")[0]) == "done" else 1), figures
