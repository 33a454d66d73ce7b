"""Requests: {requests}, at most {at_once} at once, on one thread. An answer takes {latency_ms} ms. When are all of them there?"""

import re

from gilscope.claims import Measured, NotSeen, duration
from gilscope.predictions import between

CHOICES = ("in less than twice the time of one", "after two to five times as long", "after still longer")


def outcome(run: Measured) -> tuple[int, str]:
    told, one = re.search(r"answered after ([\d.]+) ms", run.output), float(run.parameters["latency_ms"]) * 1e6
    if not told or not one:
        raise NotSeen("The program didn't print how long its requests took, or an answer takes no time.")
    took = float(told[1]) * 1e6
    run.show(run.tasks("request "), "suspended")
    return between(took / one, (2, 5)), f"All answers were there after {duration(took)}, one takes {duration(one)}."
