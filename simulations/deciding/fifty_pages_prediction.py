"""Pages: {pages}. A server takes {latency_ms} ms over each; threads that fetch them: {workers}. How long, against one page after the other?"""

import re

from gilscope.claims import Measured, NotSeen, duration
from gilscope.predictions import between

CHOICES = ("less than a fifth", "a fifth to four fifths", "about as long, or longer")


def outcome(run: Measured) -> tuple[int, str]:
    told = re.search(r"pages after ([\d.]+) ms", run.output)
    if not told:
        raise NotSeen("The program didn't print how long its pages took.")
    took, single = float(told[1]) * 1e6, int(run.parameters["pages"]) * float(run.parameters["latency_ms"]) * 1e6
    run.show(run.threads("fetcher"), "outside")
    figures = f"They took {duration(took)}; one after the other the server alone would have taken {duration(single)}."
    return between(took / single, (0.2, 0.8)), figures
