"""A thread that computes makes others pay a switch interval at every wake-up, and more of them make it worse."""

import re

from gilscope.claims import Measured, Verdict, confirmed, depends, duration, not_measured, percent, refuted

ROWS = (11,)


def claim(run: Measured) -> Verdict:
    told = {
        name: float(ms) * 1e6 for name, ms in re.findall(r"(alone|beside one|beside many): ([\d.]+) ms", run.output)
    }
    if len(told) < 3:
        return not_measured("The program didn't print how long the answers took.")
    interval, many = float(run.parameters["switch_interval_ms"]) * 1e6, run.parameters["burners"]
    alone, beside_one, beside_many = told["alone"], told["beside one"], told["beside many"]
    figures = (
        f"An answer took {duration(alone)} alone, {duration(beside_one)} beside one burner and {duration(beside_many)} beside "
        f"{many}, in the median, at a switch interval of {duration(interval)}."
    )
    if run.timeline.without_gil:
        return depends(f"On the GIL, and this Python has none. {figures}")
    if beside_one < interval / 2:
        burning = run.share(run.threads("burner 1 of 1"), "running")
        if burning < 0.7:
            return depends(
                f"On a core for the burner: it had the GIL and a core for {percent(burning)} of its life. {figures}"
            )
        return refuted(figures)
    if beside_many > 1.2 * beside_one:
        return confirmed(figures)
    return depends(f"On who gets the GIL next: here more burners made it no worse than one. {figures}")
