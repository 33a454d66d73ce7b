"""Processes: {processes}. Each adds to a shared number, {at_a_time} at a time, with its lock held. How much of their lives do they wait for it?"""

from gilscope.claims import Measured, duration, percent
from gilscope.predictions import between

CHOICES = ("less than 10 %", "10 to 40 %", "more than 40 %")


def outcome(run: Measured) -> tuple[int, str]:
    counters, waits = run.threads("counter "), run.waits("counter")
    waited = int(waits.length.sum())
    share = waited / run.lifetime(counters)
    return between(share, (0.1, 0.4)), f"They waited {duration(waited)} for it in all, {percent(share)} of their lives."
