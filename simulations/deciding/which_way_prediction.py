"""Pieces: {pieces}. Each waits {waiting_ms} ms and computes {computing_ms} ms. This way: {way}. How long, against one after the other?"""

import re

from gilscope.claims import Measured, NotSeen, duration
from gilscope.predictions import between

CHOICES = ("less than a fifth", "a fifth to four fifths", "about as long", "longer")


def outcome(run: Measured) -> tuple[int, str]:
    told = re.search(r"Done after ([\d.]+) ms", run.output)
    each = float(run.parameters["waiting_ms"]) + float(run.parameters["computing_ms"])
    if not told or not each:
        raise NotSeen("The program didn't print how long its work took, or there was none.")
    took, single = float(told[1]) * 1e6, int(run.parameters["pieces"]) * each * 1e6
    run.show(run.threads(""), run.executes)
    figures = f"It took {duration(took)}; one after the other the pieces alone come to {duration(single)}."
    return between(took / single, (0.2, 0.8, 1.3)), figures
