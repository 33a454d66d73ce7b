"""Customers: {customers}. All are woken for each of {loaves} loaves, and look before they take it. How often do they take one that isn't there?"""

from gilscope.claims import Measured, times

CHOICES = ("never", "sometimes")


def outcome(run: Measured) -> tuple[int, str]:
    eaten, loaves = run.output.count("a loaf was eaten"), int(run.parameters["loaves"])
    run.show(run.threads("customer "), "blocked")
    woken = times(len(run.waits("baked")))
    return int(eaten != loaves), f"{eaten} of {loaves} loaves were eaten; customers were woken {woken}."
