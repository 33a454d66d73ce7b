"""The same code runs on a pool of threads and on one of processes, and gives the same results."""

import re

from gilscope.claims import Measured, Verdict, confirmed, not_measured, refuted

ROWS = (35, 47)


def claim(run: Measured) -> Verdict:
    told = re.findall(r"(Thread|Process)PoolExecutor: (\d+) in (\d+) pieces after ([\d.]+) ms", run.output)
    if len(told) < 2:
        return not_measured("The program didn't print what both pools gave.")
    (_, first, some, threads), (_, second, others, processes) = told
    figures = (
        f"The sum of {some} results was {first} on threads, after {threads} ms, and of {others} it was {second} on processes, after "
        f"{processes} ms with their start."
    )
    return confirmed(figures) if (first, some) == (second, others) else refuted(figures)
