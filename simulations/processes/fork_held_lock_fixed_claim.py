"""Started before the threads, or without a fork of them, the child finds its lock free."""

from gilscope.claims import Measured, Verdict, confirmed, depends, duration, not_measured, percent, refuted

ROWS = (33,)


def claim(run: Measured) -> Verdict:
    if "the child hangs" in run.output:
        blocked = run.share(run.threads("child"), "blocked")
        figures = (
            f"The child, started by {run.parameters['way']}, was blocked for {percent(blocked)} of its life, and ended."
        )
        if blocked > 0.5:
            return refuted(figures)
        return depends(f"On the parent's patience: it was over before the child came to its lock. {figures}")
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
