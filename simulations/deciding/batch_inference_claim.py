"""A pool gets through many items for a model faster when it is given batches of them."""

import re

from gilscope.claims import Measured, Verdict, confirmed, depends, duration, not_measured, refuted

ROWS = (51,)


def claim(run: Measured) -> Verdict:
    told = re.findall(r"(one by one|in batches): (\d+) answers, (\d+), after ([\d.]+) ms", run.output)
    if len(told) < 2:
        return not_measured("The program didn't print how long both ways took.")
    (*_, first, before), (_, answers, second, after) = told
    single, batched = float(before) * 1e6, float(after) * 1e6
    messages, steps = len(run.messages()), run.handing_over()
    figures = (
        f"{answers} items took {duration(single)} one by one and {duration(batched)} in batches of {run.parameters['batch']}, "
        f"{single / batched:.2f} times as fast; {messages:,} messages were seen between the processes, and pickling and "
        f"unpickling took {duration(steps['pickling'] + steps['unpickling'])} in all."
    )
    if first != second:
        return refuted(f"The answers are not the same. {figures}")
    if run.parameters["batch"] == 1:
        return not_measured(f"A batch of one item is none. {figures}")
    if single > 1.2 * batched:
        return confirmed(figures)
    workers = run.threads("ForkPoolWorker", "SpawnPoolWorker", "ForkServerPoolWorker")
    waited, ran = run.without_core(workers), run.total(workers, run.executes)
    if waited > ran:
        return depends(f"On cores for them: they wanted one in vain for {duration(waited)}. {figures}")
    if batched > 10 * steps["pickling"]:
        return depends(f"On how much each item is to compute: here sending was little of it. {figures}")
    return refuted(figures)
