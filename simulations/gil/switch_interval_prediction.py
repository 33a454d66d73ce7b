"""Counters: {threads}. The switch interval is {first_ms} ms, then {second_ms} ms. How many times as often is one made to give the GIL up then?"""

from gilscope.claims import Measured, NotSeen
from gilscope.predictions import between

CHOICES = ("less often, or as often", "up to 3 times as often", "3 to 10 times as often", "more than 10 times")


def outcome(run: Measured) -> tuple[int, str]:
    first, second = (len(run.forced_holds(run.threads(half))) for half in ("first ", "second "))
    if not first:
        raise NotSeen("Nobody was made to give the GIL up in the first half.")
    run.show(run.threads("second "), "running")
    sentence = f"A counter was made to give the GIL up {first} times in the first half, {second} times in the second."
    return between(second / first, (1.2, 3, 10)), sentence
