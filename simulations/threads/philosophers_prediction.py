"""Philosophers: {philosophers}, and as many forks. Each takes the left one, thinks {think_ms} ms, then wants the right one. How many eat?"""

from gilscope.claims import Measured

CHOICES = ("none of them", "some of them", "all of them")


def outcome(run: Measured) -> tuple[int, str]:
    eaten, all_of_them = run.output.count("eaten\n"), int(run.parameters["philosophers"])
    run.show(run.threads("philosopher "), "blocked")
    return 0 if eaten == 0 else 1 + (eaten == all_of_them), f"{eaten} of {all_of_them} have eaten."
