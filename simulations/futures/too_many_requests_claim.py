"""More workers than the server lets in only collect refusals: the answers come no sooner."""

import re

from gilscope.claims import Measured, Verdict, confirmed, depends, duration, not_measured, refuted

ROWS = (25,)


def claim(run: Measured) -> Verdict:
    told = re.search(r"(\d+) answers and (\d+) times 429 after (\d+) ms", run.output)
    if not told:
        return not_measured("The program didn't print how often it was refused.")
    answers, refused, took = int(told[1]), int(told[2]), float(told[3]) * 1e6
    works, places = run.works("ask"), int(run.parameters["places"])
    most, best = run.most_at_once(works, "running"), answers / places * float(run.parameters["latency_ms"]) * 1e6
    figures = (
        f"Up to {most} asked at a time, where the server answers {places}: {refused} times 429 for {answers} answers, which took "
        f"{duration(took)}. With {places} workers and no other cost it would be {duration(best)}."
    )
    if most <= places:
        return depends(f"On how many the server lets in: here as many as asked. {figures}")
    if not refused and (busy := run.most_at_once(run.threads("Thread-"), "outside")) <= places:
        return depends(f"On how many come at the same time: the server answered {busy} at a time. {figures}")
    return confirmed(figures) if refused and took >= best * 0.95 else refuted(figures)
