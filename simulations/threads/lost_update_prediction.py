"""{threads} threads add one, {deposits} times each, with a call between reading the balance and writing it. How many get lost?"""

import re

from gilscope.claims import Measured, NotSeen, percent
from gilscope.predictions import between

CHOICES = ("none", "some: less than 1 %", "1 to 25 %", "more than a quarter")


def outcome(run: Measured) -> tuple[int, str]:
    counted = re.search(r"call: expected (\d+), got (\d+)", run.output)
    if not counted:
        raise NotSeen("The program didn't print what it had counted.")
    wanted, got = map(int, counted.groups())
    run.show(run.threads("call "), "gil-wait")
    share = (wanted - got) / wanted
    choice = 0 if share == 0 else 1 + between(share, (0.01, 0.25))
    return choice, f"Of {wanted:,} updates {wanted - got:,} got lost: {percent(share)}."
