"""Clerks: {clerks}. Each works {own_ms} ms alone, then needs the till for {hold_ms} ms. How much of their lives do they wait for it?"""

from gilscope.claims import Measured, duration, percent
from gilscope.predictions import between

CHOICES = ("less than 5 %", "5 to 25 %", "25 to 50 %", "more than half")


def outcome(run: Measured) -> tuple[int, str]:
    clerks = run.threads("clerk ")
    run.show(clerks, "blocked")
    share = run.share(clerks, "blocked")
    waited = duration(run.total(clerks, "blocked"))
    return between(
        share, (0.05, 0.25, 0.5)
    ), f"{len(clerks)} clerks waited {waited} in all, {percent(share)} of their lives."
