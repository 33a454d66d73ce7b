"""Threads that compute gain nothing over one thread at a time, and pay for their turns."""

from statistics import median

from gilscope.claims import Measured, Verdict, confirmed, depends, duration, refuted

ROWS = (4,)


def claim(run: Measured) -> Verdict:
    repeats = range(1, int(run.parameters["repeats"]) + 1)
    alone, together = (
        [run.elapsed(run.threads(f"{way} {repeat}.")) for repeat in repeats] for way in ("alone", "together")
    )
    ratio = median(together) / median(alone)
    spread = [each / before for each, before in zip(together, alone, strict=True)]
    figures = (
        f"Together they took {ratio:.2f} times as long as one after the other, {duration(median(together))} against "
        f"{duration(median(alone))} ({min(spread):.2f} to {max(spread):.2f} in {len(spread)} measurements)"
    )
    if run.timeline.without_gil:
        return depends(f"On the GIL, and this Python has none. {figures}.")
    everyone = run.threads("together")
    figures += (
        f"; they handed on the GIL {run.counted(everyone, 'forced_releases'):,} times, and waited "
        f"{duration(run.total(everyone, 'gil-wait'))} for it and {duration(run.total(everyone, 'runnable', 'stalled'))} for a core."
    )
    if max(spread) > 1.5 * min(spread):
        return depends(f"On what else this machine does: the measurements differ too much. {figures}")
    kept = run.total(run.threads("alone", "together"), "runnable", "stalled")
    if ratio <= 0.9 and kept > 0.1 * sum(alone):
        return depends(f"On what else this machine does: it kept the cores from them for {duration(kept)}. {figures}")
    return confirmed(figures) if ratio > 0.9 else refuted(figures)
