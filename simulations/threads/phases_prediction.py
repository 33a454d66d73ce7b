"""Workers: {workers}. The quickest takes {quickest_ms} ms for its part, each further one {slower_ms} ms more; all meet at a barrier. How much of its life does the quickest wait?"""

from gilscope.claims import Measured, percent
from gilscope.predictions import between

CHOICES = ("less than 25 %", "25 to 50 %", "50 to 75 %", "more than 75 %")


def outcome(run: Measured) -> tuple[int, str]:
    quickest = run.threads("worker 1")[:1]
    run.show(quickest, "blocked")
    share = run.share(quickest, "blocked")
    return between(share, (0.25, 0.5, 0.75)), f"Worker 1 waited {percent(share)} of its life at the barrier."
