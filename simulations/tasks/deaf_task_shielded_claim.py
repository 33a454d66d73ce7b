"""A shield lets the waiter be cancelled in time, and not what it waits for."""

import re

from gilscope.claims import Measured, Verdict, confirmed, depends, duration, not_measured, refuted

ROWS = (43,)


def claim(run: Measured) -> Verdict:
    (work,), (waiter,) = run.tasks("save"), run.tasks("waiter")
    written = re.search(r"(\d+) of (\d+) lines", run.output)
    if "waits no longer" not in run.output or not written:
        return not_measured("Everything was saved before the timeout came.")
    longer = run.life(work)[1] - run.life(waiter)[1]
    figures = (
        f"The waiter left after {duration(run.lifetime([waiter]))}; the work behind the shield ended {run.outcome(work)}, "
        f"{duration(max(longer, 0))} later, with {written[1]} of {written[2]} lines written."
    )
    if not run.parameters["await_at_last"]:
        return depends(f"On who awaits it at last: here nobody did. {figures}")
    complete = longer > 0 and not len(run.cancels(work)) and written[1] == written[2]
    return confirmed(figures) if complete else refuted(figures)
