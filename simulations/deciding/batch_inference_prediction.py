"""Items for a model: {items}. Processes: {workers}. They are given one item at a time, then {batch}. How much faster are batches?"""

import re

from gilscope.claims import Measured, NotSeen
from gilscope.predictions import between

CHOICES = ("hardly: less than 1.2 times as fast", "1.2 to 3 times as fast", "more than 3 times as fast")


def outcome(run: Measured) -> tuple[int, str]:
    took = [float(ms) for ms in re.findall(r"answers, \d+, after ([\d.]+) ms", run.output)]
    if len(took) < 2:
        raise NotSeen("The program didn't print how long both ways took.")
    single, batched = took
    run.show(run.threads("ForkPoolWorker", "SpawnPoolWorker", "ForkServerPoolWorker"), "blocked")
    figures = f"One by one they took {single:.1f} ms, in batches {batched:.1f} ms; {len(run.messages()):,} messages were seen."
    return between(single / batched, (1.2, 3)), figures
