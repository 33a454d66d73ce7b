"""Started before the threads, or without a fork of them, the child finds its lock free."""

from gilscope.claims import Measured, Verdict, confirmed, duration, not_measured, refuted

ROWS = (33,)


def claim(run: Measured) -> Verdict:
    if "the child hangs" in run.output:
        return refuted(f"The child hangs, though it was started by {run.parameters['way']}.")
    if "the child has written" not in run.output:
        return not_measured("The program didn't print what became of the child.")
    waited = run.total(run.threads("child"), "blocked")
    start = run.starts("child")
    figures = (
        f"by {run.parameters['way']} it was there after {duration(start[0])}" if start else "its start wasn't seen"
    )
    return confirmed(
        f"The child took its lock and ended by itself; it was blocked for {duration(waited)} of its life; {figures}."
    )
