"""Clients: {clients}, {mode}. The server takes {latency_ms} ms over each answer. When are all of them through?"""

from gilscope.claims import Measured, duration
from gilscope.predictions import between

CHOICES = (
    "in less than twice the time of one answer",
    "after two to four times as long",
    "after still longer",
)


def outcome(run: Measured) -> tuple[int, str]:
    clients = run.threads("client ")
    run.show(clients, "outside")
    one, elapsed = float(run.parameters["latency_ms"]) * 1e6, run.elapsed(clients)
    return between(
        elapsed / one, (2, 4)
    ), f"{len(clients)} clients took {duration(elapsed)}, an answer {duration(one)}."
