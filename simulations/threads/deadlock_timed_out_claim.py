"""Who waits for a second lock with a timeout, and then gives up the first, doesn't wait forever."""

from gilscope.claims import Measured, Verdict, confirmed, duration, not_measured, refuted, times

ROWS = (22,)


def claim(run: Measured) -> Verdict:
    through, back = run.output.count("transferred\n"), run.output.count("gave up for now")
    cycle = run.finding("deadlock")
    lasted = min((span["to"] - span["from"] for span in cycle["spans"]), default=0) if cycle else 0
    if run.stuck and lasted > float(run.parameters["try_ms"]) * 1e6:  # else main gave up while both still tried
        return refuted(str(cycle and cycle["sentence"]))
    if through < 2:
        return not_measured(
            f"Main gave up after {run.parameters['patience_ms']} ms, with {through} of 2 transfers through."
        )
    blocked = duration(run.total(run.threads("transfer"), "blocked"))
    circle = f" {cycle['sentence']}" if cycle else ""
    return confirmed(
        f"Both went through; {times(back)} one gave its first lock back; they were blocked for {blocked} together.{circle}"
    )
