"""Main sends {largest_kb} kB of {parcel} to a process, for work of {work_ms} ms. How long does handing them over take?"""

import re

from gilscope.claims import Measured, NotSeen, duration
from gilscope.predictions import between

CHOICES = (
    "less than a tenth of the work",
    "less than the work",
    "up to three times as long as the work",
    "longer than that",
)


def outcome(run: Measured) -> tuple[int, str]:
    told = re.findall(r"handing over ([\d.]+) ms, work ([\d.]+) ms", run.output)
    if len(told) < 4:
        raise NotSeen("The program didn't print how long all of its parcels took.")
    handing, work = (float(ms) * 1e6 for ms in told[-1])
    run.show(run.threads("MainThread"), "blocked")
    return between(
        handing / max(work, 1), (0.1, 1, 3)
    ), f"Handing over took {duration(handing)}, the work {duration(work)}."
