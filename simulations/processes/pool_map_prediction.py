"""A map over {parts} parts, {chunk} at a time: once in a pool of one process, once in a pool of two. How much faster is it with two?"""

import re

from gilscope.claims import Measured, NotSeen, duration
from gilscope.predictions import between

CHOICES = ("hardly: less than 1.2 times as fast", "1.2 to 1.6 times as fast", "nearly twice as fast")


def outcome(run: Measured) -> tuple[int, str]:
    took = {
        int(number): float(ms) * 1e6 for number, ms in re.findall(r"(\d+) at work: .* after ([\d.]+) ms", run.output)
    }
    if not {1, 2} <= took.keys():
        raise NotSeen("The program didn't print how long pools of one and of two took.")
    run.show(run.threads("ForkPoolWorker", "SpawnPoolWorker", "ForkServerPoolWorker"), run.executes)
    gain = took[1] / took[2]
    figures = (
        f"One took {duration(took[1])}, two {duration(took[2])}, {gain:.2f} times as fast; cores: {run.timeline.cores}."
    )
    return between(gain, (1.2, 1.6)), figures
