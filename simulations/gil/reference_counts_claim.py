"""With the GIL, counting references to a shared object is right and costs no more than to one's own."""

import re

from gilscope.claims import Measured, Verdict, confirmed, depends, not_measured, refuted

ROWS = (6,)


def claim(run: Measured) -> Verdict:
    told = re.search(r"(\d+) references before, (\d+) after", run.output)
    if not told:
        return not_measured("The program didn't print what was counted.")
    if run.parameters["threads"] == 1:
        return not_measured("One thread alone shares its object with nobody.")
    references = int(run.parameters["threads"]) * int(run.parameters["rounds"]) * 10_000
    own, shared = (run.total(run.threads(way), run.executes) / references for way in ("own", "shared"))
    figures = (
        f"{references:,} references were taken and dropped, and the count is {told[2]}, as before: {own:.1f} ns for each to an "
        f"object of one's own, {shared:.1f} ns to a shared one, {shared / own if own else 0:.1f} times as much."
    )
    if told[1] != told[2]:
        return refuted(f"The count was {told[1]} before and {told[2]} after.")
    if run.timeline.without_gil:
        return depends(f"On the GIL, and this Python has none. {figures}")
    return confirmed(figures) if shared < 1.5 * own else refuted(figures)
