"""Processes that each read a part of a large CSV file get through it faster than one."""

import re

from gilscope.claims import Measured, Verdict, confirmed, depends, duration, not_measured, refuted, size

ROWS = (51,)


def claim(run: Measured) -> Verdict:
    told = re.findall(r"(alone|in processes): (\d+) after ([\d.]+) ms", run.output)
    if len(told) < 2:
        return not_measured("The program didn't print how long both ways took.")
    (_, first, before), (_, second, after) = told
    alone, together = float(before) * 1e6, float(after) * 1e6
    sent = int(run.messages().bytes.sum())
    figures = (
        f"{run.parameters['rows']:,} rows took {duration(alone)} in one process and {duration(together)} in "
        f"{run.parameters['processes']}, once these were there, {alone / together:.2f} times as fast; they and main sent each other "
        f"{size(sent)}."
    )
    if first != second:
        return refuted(f"The sums are not the same. {figures}")
    if run.parameters["processes"] == 1:
        return not_measured(f"One process has nobody to share the work with. {figures}")
    if alone / together >= 1.2:
        return confirmed(figures)
    if run.parameters["send"] == "rows":
        return depends(f"On what is sent: here main read all rows, and sent them. {figures}")
    if run.timeline.cores < 2 or alone < 50e6:
        return depends(f"On how many cores there are, and how many rows. {figures}")
    workers = run.threads("ForkPoolWorker", "ForkServerPoolWorker", "SpawnPoolWorker")
    waited, ran = run.without_core(workers), run.total(workers, run.executes)
    if waited > ran / 4:
        return depends(f"On cores for them: they wanted one in vain for {duration(waited)}. {figures}")
    return refuted(figures)
