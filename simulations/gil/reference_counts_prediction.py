"""Threads: {threads}. They take and drop references to an object of their own, then to one that all share. How much dearer is the shared one?"""

from gilscope.claims import Measured
from gilscope.predictions import between

CHOICES = ("not dearer: less than 1.5 times", "1.5 to 5 times", "more than 5 times")


def outcome(run: Measured) -> tuple[int, str]:
    references = int(run.parameters["threads"]) * int(run.parameters["rounds"]) * 10_000
    run.show(run.threads("shared "), run.executes)
    own, shared = (run.total(run.threads(way), run.executes) / references for way in ("own ", "shared "))
    sentence = f"A reference took {own:.1f} ns of computing with one's own object, {shared:.1f} ns with the shared one."
    return between(shared / max(own, 1e-3), (1.5, 5)), sentence
