"""Who writes what it has worked out of an old value undoes what others wrote meanwhile."""

import re

from gilscope.claims import Measured, Verdict, confirmed, depends, not_measured, times

ROWS = (20,)


def claim(run: Measured) -> Verdict:
    counted = re.search(r"expected (\d+), got (\d+)", run.output)
    if not counted:
        return not_measured("The program didn't print what it had counted.")
    if run.parameters["clerks"] == 1:
        return not_measured("One clerk alone has nobody to lose updates to.")
    wanted, got = int(counted[1]), int(counted[2])
    steps = re.findall(r"(clerk \d+) (reads|writes) (\d+)", run.output)
    # A reading is old when it is written back and somebody else has written since.
    stale, fresh = 0, {}
    for clerk, does, _ in steps:
        if does == "reads":
            fresh[clerk] = True
            continue
        stale += not fresh.get(clerk, True)
        fresh |= dict.fromkeys(fresh, False)
    figures = (
        f"A clerk wrote on the ground of an old reading {times(stale)}; {wanted - got} of {wanted} updates were lost."
    )
    return (
        confirmed(figures) if got < wanted and stale else depends(f"On whether they meet: here they didn't. {figures}")
    )
