"""A semaphore around each request keeps the number of requests at a time within its limit."""

import re

from gilscope.claims import Measured, Verdict, confirmed, depends, duration, not_measured, refuted

ROWS = (46,)


def claim(run: Measured) -> Verdict:
    told, requests = re.search(r"(\d+) asked at the same time", run.output), run.tasks("request ")
    if not told:
        return not_measured("The server didn't tell how many asked it.")
    limit, most, slots = int(run.parameters["limit"]), run.most_taken("slots"), run.task_waits("slots")
    figures = (
        f"Of {len(requests)} tasks at most {most} had one of {limit} permits at a time, and at most {told[1]} asked the server; "
        f"{len(slots)} had to wait, {duration(int(slots.length.sum()))} in all."
    )
    if most > limit or int(told[1]) > limit:
        return refuted(figures)
    return confirmed(figures) if len(slots) else depends(f"On the limit: nobody had to wait. {figures}")
