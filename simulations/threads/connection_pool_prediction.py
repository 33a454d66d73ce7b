"""Clients: {clients}; connections to a database: {connections}. How much of their lives do clients wait for a free one?"""

from gilscope.claims import Measured, duration, percent
from gilscope.predictions import between

CHOICES = ("less than 10 %", "10 to 40 %", "more than 40 %")


def outcome(run: Measured) -> tuple[int, str]:
    clients, waits = run.threads("client "), run.waits("free")
    waited = int(waits.length.sum())
    share = waited / run.lifetime(clients)
    return between(share, (0.1, 0.4)), f"They waited {duration(waited)} in all, {percent(share)} of their lives."
