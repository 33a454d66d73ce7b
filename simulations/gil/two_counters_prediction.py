"""Counters: {threads}, {mode}; each would take {work_ms} ms alone. How long do all of them take together?"""

from gilscope.claims import Measured, duration
from gilscope.predictions import between

CHOICES = (
    "about as long as one alone: {work_ms} ms",
    "longer, but less than one after the other",
    "as long as one after the other",
    "much longer than one after the other",
)


def outcome(run: Measured) -> tuple[int, str]:
    counters = run.threads("counter ")
    run.show(counters, "gil-wait")
    alone, elapsed = float(run.parameters["work_ms"]) * 1e6, run.elapsed(counters)
    figures = f"{len(counters)} counters took {duration(elapsed)} together; one alone takes {duration(alone)}."
    if elapsed < alone * 1.3:
        return 0, figures
    return 1 + between(elapsed / (alone * len(counters)), (0.8, 1.5)), figures
