"""Thread-local data is one copy a thread, and the threads of a pool keep theirs from task to task."""

import re

from gilscope.claims import Measured, Verdict, confirmed, depends, not_measured, refuted, times

ROWS = (23,)


def claim(run: Measured) -> Verdict:
    told = re.findall(r"(user-\d+) found (\S+); local (\S+), shared (\S+)", run.output)
    if not told:
        return not_measured("The program didn't print what it had found.")
    local, shared = (sum(row[0] != row[place] for row in told) for place in (2, 3))
    left = sum(found != "nobody" for _, found, _, _ in told)
    figures = (
        f"Of {len(told)} requests, {shared} read another's user from the variable that they share, {local} from the thread-local "
        f"one; {times(left)} one found what an earlier request had left."
    )
    if local:
        return refuted(figures)
    if not left:
        return depends(f"On who tidies up, and whether a thread is used again: nothing was left here. {figures}")
    return confirmed(figures)
