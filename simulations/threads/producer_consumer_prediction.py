"""A loaf is baked in 5 ms and eaten in {eat_ms} ms; the shelf holds {capacity}. Who spends more time waiting for the shelf?"""

from gilscope.claims import Measured, duration

CHOICES = ("the baker", "the customer", "both about the same")


def outcome(run: Measured) -> tuple[int, str]:
    baker, customer = run.threads("baker"), run.threads("customer")
    waits = [run.total(threads, "blocked") for threads in (baker, customer)]
    run.show(baker if waits[0] > waits[1] else customer, "blocked")
    figures = f"The baker waited {duration(waits[0])}, the customer {duration(waits[1])}."
    if abs(waits[0] - waits[1]) < 0.2 * max(waits):
        return 2, figures
    return int(waits[1] > waits[0]), figures
