"""One worker, two calls of {rounds} thousand rounds each. Once the first runs, the program wants to cancel both. What comes of it?"""

from gilscope.claims import Measured, duration

CHOICES = ("both are cancelled", "only the first", "only the second", "neither of them")


def outcome(run: Measured) -> tuple[int, str]:
    first, second = sorted(run.works("hash_password"), key=lambda work: run.life(work)[0])
    run.show([second], "ready")
    cancelled = (run.outcome(first) == "cancelled", run.outcome(second) == "cancelled")
    ran = [duration(run.total([work], "running")) for work in (first, second)]
    choice = {(True, True): 0, (True, False): 1, (False, True): 2}.get(cancelled, 3)
    return choice, f"The first ran for {ran[0]}, the second for {ran[1]}."
