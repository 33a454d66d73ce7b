"""A thread waits for an answer beside one that computes, then beside {burners}. How much longer does it take beside these?"""

import re

from gilscope.claims import Measured, NotSeen
from gilscope.predictions import between

CHOICES = ("hardly longer: up to 1.2 times as long", "1.2 to 3 times as long", "more than 3 times as long")


def outcome(run: Measured) -> tuple[int, str]:
    told = dict(re.findall(r"(beside one|beside many): ([\d.]+) ms", run.output))
    if len(told) < 2:
        raise NotSeen("The program didn't print how long the answers took.")
    one, many = float(told["beside one"]), float(told["beside many"])
    run.show(run.threads("beside many", "answers beside many"), "gil-wait")
    sentence = (
        f"An answer took {one:.2f} ms beside one, {many:.2f} ms beside {run.parameters['burners']}, in the median."
    )
    return between(many / max(one, 1e-3), (1.2, 3)), sentence
