"""Visitors: {visitors}. Each takes an RLock {depth} times over, looking {look_ms} ms each time. How much of their lives do they wait for it?"""

from gilscope.claims import Measured, duration, percent
from gilscope.predictions import between

CHOICES = ("hardly: less than 10 %", "10 to 40 %", "more than 40 %")


def outcome(run: Measured) -> tuple[int, str]:
    visitors, waits = run.threads("visitor "), run.waits("tree_lock")
    waited = int(waits.length.sum())
    share = waited / run.lifetime(visitors)
    return between(share, (0.1, 0.4)), f"They waited {duration(waited)} in all, {percent(share)} of their lives."
