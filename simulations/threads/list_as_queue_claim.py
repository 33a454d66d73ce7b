"""A list used as a queue gives the same work to two threads, and grows without making anybody wait."""

import re

from gilscope.claims import Measured, Verdict, confirmed, depends, not_measured, refuted

ROWS = (26,)


def claim(run: Measured) -> Verdict:
    told = re.search(r"(\d+) dishes for (\d+) orders, \d+ of them cooked; (\d+) waited", run.output)
    if not told:
        return not_measured("The program didn't print what was cooked.")
    dishes, orders, longest = map(int, told.groups())
    figures = f"{dishes} dishes were cooked for {orders} orders; the list grew to {longest}."
    if dishes > orders:
        return confirmed(figures)
    if run.parameters["cooks"] == 1:
        return depends(f"On whether anybody else takes from it: one cook alone can't do the same as another. {figures}")
    return refuted(figures)
