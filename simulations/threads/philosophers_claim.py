"""When everyone holds one fork and wants the neighbour's, nobody eats."""

from gilscope.claims import Measured, Verdict, confirmed, depends, duration, not_measured

ROWS = (22,)


def claim(run: Measured) -> Verdict:
    eaten, philosophers = run.output.count("eaten\n"), run.threads("philosopher")
    if cycle := run.finding("deadlock"):
        waited = duration(run.total(philosophers, "blocked"))
        return confirmed(f"{cycle['sentence']} They were blocked for {waited} together when main cleared the table.")
    if eaten < len(philosophers):
        return not_measured(f"Main cleared the table before all held one fork; {eaten} had eaten.")
    return depends("On the moment: here somebody had both forks before the circle closed, and all have eaten.")
