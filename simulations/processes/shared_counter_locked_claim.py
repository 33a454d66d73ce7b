"""With its lock around the whole update a shared Value is exact, and the other processes wait."""

import re

from gilscope.claims import Measured, Verdict, confirmed, depends, duration, not_measured, refuted, times

ROWS = (29,)


def claim(run: Measured) -> Verdict:
    told = re.search(r"expected (\d+), the shared number is (\d+)", run.output)
    if not told:
        return not_measured("The program didn't print what it had counted.")
    wanted, got = map(int, told.groups())
    if run.parameters["processes"] == 1:
        return not_measured("One process alone has nobody to lose updates to.")
    waits = run.waits("counter")
    figures = (
        f"{wanted - got:,} of {wanted:,} updates were lost; the processes waited {times(len(waits))} for the lock of the "
        f"number, {duration(int(waits.length.sum()))} in all."
    )
    if got != wanted:
        return refuted(figures)
    return confirmed(figures) if len(waits) else depends(f"On whether they meet: here nobody had to wait. {figures}")
