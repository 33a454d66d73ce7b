"""Three threads sleep, read a file and wait for a socket, {calls} times each, while a counter counts. How much of its life does it have the GIL?"""

from gilscope.claims import Measured, percent
from gilscope.predictions import between

CHOICES = ("less than 40 %: they are four", "40 to 80 %", "nearly always: more than 80 %")


def outcome(run: Measured) -> tuple[int, str]:
    counter = run.threads("counter")
    run.show(counter, "running")
    share = run.share(counter, "running", "stalled")
    return between(share, (0.4, 0.8)), f"The counter had the GIL for {percent(share)} of its life."
