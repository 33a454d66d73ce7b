"""On a free-threaded Python, threads compute at the same time."""

from gilscope.claims import Measured, Verdict, confirmed, depends, duration, refuted

ROWS = (12,)


def claim(run: Measured) -> Verdict:
    counters = run.threads("counter")
    most, mean = run.most_at_once(counters, run.executes), run.mean_at_once(counters, run.executes)
    figures = (
        f"Python {run.python} ran at most {most} of {len(counters)} threads at the same instant, {mean:.2f} on average; they "
        f"were through after {duration(run.elapsed(counters))}."
    )
    if not run.timeline.without_gil:
        return depends(f"On the interpreter, and this one has a GIL. {figures}")
    if most > 1:
        return confirmed(figures)
    if run.total(counters, "runnable"):
        return depends(f"On the cores: here they had to share one. {figures}")
    return refuted(figures)
