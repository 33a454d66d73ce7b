"""A future is pending, runs, is done; it can be cancelled only before it runs, and its callbacks run in the worker."""

import re

from gilscope.claims import Measured, Verdict, confirmed, duration, not_measured, refuted

ROWS = (48,)


def claim(run: Measured) -> Verdict:
    told = re.findall(r"(?:first|second): running (\w+), cancelled (\w+)", run.output)
    callers = re.findall(r"callback in (\w+)", run.output)
    if len(told) != 2 or len(callers) != 2:
        return not_measured("The program didn't print what it saw of its futures.")
    if "not yet" not in run.output:
        return not_measured("The first call was through before the timeout.")
    first, second = sorted(run.works("hash_password"), key=lambda work: run.life(work)[0])
    ran, never = run.total([first], "running"), run.total([second], "running")
    outcomes = (run.outcome(first), run.outcome(second))
    figures = (
        f"The first was queued for {duration(run.total([first], 'ready'))}, ran for {duration(ran)}, and ended {outcomes[0]}; the "
        f"second was queued for {duration(run.total([second], 'ready'))}, ran for {duration(never)}, and ended {outcomes[1]}. "
        f"A callback that was there before ran in {callers[0]}, one that came later in {callers[1]}."
    )
    expected = ("failed" if run.parameters["fails"] else "done", "cancelled")
    right = outcomes == expected and not never and told == [("True", "False"), ("False", "True")]
    return confirmed(figures) if right and callers == ["worker_0", "MainThread"] else refuted(figures)
