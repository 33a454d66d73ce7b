"""Cooks: {cooks}, each a process. A dish takes {cook_ms} ms and is {dish_kb} kB large. What takes up most of their lives?"""

from gilscope.claims import Measured, duration

CHOICES = ("cooking, and handing dishes over", "waiting for an order", "executing Python: pickling and unpickling")


def outcome(run: Measured) -> tuple[int, str]:
    cooks = run.threads("cook ")
    states = ("outside", "blocked", run.executes)
    took = [run.total(cooks, state) for state in states]
    choice = took.index(max(took))
    run.show(cooks, states[choice])
    cooking, waiting, executing = map(duration, took)
    return (
        choice,
        f"They cooked and handed over for {cooking}, waited for {waiting} and executed Python for {executing}.",
    )
