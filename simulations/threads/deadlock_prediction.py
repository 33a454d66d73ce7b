"""Two transfers, each with one lock in hand for {pause_ms} ms before it wants the other's. What becomes of them?"""

from gilscope.claims import Measured

CHOICES = ("both come through", "one comes through, the other doesn't", "neither comes through")


def outcome(run: Measured) -> tuple[int, str]:
    through = run.output.count("transferred")
    run.show(run.threads("transfer "), "blocked")
    stuck = ", and two threads wait for each other to the end" if run.finding("deadlock") else ""
    return 2 - through, f"{through} of 2 came through{stuck}."
