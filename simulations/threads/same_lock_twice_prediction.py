"""Folders inside each other: {depth}. A visitor locks the tree at each, without giving the lock back before. How far does it get?"""

from gilscope.claims import Measured

CHOICES = ("it sees all of them", "it sees the first, and no more", "it sees none")


def outcome(run: Measured) -> tuple[int, str]:
    run.show(run.threads("visitor"), "blocked")
    acquires, depth = run.resource("tree_lock")["acquires"], run.parameters["depth"]
    choice = 0 if "saw everything" in run.output else 1 if acquires else 2
    return choice, f"It wanted the lock for {depth} folders, and got it for {depth if not choice else acquires}."
