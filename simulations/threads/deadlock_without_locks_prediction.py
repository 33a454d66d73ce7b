"""Transfers: {transfers}. Each sends an order to the bank, a thread that takes {pause_ms} ms over one. How long does the last wait for its receipt?"""

from gilscope.claims import Measured, NotSeen, duration

CHOICES = ("about as long as one order takes", "about as long as all orders take", "for ever")


def outcome(run: Measured) -> tuple[int, str]:
    transfers, one = run.threads("transfer "), float(run.parameters["pause_ms"]) * 1e6
    if not one:
        raise NotSeen("An order takes no time, so there is nothing to compare.")
    run.show(transfers, "blocked")
    longest = max(run.total([transfer], "blocked") for transfer in transfers)
    sentence = f"One of them waited {duration(longest)}; an order takes {duration(one)}."
    if run.output.count("transferred") < len(transfers):
        return 2, sentence
    return int(longest > 1.5 * one), sentence
