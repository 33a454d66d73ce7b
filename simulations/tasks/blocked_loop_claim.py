"""A call that blocks, or computes, in a task holds up every other task of its loop."""

from gilscope.claims import Measured, Verdict, confirmed, depends, duration, refuted

ROWS = (44,)


def claim(run: Measured) -> Verdict:
    (heart,), every = run.tasks("heart"), float(run.parameters["every_ms"]) * 1e6
    calls = run.tasks("sleep", "file", "compute")
    steps = {call["name"]: run.steps([call]) for call in calls}
    length = {name: int(of.length.max()) for name, of in steps.items()}
    pauses = {name: run.longest_pause(heart, int(of.begin[0]), int(of.end[-1])) for name, of in steps.items()}
    told = [f"{duration(pauses[name])} while {name} took {duration(length[name])}" for name in steps]
    figures = f"The heart, which beats every {duration(every)}, was silent for {', '.join(told)}."
    if any(pauses[name] < length[name] * 0.9 for name in steps):
        return refuted(figures)
    if any(length[name] < 2 * every for name in steps):
        return depends(f"On how long it takes: so short a call hardly holds up anybody. {figures}")
    return confirmed(figures)
