"""Processes: {processes}. Each adds one to a shared number {steps} times; each reading and writing takes its lock. How many updates are lost?"""

import re

from gilscope.claims import Measured, NotSeen
from gilscope.predictions import between

CHOICES = ("none", "less than 1 in 100", "1 to 20 in 100", "more")


def outcome(run: Measured) -> tuple[int, str]:
    told = re.search(r"expected (\d+), the shared number is (\d+)", run.output)
    if not told:
        raise NotSeen("The program didn't print what it had counted.")
    wanted, got = map(int, told.groups())
    lost = wanted - got
    run.show(run.threads("counter "), run.executes)
    choice = 1 + between(lost / wanted, (0.01, 0.2)) if lost else 0
    return choice, f"{lost:,} of {wanted:,} updates were lost."
