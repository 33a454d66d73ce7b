"""Where one lock guards everything, nobody holds one lock and waits for another."""

from gilscope.claims import Measured, Verdict, confirmed, duration, not_measured, refuted

ROWS = (22,)


def claim(run: Measured) -> Verdict:
    through, bank = run.output.count("transferred\n"), run.resource("bank")
    if cycle := run.finding("deadlock"):
        return refuted(str(cycle["sentence"]))
    if through < 2:
        return not_measured(
            f"Main gave up after {run.parameters['patience_ms']} ms, with {through} of 2 transfers through."
        )
    return confirmed(f"Both went through, one after the other; one waited {duration(bank['wait_ns'])} for the other.")
