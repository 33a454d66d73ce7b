"""What can't be pickled never arrives: a pool raises an error, a queue loses it silently."""

import re

from gilscope.claims import Measured, Verdict, confirmed, depends, not_measured, refuted, times

ROWS = (31,)


def claim(run: Measured) -> Verdict:
    told = dict(re.findall(r"(as_an_argument|through_\w+): (.+)", run.output))
    if len(told) < 4:
        return not_measured("The program didn't print what became of all four ways.")
    argument, pool, executor, queue = told.values()
    thing = run.parameters["thing"]
    figures = (
        f"Pickling a {thing} failed {times(run.not_pickled)}. The two pools raised {pool} and {executor}; a queue's put() raised "
        "nothing, and nothing came out at its other end; "
    )
    if "it arrived" in (pool, executor, queue):
        return refuted(f"A {thing} arrived: {', '.join(f'{way} {what}' for way, what in told.items())}.")
    if queue != "Empty":
        return refuted(f"The queue raised {queue}, so its loss wasn't silent.")
    if argument == "it arrived":
        return depends(f"On what has to be pickled. {figures}a forked process had it as an argument, without pickling.")
    return confirmed(f"{figures}a process that was to have it as an argument raised {argument} and wasn't started.")
