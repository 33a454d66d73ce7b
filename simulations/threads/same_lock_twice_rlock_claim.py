"""A thread gets the RLock that it has once more, and the others wait until it is all given back."""

from gilscope.claims import Measured, Verdict, confirmed, duration, not_measured, refuted, times

ROWS = (15,)


def claim(run: Measured) -> Verdict:
    lock, depth = run.resource("tree_lock"), int(run.parameters["depth"])
    if depth == 1:
        return not_measured("Nobody wanted the lock again.")
    if overlaps := run.overlapping_holds("tree_lock"):
        return refuted(f"A visitor had the lock before another had given it back: {times(overlaps)}.")
    figures = (
        f"The lock went to {lock['acquires']} visitors, one at a time, and each took it {times(depth)}; the others waited "
        f"{duration(lock['wait_ns'])} in all."
    )
    return confirmed(figures) if run.output.count("saw everything") == lock["acquires"] else refuted(figures)
