"""Two threads that take two locks in opposite orders wait for each other forever."""

from gilscope.claims import Measured, Verdict, confirmed, depends, duration, not_measured, refuted, times

ROWS = (22,)


def claim(run: Measured) -> Verdict:
    if cycle := run.finding("deadlock"):
        locks, transfers = ("checking", "savings"), run.threads("transfer")
        twice = sum(run.overlapping_holds(name) for name in locks)
        kept = min(run.resource(name)["longest_hold_ns"] for name in locks)
        blocked = [run.total([transfer], "blocked") for transfer in transfers]
        if twice or kept < max(blocked):
            return refuted(f"{cycle['sentence']} But {times(twice)} a lock had two holders, or one was given back.")
        return confirmed(
            f"Circular wait: {cycle['sentence']} Mutual exclusion: no lock ever had two holders. Hold and wait: each kept its "
            f"first lock for all the time that it wanted its second. No preemption: in {duration(kept)} nobody took a lock "
            f"away. Both were blocked for {duration(sum(blocked))} together when the program ended."
        )
    if run.output.count("transferred") < 2:
        patience = run.parameters["patience_ms"]
        return not_measured(f"Main gave up after {patience} ms, before both wanted their second lock.")
    return depends("On the moment: here one had both locks before the other wanted its first, and both went through.")
