"""A pool of threads fetches pages in a fraction of the time, because its threads mostly wait."""

import re

from gilscope.claims import Measured, Verdict, confirmed, depends, duration, not_measured, percent, refuted

ROWS = (51,)


def claim(run: Measured) -> Verdict:
    told = re.search(r"(\d+) titles of (\d+) pages after ([\d.]+) ms", run.output)
    if not told:
        return not_measured("The program didn't print how long its pages took.")
    titles, pages, took = int(told[1]), int(told[2]), float(told[3]) * 1e6
    workers, one_by_one = int(run.parameters["workers"]), pages * float(run.parameters["latency_ms"]) * 1e6
    fetchers = run.threads("fetcher")
    together = run.most_at_once(fetchers, "outside")
    figures = (
        f"{titles} of {pages} pages were there after {duration(took)}; one after the other the server alone would have taken "
        f"{duration(one_by_one)}. Of {workers} threads {together} at most waited at the same time, for "
        f"{percent(run.share(fetchers, 'outside'))} of their lives."
    )
    if titles < pages:
        return refuted(figures)
    if workers == 1:
        return not_measured(f"One thread fetches one page after the other. {figures}")
    if took < one_by_one / min(workers, pages, 4) * 1.6:
        return confirmed(figures)
    if took < one_by_one:
        return depends(f"On how long a page takes beside what is done with it, and on the machine. {figures}")
    if (lacked := run.without_core(run.threads(""))) > took / 4:
        return depends(f"On cores for them: all threads wanted one in vain for {duration(lacked)}. {figures}")
    return refuted(figures)
