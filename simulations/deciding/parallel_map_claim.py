"""A map in processes is faster than a plain one, if each is given enough items at a time."""

import re

from gilscope.claims import Measured, Verdict, confirmed, depends, duration, not_measured, refuted

ROWS = (51,)


def claim(run: Measured) -> Verdict:
    told = re.findall(r"^(map|in chunks|one by one): (\d+) after ([\d.]+) ms", run.output, re.MULTILINE)
    if len(told) < 3:
        return not_measured("The program didn't print how long all three ways took.")
    plain, chunks, single = (float(ms) * 1e6 for *_, ms in told)
    figures = (
        f"{run.parameters['items']:,} items took {duration(plain)} with a plain map; in {run.parameters['workers']} processes "
        f"{duration(chunks)} in chunks of {run.parameters['chunk']}, {plain / chunks:.2f} times as fast, and {duration(single)} one by "
        f"one, {plain / single:.2f} times as fast; {len(run.messages()):,} messages were seen between the processes."
    )
    if len({total for _, total, _ in told}) > 1:
        return refuted(f"The results are not the same. {figures}")
    if run.parameters["workers"] == 1 or run.parameters["chunk"] == 1:
        return not_measured(f"For this it takes two workers, and chunks of more than one item. {figures}")
    if plain >= 1.2 * chunks and chunks <= single:
        return confirmed(figures)
    if run.timeline.cores < 2 or plain < 50e6:
        return depends(f"On the cores, and on how much is computed for each item. {figures}")
    if chunks > single:
        return depends(f"On how items are shared out: here one by one was no slower. {figures}")
    workers = run.threads("ForkPoolWorker", "ForkServerPoolWorker", "SpawnPoolWorker")
    waited, ran = run.without_core(workers), run.total(workers, run.executes)
    if waited > ran / 4:
        return depends(f"On cores for them: they wanted one in vain for {duration(waited)}. {figures}")
    return refuted(figures)
