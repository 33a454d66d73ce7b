"""With one order of locks for everyone, nobody waits forever."""

from gilscope.claims import Measured, Verdict, confirmed, duration, not_measured, refuted

ROWS = (22,)


def claim(run: Measured) -> Verdict:
    through = run.output.count("transferred")
    if cycle := run.finding("deadlock"):
        return refuted(str(cycle["sentence"]))
    if through < 2:
        patience = run.parameters["patience_ms"]
        return not_measured(f"Main gave up after {patience} ms, with {through} of 2 transfers through.")
    waited = sum(run.resource(name)["wait_ns"] for name in ("checking", "savings"))
    return confirmed(f"Both went through; one waited {duration(waited)} for the other's locks, with empty hands.")
