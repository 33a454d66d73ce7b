"""A pool starts processes, {workers} at most, so that calls of {takes_ms} ms don't block the loop. How long does the slowest take until it can work?"""

from gilscope.claims import Measured, NotSeen, duration
from gilscope.predictions import between

CHOICES = ("less than 1 ms", "1 to 10 ms", "10 to 100 ms", "more than 100 ms")


def outcome(run: Measured) -> tuple[int, str]:
    starts = run.starts("")
    if not starts:
        raise NotSeen("No process was seen to be started.")
    run.show([track for track in run.told["tracks"] if track["kind"] == "process"], "starting")
    return between(
        max(starts), (1e6, 10e6, 100e6)
    ), f"Processes started: {len(starts)}. The slowest took {duration(max(starts))}."
