"""The lock makes every update count."""

import re

from gilscope.claims import Measured, Verdict, confirmed, duration, not_measured, refuted, times

ROWS = (14, 21)


def claim(run: Measured) -> Verdict:
    counted, lock = re.search(r"locked: expected (\d+), got (\d+)", run.output), run.resource("balance_lock")
    if not counted:
        return not_measured("The program didn't print what it had counted.")
    if run.parameters["threads"] == 1:
        return not_measured("One thread alone has nobody to lose updates to.")
    wanted, got = int(counted[1]), int(counted[2])
    figures = (
        f"{got:,} of {wanted:,} updates counted; the lock was taken {times(lock['acquires'])}, {lock['contended']:,} of "
        f"these after waiting, {duration(lock['wait_ns'])} in all."
    )
    return confirmed(figures) if got == wanted else refuted(figures)
