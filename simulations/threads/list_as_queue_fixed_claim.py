"""A queue gives each piece of work to one thread, blocks who takes while it is empty, and who puts while it is full."""

import re

from gilscope.claims import Measured, Verdict, confirmed, depends, duration, not_measured, refuted

ROWS = (26,)


def claim(run: Measured) -> Verdict:
    told = re.search(r"(\d+) dishes for (\d+) orders, (\d+) of them cooked", run.output)
    if not told:
        return not_measured("The program didn't print what was cooked.")
    dishes, orders, cooked = map(int, told.groups())
    queue = run.resource("waiting")["wait_ns_by_thread"]
    cooks = {thread["name"] for thread in run.threads("cook")}
    taking = sum(wait for name, wait in queue.items() if name in cooks)
    putting = sum(queue.values()) - taking
    figures = (
        f"{cooked} of {orders} orders were cooked, with {dishes} dishes; the cooks waited {duration(taking)} for orders, and who "
        f"brings them {duration(putting)} for room."
    )
    if not dishes == orders == cooked:
        return refuted(figures)
    return confirmed(figures) if taking and putting else depends(f"On who is slower: not both had to wait. {figures}")
