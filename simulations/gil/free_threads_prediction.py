"""Threads: {threads}. Each counts the primes in its own part of the numbers. How many of them compute at the same instant, on this Python?"""

from gilscope.claims import Measured

CHOICES = ("only one: they take turns", "several")


def outcome(run: Measured) -> tuple[int, str]:
    counters = run.threads("counter")
    run.show(counters, run.executes)
    most, mean = run.most_at_once(counters, run.executes), run.mean_at_once(counters, run.executes)
    sentence = f"At most {most} of {len(counters)} computed at the same instant, {mean:.2f} on average."
    return int(most > 1), sentence
