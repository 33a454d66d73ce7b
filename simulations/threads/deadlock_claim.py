"""Two threads that take two locks in opposite orders wait for each other forever."""

from gilscope.claims import Measured, Verdict, confirmed, depends, duration, not_measured

ROWS = (22,)


def claim(run: Measured) -> Verdict:
    if cycle := run.finding("deadlock"):
        blocked = duration(run.total(run.threads("transfer"), "blocked"))
        return confirmed(f"{cycle['sentence']} Both were blocked for {blocked} together when the program ended.")
    if run.output.count("transferred") < 2:
        patience = run.parameters["patience_ms"]
        return not_measured(f"Main gave up after {patience} ms, before both wanted their second lock.")
    return depends("On the moment: here one had both locks before the other wanted its first, and both went through.")
