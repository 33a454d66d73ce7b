"""Without a lock, += 1 on two threads loses updates."""

import re

from gilscope.claims import Measured, Verdict, confirmed, depends, not_measured, refuted

ROWS = (20,)


def claim(run: Measured) -> Verdict:
    counted = re.findall(r"(\w+): expected (\d+), got (\d+)", run.output)
    lost = {way: int(wanted) - int(got) for way, wanted, got in counted}
    if lost.keys() != {"plain", "call"}:
        return not_measured("The program didn't print what it had counted.")
    if run.parameters["threads"] == 1:
        return not_measured("One thread alone has nobody to lose updates to.")
    figures = (
        f"Python {run.python} lost {lost['plain']:,} of {int(counted[0][1]):,} with a plain +=, "
        f"{lost['call']:,} with a call between reading and writing."
    )
    if lost["plain"]:
        return confirmed(figures)
    if lost["call"]:
        return depends(f"On whether the interpreter may change threads in between. {figures}")
    if run.timeline.without_gil and run.most_at_once(run.threads("plain", "call"), run.executes) < 2:
        return depends(f"On cores: here no two of the threads ran at the same instant. {figures}")
    return refuted(figures)
