"""Runners: {runners}. All wait for one event, which is set after {shot_after_ms} ms. How many of them does setting it wake?"""

from gilscope.claims import Measured

CHOICES = ("none", "one, and that one wakes the next", "some: the others aren't there yet", "all at once")


def outcome(run: Measured) -> tuple[int, str]:
    runners, told = run.threads("runner "), run.notified("shot")
    woken = int(told.value.max(initial=0))
    run.show(runners, "blocked")
    choice = 0 if woken == 0 else 3 if woken >= len(runners) else 2
    return choice, f"Setting the event woke {woken} of {len(runners)} runners."
