"""Who talks to a server waits for 95 % of its life."""

from gilscope.claims import Measured, Verdict, confirmed, depends, duration, percent

ROWS = (3,)


def claim(run: Measured) -> Verdict:
    client = run.threads("client")
    # Waiting for a core is the machine's doing, not the client's.
    waited = run.total(client, "outside") / (run.lifetime(client) - run.total(client, "runnable"))
    figures = (
        f"The client waited for {percent(waited)} of its life, {duration(run.lifetime(client))}, in "
        f"{run.parameters['requests']} requests that the server took {run.parameters['latency_ms']:g} ms over."
    )
    if waited >= 0.95:
        return confirmed(figures)
    return depends(f"On how long an answer takes beside what is done with it. {figures}")
