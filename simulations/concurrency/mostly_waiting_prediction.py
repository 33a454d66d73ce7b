"""A client asks a server {requests} times, which takes {latency_ms} ms over an answer. How much of its life does the client wait?"""

from gilscope.claims import Measured, percent
from gilscope.predictions import between

CHOICES = ("less than half", "50 to 95 %", "more than 95 %")


def outcome(run: Measured) -> tuple[int, str]:
    client = run.threads("client")
    run.show(client, "outside")
    share = run.share(client, "outside")
    return between(share, (0.5, 0.95)), f"The client waited for {percent(share)} of its life."
