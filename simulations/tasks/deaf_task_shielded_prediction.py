"""{lines} lines of {line_ms} ms each, behind a shield; the timeout comes after {limit_ms} ms. Awaited at last: {await_at_last}. How many are in the file?"""

import re

from gilscope.claims import Measured, NotSeen, duration

CHOICES = ("none", "some: those that were written before it was cut off", "all of them")


def outcome(run: Measured) -> tuple[int, str]:
    told = re.search(r"(\d+) of (\d+) lines", run.output)
    if not told:
        raise NotSeen("The program didn't print what is in its file.")
    run.show(run.tasks("save"), "suspended")
    written, lines = int(told[1]), int(told[2])
    figures = f"{written} of {lines} are there. The waiter left after {duration(run.lifetime(run.tasks('waiter')))}."
    return (2 if written == lines else min(written, 1)), figures
