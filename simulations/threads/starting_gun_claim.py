"""Setting an event once wakes all threads that wait for it."""

from gilscope.claims import Measured, Verdict, confirmed, duration, not_measured, refuted

ROWS = (17,)


def claim(run: Measured) -> Verdict:
    runners, waits = run.threads("runner"), run.waits("shot")
    if not len(waits):
        return not_measured("All runners came after the shot, so nobody waited for it.")
    (shot,) = run.notified("shot").at.tolist()[:1] or [0]
    figures = (
        f"{len(waits)} of {len(runners)} runners waited for the shot, {duration(int(waits.length.sum()))} together; the last "
        f"of them went on {duration(int(waits.end.max()) - shot)} after it."
    )
    one_for_all = (waits.begin <= shot).all() and (waits.end >= shot).all() and len(run.notified("shot")) == 1
    return confirmed(figures) if one_for_all else refuted(figures)
