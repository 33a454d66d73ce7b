"""A shared Value is racy: += on two processes loses updates, though each access takes its lock."""

import re

from gilscope.claims import Measured, Verdict, confirmed, depends, not_measured, refuted

ROWS = (29,)


def claim(run: Measured) -> Verdict:
    told = re.search(r"expected (\d+), the shared number is (\d+), the slots add up to (\d+)", run.output)
    if not told:
        return not_measured("The program didn't print what it had counted.")
    wanted, got, slots = map(int, told.groups())
    if run.parameters["processes"] == 1:
        return not_measured("One process alone has nobody to lose updates to.")
    figures = (
        f"{wanted - got:,} of {wanted:,} updates of the shared number were lost, {wanted - slots:,} of those where each "
        "process has a slot of its own."
    )
    if slots != wanted:
        return refuted(figures)
    if got < wanted:
        return confirmed(figures)
    counters = run.threads("counter")
    together = run.most_at_once(counters, run.executes)
    return depends(f"On whether they meet: here at most {together} of them ran at the same instant. {figures}")
