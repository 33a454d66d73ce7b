"""Cooks: {cooks}. They look at a list, cook its first order, and then take it off. How many dishes come of {orders} orders?"""

import re

from gilscope.claims import Measured, NotSeen

CHOICES = ("as many as were ordered: {orders}", "fewer", "more: some orders are cooked again")


def outcome(run: Measured) -> tuple[int, str]:
    counted = re.search(r"(\d+) dishes for (\d+) orders", run.output)
    if not counted:
        raise NotSeen("The program didn't print how many dishes it made.")
    dishes, orders = map(int, counted.groups())
    run.show(run.threads("cook "), "outside")
    return 0 if dishes == orders else 1 + (dishes > orders), f"{dishes} dishes for {orders} orders."
