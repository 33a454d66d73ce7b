"""map keeps the order and so waits for the slow one; as_completed gives each result as it comes."""

import re

from gilscope.claims import Measured, Verdict, confirmed, depends, duration, not_measured, refuted

ROWS = (49,)


def claim(run: Measured) -> Verdict:
    told = re.findall(r"(map|as_completed): the first result after ([\d.]+) ms", run.output)
    if [way for way, _ in told] != ["map", "as_completed"]:
        return not_measured("The program didn't print when it had its first results.")
    works = sorted(run.works("hash_password"), key=lambda work: run.life(work)[0])
    half = len(works) // 2
    slow = [run.lifetime(works[:1]), run.lifetime(works[half : half + 1])]
    quick = [min(run.lifetime([work]) for work in part) for part in (works[1:half], works[half + 1 :])]
    first = [float(ms) * 1e6 for _, ms in told]
    figures = (
        f"With map the first result came after {duration(first[0])}, when the slow call was done ({duration(slow[0])}), though "
        f"another was after {duration(quick[0])}; with as_completed after {duration(first[1])}, while the slow one took "
        f"{duration(slow[1])}."
    )
    if run.parameters["slow"] == 1 or max(quick) >= min(slow):
        return depends(f"On how much slower it is: here another took as long. {figures}")
    if first[0] > slow[0] * 0.9 and first[1] < slow[1]:
        return confirmed(figures)
    if run.without_core(run.threads("MainThread")) > slow[1] / 4:
        return depends(f"On a core for whoever takes the results: here it lacked one. {figures}")
    return refuted(figures)
