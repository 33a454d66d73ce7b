"""More processes do the same computing in less time, up to the number of cores."""

import re

from gilscope.claims import Measured, Verdict, confirmed, depends, duration, not_measured, refuted

ROWS = (27,)

AS_IT_SHOULD_BE = 0.6
"""Of the speed-up that the cores allow: the rest is handing out the parts, and what the machine does besides."""


def claim(run: Measured) -> Verdict:
    told = re.findall(r"(\d+) at work: (\d+) primes after ([\d.]+) ms", run.output)
    took = {int(processes): float(ms) * 1e6 for processes, _, ms in told}
    if len(took) < 2:
        return not_measured("A pool of one process has nothing to be compared with.")
    if len({primes for _, primes, _ in told}) > 1:
        return refuted("The pools didn't count the same primes.")
    figures = ", ".join(f"{duration(ns)} with {processes}" for processes, ns in took.items())
    figures = f"The same map took {figures}: {took[1] / took[2]:.2f} times as fast with two processes as with one."
    if run.timeline.cores < 2:
        return depends(f"On the cores: this run had {run.timeline.cores or 'nobody knows how many'}. {figures}")
    chunks = -(-int(run.parameters["parts"]) // int(run.parameters["chunk"]))
    if took[1] / took[2] >= 2 * AS_IT_SHOULD_BE:
        return confirmed(figures)
    if chunks < 4:
        return depends(f"On the chunks: {chunks} of them can't be shared out evenly. {figures}")
    workers = run.threads("ForkPoolWorker", "SpawnPoolWorker", "ForkServerPoolWorker")
    waited, ran = run.without_core(workers), run.total(workers, run.executes)
    if waited > ran / 4:
        return depends(
            f"On cores for them: they wanted one in vain for {duration(waited)}, and ran for {duration(ran)}. {figures}"
        )
    if took[1] < 50e6:
        return depends(f"On how much there is to do: here handing it out took longer. {figures}")
    return refuted(figures)
