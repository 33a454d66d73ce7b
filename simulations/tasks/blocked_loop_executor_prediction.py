"""A task gives calls of {takes_ms} ms to a pool of threads ({call}). Threads: {workers}. How many of the calls run at the same time?"""

from gilscope.claims import Measured

CHOICES = ("one after the other", "some, the others wait in the pool's queue", "all of them")


def outcome(run: Measured) -> tuple[int, str]:
    calls = run.works("request")
    most = run.most_at_once(calls, "running")
    choice = 0 if most < 2 else 2 if most == len(calls) else 1
    return choice, f"At most {most} of {len(calls)} ran at the same time."
