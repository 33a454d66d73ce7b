"""Two transfers. Each waits {try_ms} ms for its second lock, then gives its first one back. How often does that happen?"""

from gilscope.claims import Measured
from gilscope.predictions import between

CHOICES = ("never", "once or twice", "more often")


def outcome(run: Measured) -> tuple[int, str]:
    back, through = run.output.count("gave up for now"), run.output.count("transferred")
    run.show(run.threads("transfer "), "outside", "blocked")
    return between(back, (1, 3)), f"One gave its lock back, in all: {back}; {through} of 2 came through."
