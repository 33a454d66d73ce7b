"""Sleeping, reading a file and receiving give the GIL up, and another thread has it meanwhile."""

from gilscope.claims import Measured, Verdict, confirmed, depends, percent, refuted

ROWS = (7,)


def claim(run: Measured) -> Verdict:
    counter, callers = run.threads("counter"), ("sleeper", "reader", "receiver")
    away = {name: run.share(run.threads(name), "outside", "native") for name in callers}
    meanwhile = {
        name: run.overlap(run.threads(name), ("outside", "native"), counter, ("running", "stalled")) for name in callers
    }
    figures = "; ".join(
        f"the {name} was away for {percent(away[name])} of its life, and the counter had it for {percent(meanwhile[name])} of that"
        for name in callers
    )
    figures = f"{figures[0].upper()}{figures[1:]}."
    if min(away.values()) < 0.02:
        return refuted(figures)
    if min(meanwhile.values()) < 0.5:
        return depends(f"On a core that is free for whoever gets the GIL. {figures}")
    return confirmed(figures)
