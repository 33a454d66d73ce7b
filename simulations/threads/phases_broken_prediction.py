"""Workers: {workers}. In the second phase the last doesn't come to the barrier; they wait {patience_ms} ms. How many get an error?"""

from gilscope.claims import Measured

CHOICES = ("nobody", "only the first to lose patience", "all who wait there")


def outcome(run: Measured) -> tuple[int, str]:
    broken, others = run.output.count("broken in phase"), int(run.parameters["workers"]) - 1
    run.show(run.threads("worker "), "blocked")
    choice = 0 if not broken else 2 if broken >= others else 1
    return choice, f"{broken} of {others + 1} workers got an error."
