"""When one fails, gather leaves the others running, return_exceptions waits for them, and a TaskGroup cancels them."""

from gilscope.claims import Measured, Verdict, confirmed, depends, duration, refuted

ROWS = (41,)

EXPECTED = {"gather": "done", "values": "done", "TaskGroup": "cancelled"}


def claim(run: Measured) -> Verdict:
    told, late, right = [], 0, True
    for way, end in EXPECTED.items():
        (fails,), tasks = run.tasks(f"{way} fails"), run.tasks(*(f"{way} {n}" for n in range(1, 10)))
        failed, outcomes = run.life(fails)[1], sorted({run.outcome(task) for task in tasks})
        longer = max(run.life(task)[1] for task in tasks) - failed
        late += longer <= 0
        right &= run.outcome(fails) == "failed" and outcomes == [end]
        told.append(f"with {way} the others ended {' and '.join(outcomes)}, {duration(max(longer, 0))} after that")
    figures = f"One failed: {'; '.join(told)}."
    if late:
        return depends(f"On the moment: here the others were through before. {figures}")
    raised = "gather raised IncompleteReadError" in run.output and "TaskGroup raised a group of 1" in run.output
    return confirmed(figures) if right and raised else refuted(figures)
