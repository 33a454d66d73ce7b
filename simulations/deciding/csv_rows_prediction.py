"""Rows of CSV: {rows}. One process adds them up, then {processes} that are already there and are given {send}. How much faster is that?"""

import re

from gilscope.claims import Measured, NotSeen
from gilscope.predictions import between

CHOICES = ("not faster", "up to 1.6 times as fast", "faster than that")


def outcome(run: Measured) -> tuple[int, str]:
    took = [float(ms) for ms in re.findall(r"(?:alone|in processes): \d+ after ([\d.]+) ms", run.output)]
    if len(took) < 2:
        raise NotSeen("The program didn't print how long both ways took.")
    alone, together = took
    run.show(run.threads("ForkPoolWorker", "SpawnPoolWorker", "ForkServerPoolWorker"), run.executes)
    figures = f"Alone it took {alone:.1f} ms, in processes {together:.1f} ms; cores: {run.timeline.cores}."
    return between(alone / together, (1, 1.6)), figures
