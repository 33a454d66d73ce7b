"""A lock that a thread holds at a fork stays held in the child, where nobody can release it."""

from gilscope.claims import Measured, Verdict, confirmed, depends, duration, not_measured, refuted

ROWS = (33,)


def claim(run: Measured) -> Verdict:
    hangs, through = "the child hangs" in run.output, "the child has written" in run.output
    if not hangs and not through:
        return not_measured("The program didn't print what became of the child.")
    if run.parameters["fork_while"] == "free":
        if through:
            return depends(
                "On whether somebody holds the lock at that moment: here it was free, and the child took it."
            )
        return refuted("The child hangs, though the lock was free at the fork.")
    if through:
        return refuted("The lock was held at the fork, and still the child took it.")
    child, holder = run.threads("child"), run.threads("holder")
    waited = run.total(child, "blocked")
    figures = (
        f"The child waited {duration(waited)} for its copy of the lock, until it was ended; the holder's thread ended in the "
        f"parent {duration(max(0, run.ended(child) - run.ended(holder)))} before."
    )
    proof = run.finding("deadlock")
    if proof is None or not waited:
        return not_measured(f"Nobody was seen to wait for a lock that the fork left behind. {figures}")
    return confirmed(f"{proof['title']}. {figures}")
