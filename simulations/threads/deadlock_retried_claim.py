"""Who only tries the second lock, and steps back where it is taken, doesn't wait forever."""

from gilscope.claims import Measured, Verdict, confirmed, duration, not_measured, refuted, times

ROWS = (22,)


def claim(run: Measured) -> Verdict:
    through, back = run.output.count("transferred\n"), run.output.count("stepped back")
    if cycle := run.finding("deadlock"):
        return refuted(str(cycle["sentence"]))
    if through < 2:
        return not_measured(
            f"Main gave up after {run.parameters['patience_ms']} ms, with {through} of 2 transfers through."
        )
    blocked = duration(run.total(run.threads("transfer"), "blocked"))
    return confirmed(
        f"Both went through; {times(back)} one found the second lock taken and gave back the first; they were blocked for {blocked} together."
    )
