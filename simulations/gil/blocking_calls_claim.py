"""Sleeping, reading a file and receiving give the GIL up, and another thread has it meanwhile."""

from gilscope.claims import Measured, Verdict, confirmed, depends, refuted

ROWS = (7,)


def claim(run: Measured) -> Verdict:
    counter, calls = run.threads("counter"), int(run.parameters["calls"])
    callers = {name: run.threads(name) for name in ("sleeper", "reader", "receiver")}
    run.show(callers["sleeper"], "outside")
    times = {name: run.given_up(threads, counter) for name, threads in callers.items()}
    told = "; ".join(
        f"the {name} gave the GIL up {given} times, and the counter had it in {had} of these"
        for name, (given, had) in times.items()
    )
    figures = f"Each calls {calls} times: {told}."
    if min(given for given, _ in times.values()) < calls:
        return refuted(figures)
    if min(had for _, had in times.values()) < calls / 5:  # who gets it needs a core, before the call is over
        return depends(f"On a core that is free for whoever gets the GIL. {figures}")
    return confirmed(figures)
