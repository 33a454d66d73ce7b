"""fork starts a process fastest and spawn slowest, and on Linux fork is the default."""

import re

from gilscope.claims import Measured, Verdict, confirmed, depends, duration, not_measured, refuted

ROWS = (32,)


def claim(run: Measured) -> Verdict:
    default = re.search(r"by default this Python would use (\w+)", run.output)
    took = {name: run.starts(f"{name} ") for name in ("fork", "spawn", "forkserver")}
    kilobytes = {
        name: max(map(int, re.findall(rf"^{name} \d+: .*, (\d+) kB of its own", run.output, re.MULTILINE)), default=0)
        for name in took
    }
    if not default or not all(took.values()):
        return not_measured("Not all three methods ran, so there is nothing to compare.")
    best = {name: min(each) for name, each in took.items()}
    figures = ", ".join(f"{name} {duration(best[name])} and {kilobytes[name]:,} kB of its own" for name in best)
    figures = (
        f"At best, and at most: {figures}. The first by forkserver took {duration(took['forkserver'][0])}, with its server. "
        f"The default of Python {run.python} is {default[1]}."
    )
    if best["fork"] > best["spawn"]:
        return refuted(figures)
    if default[1] != "fork":
        return depends(f"On the version for the default: it is forkserver since 3.14. {figures}")
    if best["fork"] > best["forkserver"] or best["forkserver"] > best["spawn"]:
        return depends(f"On what the process that forks has in memory, and on the machine. {figures}")
    return confirmed(figures)
