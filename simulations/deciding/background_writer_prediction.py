"""Each request writes to a database, and waits for it beyond its {handle_ms} ms. A thread does the writing instead. How much of that wait is left?"""

import re

from gilscope.claims import Measured, NotSeen, duration
from gilscope.predictions import between

CHOICES = ("less than a fifth", "a fifth to four fifths", "about all of it")


def outcome(run: Measured) -> tuple[int, str]:
    took = {who: float(ms) * 1e6 for who, ms in re.findall(r"(main|writer) writes: ([\d.]+) ms a request", run.output)}
    if len(took) < 2:
        raise NotSeen("The program didn't print how long both ways took.")
    handling = float(run.parameters["handle_ms"]) * 1e6
    alone, beside = (max(took[who] - handling, 0) for who in ("main", "writer"))
    run.show(run.threads("writer"), "outside")
    figures = f"Beyond its handling a request took {duration(alone)} where main writes, {duration(beside)} where the writer does."
    return between(beside / max(alone, 1), (0.2, 0.8)), figures
