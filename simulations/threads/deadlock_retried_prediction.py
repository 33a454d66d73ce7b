"""Two transfers. Each tries its second lock after {pause_ms} ms, and gives the first back if that is taken. How often does that happen?"""

from gilscope.claims import Measured
from gilscope.predictions import between

CHOICES = ("never", "once or twice", "more often")


def outcome(run: Measured) -> tuple[int, str]:
    back, through = run.output.count("stepped back"), run.output.count("transferred")
    run.show(run.threads("transfer "), "outside", "blocked")
    return between(back, (1, 3)), f"One gave its lock back, in all: {back}; {through} of 2 came through."
