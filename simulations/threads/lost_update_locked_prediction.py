"""Threads: {threads}; each adds one {deposits} times, now with a lock around each update. How many updates get lost?"""

import re

from gilscope.claims import Measured, NotSeen

CHOICES = ("none", "some: at most 1 %", "more than 1 %")


def outcome(run: Measured) -> tuple[int, str]:
    counted = re.search(r"locked: expected (\d+), got (\d+)", run.output)
    if not counted:
        raise NotSeen("The program didn't print what it had counted.")
    wanted, got = map(int, counted.groups())
    run.show(run.threads("locked "), "blocked")
    lost = wanted - got
    return 0 if not lost else 1 + (lost / wanted > 0.01), f"Of {wanted:,} updates {lost:,} got lost."
