"""A process takes 50 to 100 ms to start, and memory of its own, which waiting doesn't need."""

import re
from statistics import median

from gilscope.claims import Measured, Verdict, confirmed, depends, duration, not_measured, refuted

ROWS = (36,)

SAID = (50e6, 100e6)
"""ns"""


def claim(run: Measured) -> Verdict:
    lines = re.findall(
        r"^(process|thread): its first line after ([\d.]+) ms, (-?\d+) kB more", run.output, re.MULTILINE
    )
    elapsed = dict(re.findall(r"all on (process|thread): (\d+) ms", run.output))
    took = {kind: [float(ms) * 1e6 for name, ms, _ in lines if name == kind] for kind in ("process", "thread")}
    more = {kind: [int(kb) for name, _, kb in lines if name == kind] for kind in took}
    if not all(took.values()) or elapsed.keys() != took.keys():
        return not_measured("The program didn't print how both kinds of clients did.")
    process, thread = median(took["process"]), median(took["thread"])
    memory = median(more["process"])
    starts = run.starts("process ")
    seen = f", {duration(min(starts))} to {duration(max(starts))} as seen from outside" if starts else ""
    figures = (
        f"A process came to its first line after {duration(process)}{seen}, a thread after {duration(thread)}, in the median of "
        f"{len(took['process'])}; a process had {memory:,.0f} kB of its own, all threads together at most {max(more['thread']):,} kB "
        f"more. All answers were there after {elapsed['process']} ms with processes, {elapsed['thread']} ms with threads."
    )
    if memory <= 0:
        return refuted(figures)
    if process <= thread:
        lacked = run.without_core(run.threads(""))
        if lacked > thread:
            return depends(f"On a core for whoever starts: they lacked one for {duration(lacked)}. {figures}")
        return refuted(figures)
    if SAID[0] <= process <= SAID[1]:
        return confirmed(figures)
    return depends(f"On how processes are started, and on the machine: here it wasn't 50 to 100 ms. {figures}")
