"""fork copies this process, spawn starts a new interpreter. How many times as long does a process take to its first line by spawn?"""

import re

from gilscope.claims import Measured, NotSeen
from gilscope.predictions import between

CHOICES = ("about as long: less than twice", "2 to 10 times as long", "more than 10 times as long")


def outcome(run: Measured) -> tuple[int, str]:
    took = {}
    for way in ("fork", "spawn"):
        told = re.findall(rf"^{way} \d+: its first line after ([\d.]+) ms", run.output, re.MULTILINE)
        if not told:
            raise NotSeen(f"Nothing was started by {way}, so there is nothing to compare.")
        took[way] = min(map(float, told))
    run.show(run.threads("spawn "), run.executes)
    figures = f"At best fork took {took['fork']} ms, spawn {took['spawn']} ms."
    return between(took["spawn"] / max(took["fork"], 0.1), (2, 10)), figures
