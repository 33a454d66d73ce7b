"""A thread pool starts, uses again and ends its threads; errors and results wait in the futures."""

import re

from gilscope.claims import Measured, Verdict, confirmed, depends, not_measured, refuted

ROWS = (24,)


def claim(run: Measured) -> Verdict:
    told = re.search(r"(\d+) results, (\d+) errors, (\d+) threads left", run.output)
    if not told:
        return not_measured("The program didn't print what became of its work.")
    works, workers, most = run.works("digest"), run.threads("worker"), int(run.parameters["workers"])
    outcomes = [run.outcome(work) for work in works]
    failed, over = outcomes.count("failed"), [run.outcome(worker) for worker in workers].count("exited")
    figures = (
        f"{len(workers)} threads, of {most} at most, ran {len(works)} calls: {told[1]} gave a result, {failed} an error, which "
        f"was raised where the result was asked for; {over} threads ended with the pool, {told[3]} were left."
    )
    missing, files = int(run.parameters["missing"]), int(run.parameters["files"])
    right = failed == int(told[2]) == missing and int(told[1]) == files and over == len(workers) <= most
    if not right or told[3] != "0":
        return refuted(figures)
    if len(works) <= len(workers):
        return depends(f"On how much there is to do: here each thread had one call. {figures}")
    return confirmed(figures)
