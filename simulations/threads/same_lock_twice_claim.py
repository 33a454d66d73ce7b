"""A plain lock makes a thread wait that has it already."""

from gilscope.claims import Measured, Verdict, confirmed, duration, not_measured, refuted

ROWS = (15,)


def claim(run: Measured) -> Verdict:
    lock, visitor = run.resource("tree_lock"), run.threads("visitor")[0]
    if run.parameters["depth"] == 1:
        return not_measured("The lock was wanted only once.")
    waited = lock["wait_ns_by_thread"].get(visitor["name"], 0)
    held = duration(lock["held_ns"])
    figures = f"The visitor had the lock for {held}, and waited for it for {duration(waited)} of these; nobody else wanted it."
    if lock["acquires"] == 1 and "gave up" in run.output and waited >= float(run.parameters["patience_ms"]) * 9e5:
        return confirmed(figures)
    return refuted(figures)
