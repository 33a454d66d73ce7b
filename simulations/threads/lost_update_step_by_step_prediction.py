"""Clerks: {clerks}. Each adds one {turns} times, with {think_ms} ms between reading and writing. How many of these are lost?"""

import re

from gilscope.claims import Measured, NotSeen
from gilscope.predictions import between

CHOICES = ("none", "less than half", "half of them, or more")


def outcome(run: Measured) -> tuple[int, str]:
    told = re.search(r"expected (\d+), got (\d+)", run.output)
    if not told:
        raise NotSeen("The program didn't print what it had counted.")
    wanted, got = map(int, told.groups())
    run.show(run.threads("clerk "), "outside")
    lost = wanted - got
    return 1 + between(lost / wanted, (0.5,)) if lost else 0, f"{lost} of {wanted} were lost."
