"""A lock lets one in at a time, and who else wants it waits."""

from gilscope.claims import Measured, Verdict, confirmed, depends, duration, percent, refuted, times

ROWS = (14, 21)


def claim(run: Measured) -> Verdict:
    till, clerks = run.resource("till"), run.threads("clerk")
    if overlaps := run.overlapping_holds("till"):
        return refuted(f"A clerk had the till before another let go of it: {times(overlaps)}.")
    waited = till["wait_ns"]
    figures = (
        f"A clerk took the till {times(till['acquires'])}, never two at once; {till['contended']:,} of these had to wait, "
        f"{duration(waited)} in all, {percent(waited / run.lifetime(clerks))} of the clerks' lives."
    )
    return confirmed(figures) if till["contended"] else depends(f"On whether they meet: nobody had to wait. {figures}")
