"""Lock, semaphore, queue and condition of asyncio do for tasks what those of threads do for threads."""

from gilscope.claims import Measured, Verdict, confirmed, depends, duration, refuted

ROWS = (45,)

THINGS = ("baskets", "till", "orders", "baked")


def claim(run: Measured) -> Verdict:
    visitors, told, met = int(run.parameters["visitors"]), [], True
    for name in THINGS:
        threads, tasks = run.waits(name).length, run.task_waits(name).length
        told.append(f"for {name} {duration(int(threads.sum()))} and {duration(int(tasks.sum()))}")
        met &= name not in ("baskets", "till") or bool(len(threads)) == bool(len(tasks))
    ended = [run.outcome(track) for track in (*run.threads("thread "), *run.tasks("task "))]
    figures = f"Threads and tasks waited {', '.join(told)}; {len(ended)} of {2 * visitors} visitors came to their end."
    if ended != ["exited"] * visitors + ["done"] * visitors:
        return refuted(figures)
    return confirmed(figures) if met else depends(f"On the moment: only one of two twins made anybody wait. {figures}")
