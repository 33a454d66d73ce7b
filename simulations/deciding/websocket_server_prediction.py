"""Clients: {clients}, all connected and talking, on one thread. Each thinks {think_ms} ms before it speaks. How much of its life does one wait?"""

from gilscope.claims import Measured, percent
from gilscope.predictions import between

CHOICES = ("less than half", "50 to 90 %", "more than 90 %")


def outcome(run: Measured) -> tuple[int, str]:
    clients = run.tasks("client ")
    run.show(clients, "suspended")
    share, turn = run.share(clients, "suspended"), run.share(clients, "ready")
    sentence = f"Clients awaited something for {percent(share)} of their lives, and their turn for {percent(turn)}."
    return between(share, (0.5, 0.9)), sentence
