"""When a thread writes to the database in the background, requests don't wait for it, and no entry is lost."""

import re

from gilscope.claims import Measured, Verdict, confirmed, depends, duration, not_measured, refuted

ROWS = (51,)


def claim(run: Measured) -> Verdict:
    took = {who: float(ms) * 1e6 for who, ms in re.findall(r"(main|writer) writes: ([\d.]+) ms a request", run.output)}
    told = re.search(r"(\d+) of (\d+) entries are in the database", run.output)
    if len(took) < 2 or not told:
        return not_measured("The program didn't print how long both ways took.")
    handling = float(run.parameters["handle_ms"]) * 1e6
    alone, beside = max(took["main"] - handling, 0), max(took["writer"] - handling, 0)
    waited = run.total(run.threads("MainThread"), "blocked")
    figures = (
        f"Beyond its {duration(handling)} a request took {duration(alone)} where main writes, and {duration(beside)} where the "
        f"writer does; in the end main was blocked for {duration(waited)}, until all was written. {told[1]} of {told[2]} entries are "
        "in the database."
    )
    if told[1] != told[2]:
        return refuted(figures)
    if beside < alone * 0.8:
        return confirmed(figures)
    return depends(f"On what a commit costs, and on a core for the writer: here main gained little. {figures}")
