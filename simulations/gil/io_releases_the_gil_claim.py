"""A thread that waits for the network doesn't hold the GIL."""

from gilscope.claims import Measured, Verdict, confirmed, depends, duration, percent, refuted

ROWS = (7,)


def claim(run: Measured) -> Verdict:
    clients = run.threads("client")
    run.show(clients, "outside")
    held = ("running", "stalled", "gil-wait")
    away = 1 - run.share(clients, *held)
    least = min(run.lifetime([client]) - run.total([client], *held) for client in clients)
    answer = float(run.parameters["latency_ms"]) * 1e6
    figures = (
        f"{len(clients)} clients neither held the GIL nor wanted it for {percent(away)} of their lives, "
        f"{duration(run.lifetime(clients))} together, and each of them for {duration(least)} at least, where an answer takes "
        f"{duration(answer)}; all were through after {duration(run.elapsed(clients))}."
    )
    if least >= answer * 0.95:
        return confirmed(figures)
    if run.without_core(clients) > answer / 2:
        return depends(f"On a core for whoever waits: who lacks one while it has the GIL keeps that. {figures}")
    return refuted(figures)
