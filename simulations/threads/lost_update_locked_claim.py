"""The lock makes every update count, and the others wait for it."""

import re

from gilscope.claims import Measured, Verdict, confirmed, depends, duration, not_measured, refuted, times


def claim(run: Measured) -> Verdict:
    counted, lock = re.search(r"locked: expected (\d+), got (\d+)", run.output), run.resource("balance_lock")
    if not counted:
        return not_measured("The program didn't print what it had counted.")
    wanted, got = int(counted[1]), int(counted[2])
    figures = (
        f"{got:,} of {wanted:,} updates counted; the lock was taken {times(lock['acquires'])}, {lock['contended']:,} of "
        f"these after waiting, {duration(lock['wait_ns'])} in all."
    )
    if got != wanted:
        return refuted(figures)
    return confirmed(figures) if lock["contended"] else depends(f"On whether they meet: nobody had to wait. {figures}")
