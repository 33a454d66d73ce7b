"""Philosophers: {philosophers}. All take the left fork first, but the last one the right. How many get to eat?"""

from gilscope.claims import Measured

CHOICES = ("none of them", "some of them", "all of them")


def outcome(run: Measured) -> tuple[int, str]:
    philosophers = run.threads("philosopher ")
    run.show(philosophers, "blocked")
    eaten = run.output.count("eaten\n")
    choice = 2 if eaten == len(philosophers) else int(eaten > 0)
    return choice, f"{eaten} of {len(philosophers)} have eaten."
