"""Requests: {requests}, on {workers} threads. Each writes its user to a shared variable, and looks {handle_ms} ms later. How many find another's?"""

import re

from gilscope.claims import Measured, NotSeen
from gilscope.predictions import between

CHOICES = ("none", "less than half", "half of them, or more")


def outcome(run: Measured) -> tuple[int, str]:
    told = re.findall(r"(user-\d+) found \S+; local (\S+), shared (\S+)", run.output)
    if not told:
        raise NotSeen("The program didn't print what it had found.")
    run.show(run.threads("worker"), "outside")
    local, shared = (sum(row[0] != row[place] for row in told) for place in (1, 2))
    sentence = f"{shared} of {len(told)} found another's user in the shared variable, {local} in the thread-local one."
    return 1 + between(shared / len(told), (0.5,)) if shared else 0, sentence
