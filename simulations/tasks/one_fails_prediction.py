"""Tasks ask a server under one gather, and {others} of them would get an answer after {latency_ms} ms. One fails after {fails_after_ms} ms. What becomes of the others?"""

from gilscope.claims import Measured, duration

CHOICES = ("they had their answers before", "they are cancelled", "they run on to their end")


def outcome(run: Measured) -> tuple[int, str]:
    (fails,), others = run.tasks("gather fails"), run.tasks(*(f"gather {n}" for n in range(1, 10)))
    run.show(others, "suspended")
    failed, last = run.life(fails)[1], max(run.life(task)[1] for task in others)
    ends = sorted({run.outcome(task) for task in others})
    figures = f"They ended {' and '.join(ends)}, the last {duration(abs(last - failed))} {'after' if last > failed else 'before'} the error."
    if last <= failed:
        return 0, figures
    return (1 if ends == ["cancelled"] else 2), figures
