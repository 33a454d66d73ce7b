"""Workers: {workers}, answers wanted: {requests}. The server gives {places} at a time and says 429 to all others. How often does it?"""

import re

from gilscope.claims import Measured, NotSeen

CHOICES = ("never", "less often than it gives an answer", "at least as often as it gives an answer")


def outcome(run: Measured) -> tuple[int, str]:
    told = re.search(r"(\d+) answers and (\d+) times 429", run.output)
    if not told:
        raise NotSeen("The program didn't print how often it was refused.")
    run.show(run.works("ask"), "running")
    answers, refused = int(told[1]), int(told[2])
    return (2 if refused >= answers else min(refused, 1)), f"{answers} answers, and {refused} times 429."
