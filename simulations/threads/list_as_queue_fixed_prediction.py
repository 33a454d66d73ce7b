"""Cooks: {cooks}, {cook_ms} ms for an order. Another comes in every {order_ms} ms; {places} may wait. Who waits longer?"""

from gilscope.claims import Measured, duration

CHOICES = ("the cooks, for an order", "who brings them, for room", "both about as long")


def outcome(run: Measured) -> tuple[int, str]:
    cooks = {thread["name"] for thread in run.threads("cook ")}
    waited = run.resource("waiting")["wait_ns_by_thread"]
    taking = sum(ns for name, ns in waited.items() if name in cooks)
    putting = sum(waited.values()) - taking
    figures = f"The cooks waited {duration(taking)} in all, who brings orders {duration(putting)}."
    if abs(taking - putting) <= 0.1 * max(taking, putting):
        return 2, figures
    return int(putting > taking), figures
