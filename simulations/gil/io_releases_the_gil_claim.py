"""A thread that waits for the network doesn't hold the GIL."""

from gilscope.claims import Measured, Verdict, confirmed, duration, percent, refuted

ROWS = (7,)


def claim(run: Measured) -> Verdict:
    clients = run.threads("client")
    run.show(clients, "outside")
    away = 1 - run.share(clients, "running", "stalled", "gil-wait")
    figures = (
        f"{len(clients)} clients neither held the GIL nor wanted it for {percent(away)} of their lives, "
        f"{duration(run.lifetime(clients))} together; all were through after {duration(run.elapsed(clients))}."
    )
    return confirmed(figures) if away > 0.5 else refuted(figures)
