"""Items: {items}. A plain map, then {workers} processes, which are given {chunk} items at a time, then one at a time. Which is the quickest?"""

import re

from gilscope.claims import Measured, NotSeen

CHOICES = ("the plain map", "processes, in chunks", "processes, one by one")


def outcome(run: Measured) -> tuple[int, str]:
    told = re.findall(r"^(?:map|in chunks|one by one): \d+ after ([\d.]+) ms", run.output, re.MULTILINE)
    if len(told) < 3:
        raise NotSeen("The program didn't print how long all three ways took.")
    run.show(run.threads("ForkPoolWorker", "SpawnPoolWorker", "ForkServerPoolWorker"), run.executes)
    took = [float(ms) for ms in told]
    figures = f"The plain map took {took[0]:.1f} ms, chunks {took[1]:.1f} ms, one by one {took[2]:.1f} ms."
    return took.index(min(took)), figures
