"""The end of the program waits for ordinary threads, and ends daemons in the middle of their work."""

import re

from gilscope.claims import Measured, Verdict, confirmed, depends, duration, not_measured, refuted

ROWS = (13,)


def claim(run: Measured) -> Verdict:
    told = re.search(r"ordinary: (\d+) of (\d+) steps; the daemon has done (\d+)", run.output)
    if not told:
        return refuted("The ordinary thread didn't come to its end.")
    ordinary, daemon = (run.threads(name) for name in ("ordinary", "daemon"))
    planned, step = int(run.parameters["daemon_steps"]), float(run.parameters["step_ms"])
    lived, wanted = run.lifetime(daemon), planned * step * 1e6
    figures = (
        f"The ordinary thread did all of its {told[1]} steps, {duration(run.lifetime(ordinary))}; the daemon was ended after "
        f"{duration(lived)}, with work for {duration(wanted)}."
    )
    if run.parameters["ordinary_steps"] * step < run.parameters["main_ms"]:
        return not_measured("The ordinary thread was through before main, so nobody had to wait for it.")
    if int(told[3]) >= planned or lived >= wanted:
        return depends("On how much is left to do: here the daemon was through before the program ended.")
    return confirmed(figures)
