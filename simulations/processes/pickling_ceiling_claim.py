"""From some size on, handing the data to another process takes longer than the work on it."""

import re

from gilscope.claims import Measured, Verdict, confirmed, depends, duration, not_measured, refuted, size

ROWS = (30,)


def claim(run: Measured) -> Verdict:
    told = re.findall(r"(\d+) bytes: handing over ([\d.]+) ms, work ([\d.]+) ms", run.output)
    if len(told) < 4:
        return not_measured("The program didn't print how long all of its parcels took.")
    sizes, handing, work = [[float(each[n]) * factor for each in told] for n, factor in enumerate((1, 1e6, 1e6))]
    figures = "; ".join(f"{size(int(bytes))} {duration(ns)}" for bytes, ns in zip(sizes, handing, strict=True))
    seen = ", ".join(f"{name} {duration(ns)}" for name, ns in run.handing_over().items())
    figures = f"Handing over took: {figures}; the work {duration(max(work))} at most. Seen in all: {seen}."
    cheap = [bytes for bytes, ns, worked in zip(sizes, handing, work, strict=True) if ns <= worked]
    if handing[-1] < handing[0]:
        lacked = run.without_core(run.threads(""))
        if lacked > handing[0] - handing[-1]:
            return depends(f"On a core for both processes: they lacked one for {duration(lacked)}. {figures}")
        return refuted(f"A thousand times as much took no longer. {figures}")
    if sizes[-1] in cheap:
        return depends(f"On how much is sent for how much work: here the work took longer to the end. {figures}")
    if not cheap:
        return depends(f"On how much is sent for how much work: here handing over always took longer. {figures}")
    return confirmed(f"It did so from {size(int(sizes[sizes.index(max(cheap)) + 1]))} on. {figures}")
