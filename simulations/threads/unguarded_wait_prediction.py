"""Customers: {customers}. All are woken for each of {loaves} loaves, and take it without looking. How often is it gone?"""

from gilscope.claims import Measured, times
from gilscope.predictions import between

CHOICES = ("never", "less than once for each loaf", "once for each loaf, or more often")


def outcome(run: Measured) -> tuple[int, str]:
    gone, loaves = run.output.count("a loaf was gone"), int(run.parameters["loaves"])
    run.show(run.threads("customer "), "blocked")
    return 1 + between(gone / loaves, (1,)) if gone else 0, f"Of {loaves} loaves one was gone {times(gone)}."
