"""One thread has many requests under way at once, and gets all answers in the time of a few."""

import re

from gilscope.claims import Measured, Verdict, confirmed, depends, duration, not_measured, refuted

ROWS = (51,)


def claim(run: Measured) -> Verdict:
    told = re.search(r"(\d+) of (\d+) answered after ([\d.]+) ms", run.output)
    if not told:
        return not_measured("The program didn't print how long its answers took.")
    answered, requests, took = int(told[1]), int(told[2]), float(told[3]) * 1e6
    one_by_one = requests * float(run.parameters["latency_ms"]) * 1e6
    together = run.most_at_once(run.tasks("request "), "suspended")
    figures = (
        f"One thread had {together} of {requests} requests waiting at the same time, and {answered} answers after "
        f"{duration(took)}; one after the other the server alone would have taken {duration(one_by_one)}."
    )
    if answered < requests:
        return refuted(figures)
    if min(requests, int(run.parameters["at_once"])) == 1:
        return not_measured(f"Only one request at a time was allowed. {figures}")
    if together == 1:
        return refuted(figures)
    if took > one_by_one / 2:
        return depends(f"On how long the answers take, and how many may be under way. {figures}")
    return confirmed(figures)
