"""Calling a coroutine function runs nothing: without an await there is a coroutine, and later a warning."""

import re

from gilscope.claims import Measured, Verdict, confirmed, not_measured, refuted

ROWS = (38, 39)


def claim(run: Measured) -> Verdict:
    told = re.search(r"(\d+) of (\d+) entries", run.output)
    if not told:
        return not_measured("The program didn't print what is in its file.")
    written, entries = int(told[1]), int(told[2])
    forgotten = min(int(run.parameters["forget"]), entries)
    if not forgotten:
        return not_measured("No await was forgotten.")
    thrown, warned = run.never_awaited(), len(re.findall(r"^RuntimeWarning: .* was never awaited$", run.output, re.M))
    figures = (
        f"{forgotten} of {entries} calls had no await: {entries - written} entries are missing, {thrown} coroutines were "
        f"thrown away without having run, and Python {run.python} warned of {warned}."
    )
    return confirmed(figures) if entries - written == thrown == warned == forgotten else refuted(figures)
