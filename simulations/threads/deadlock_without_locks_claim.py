"""Where one thread owns what others need, and they ask it through a queue, there is no lock to wait for."""

from gilscope.claims import Measured, Verdict, confirmed, duration, refuted

ROWS = (22,)


def claim(run: Measured) -> Verdict:
    through, transfers = run.output.count("transferred\n"), run.threads("transfer")
    if cycle := run.finding("deadlock"):
        return refuted(str(cycle["sentence"]))
    waited = duration(run.total(transfers, "blocked"))
    figures = (
        f"{through} of {len(transfers)} transfers went through; they waited {waited} for their receipts, together."
    )
    return confirmed(figures) if through == len(transfers) else refuted(figures)
