"""At a barrier all wait for the last one, and nobody goes on before it has come."""

from gilscope.claims import Measured, Verdict, confirmed, duration, percent, refuted

ROWS = (19,)


def claim(run: Measured) -> Verdict:
    workers, waits = run.threads("worker"), run.waits("gate")
    opened = run.notified("gate").at
    waiting = [int(((waits.begin <= at) & (waits.end >= at)).sum()) for at in opened]
    figures = (
        f"The gate opened {len(opened)} times for {len(workers)} workers, with {min(waiting, default=0)} waiting for the last "
        f"each time; they waited {duration(int(waits.length.sum()))}, {percent(waits.length.sum() / run.lifetime(workers))} of "
        f"their lives."
    )
    all_there = waiting == [len(workers) - 1] * int(run.parameters["phase_count"])
    return confirmed(figures) if all_there and len(waits) == sum(waiting) else refuted(figures)
