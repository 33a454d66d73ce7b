"""Threads: {interpreters}, each with an interpreter of its own, if this Python has them. How many execute Python at the same instant?"""

from gilscope.claims import Measured

CHOICES = ("only one", "several")


def outcome(run: Measured) -> tuple[int, str]:
    counters = run.threads("counter")
    run.show(counters, run.executes)
    most = run.most_at_once(counters, run.executes)
    sentence = (
        f"At most {most} of {len(counters)} executed Python at the same instant; GILs that were seen: {run.gils}."
    )
    return int(most > 1), sentence
