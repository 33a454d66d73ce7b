"""A coroutine that is awaited, or made a task that is, runs."""

import re

from gilscope.claims import Measured, Verdict, confirmed, duration, not_measured, refuted

ROWS = (38,)


def claim(run: Measured) -> Verdict:
    told = re.search(r"(\d+) of (\d+) entries", run.output)
    if not told:
        return not_measured("The program didn't print what is in its file.")
    written, entries, thrown = int(told[1]), int(told[2]), run.never_awaited()
    tasks = run.tasks("entry" if run.parameters["way"] == "task" else "Task-")
    figures = (
        f"{written} of {entries} entries were written, within {duration(run.elapsed(tasks))}; {thrown} coroutines were "
        "thrown away without having run."
    )
    return confirmed(figures) if written == entries and not thrown else refuted(figures)
