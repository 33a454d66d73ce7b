"""Hashing gives the GIL up for large inputs and keeps it for small ones."""

from gilscope.claims import Measured, Verdict, confirmed, depends, percent, refuted

ROWS = (8,)


def claim(run: Measured) -> Verdict:
    run.show(run.threads("large"), "native")
    large, small = (1 - run.share(run.threads(name), "running", "stalled", "gil-wait") for name in ("large", "small"))
    figures = (
        f"With blocks of {run.parameters['large_bytes']:,} bytes the threads spent {percent(large)} of their lives "
        f"neither holding the GIL nor waiting for it, with blocks of {run.parameters['small_bytes']:,} bytes {percent(small)}."
    )
    if large < 0.1:
        return refuted(figures)
    return confirmed(figures) if large > small + 0.25 else depends(f"At this size the difference is small. {figures}")
