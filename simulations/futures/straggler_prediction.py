"""Passwords: {passwords}; the first takes {slow} times as long. map gives results in order, as_completed as they come. How much sooner does that give its first?"""

import re

from gilscope.claims import Measured, NotSeen, duration
from gilscope.predictions import between

CHOICES = ("hardly sooner", "in a half to a fifth of the time", "in less than a fifth of the time")


def outcome(run: Measured) -> tuple[int, str]:
    told = re.findall(r"(?:map|as_completed): the first result after ([\d.]+) ms", run.output)
    if len(told) != 2:
        raise NotSeen("The program didn't print when it had its first results.")
    run.show(run.threads("MainThread"), "blocked")
    ordered, any_order = (float(ms) * 1e6 for ms in told)
    figures = f"map gave its first result after {duration(ordered)}, as_completed after {duration(any_order)}."
    return between(ordered / max(any_order, 1), (2, 5)), figures
