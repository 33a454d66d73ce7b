"""Threads that compute take turns: at any instant at most one of them executes Python."""

from gilscope.claims import Measured, Verdict, confirmed, depends, duration, not_measured, refuted, times

ROWS = (2, 5)


def claim(run: Measured) -> Verdict:
    counters = run.threads("counter")
    most, computed = run.most_at_once(counters, run.executes), run.total(counters, run.executes)
    if run.most_at_once(counters) < 2:
        return not_measured("Only one counter was alive at a time, so nobody had to take turns.")
    figures = (
        f"{len(counters)} counters executed Python for {duration(computed)} in {duration(run.elapsed(counters))}; never "
        f"more than {most} at once"
    )
    if run.timeline.without_gil:
        return depends(f"On the GIL, and this Python has none. {figures}.")
    figures += f"; {times(run.counted(counters, 'forced_releases'))} one gave the GIL up on a drop request."
    return confirmed(figures) if most == 1 else refuted(figures)
