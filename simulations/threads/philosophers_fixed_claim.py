"""When one reaches for the forks the other way round, the circle can't close, and all eat."""

from gilscope.claims import Measured, Verdict, confirmed, duration, not_measured, refuted

ROWS = (22,)


def claim(run: Measured) -> Verdict:
    eaten, philosophers = run.output.count("eaten\n"), run.threads("philosopher")
    if cycle := run.finding("deadlock"):
        return refuted(str(cycle["sentence"]))
    if eaten < len(philosophers):
        return not_measured(f"Main cleared the table after {run.parameters['patience_ms']} ms, when {eaten} had eaten.")
    waited = duration(run.total(philosophers, "blocked"))
    return confirmed(f"All {eaten} have eaten; they waited {waited} for forks, together.")
