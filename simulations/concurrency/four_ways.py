"""In turns or at once: the same work in four ways.

Some pieces of computing are done one after the other, then on threads, in processes, as asyncio
tasks. Concurrent means that several have begun and none is finished: threads, processes and tasks
all are. Parallel means that several run at the same instant, on different cores: only the
processes are, because threads share one GIL, and tasks share one thread.

Parameters:
    way: all four, one after the other, or a single one
    pieces: 2..8, into how many parts the work is cut
    piece_ms: 10..500, how long each part computes
"""

import asyncio
from multiprocessing import Process
from threading import Thread
from time import thread_time
from typing import Literal


def compute(ms):
    end = thread_time() + ms / 1000
    while thread_time() < end:
        pass


async def compute_in_steps(ms):
    for _ in range(5):
        compute(ms / 5)
        await asyncio.sleep(0)


async def gather(pieces, ms):
    tasks = [asyncio.create_task(compute_in_steps(ms), name=f"task {number + 1}") for number in range(pieces)]
    await asyncio.gather(*tasks)


def run(way: Literal["all", "loop", "threads", "processes", "tasks"] = "all", pieces: int = 2, piece_ms: float = 60.0):
    if way in ("all", "loop"):
        for _ in range(pieces):
            compute(piece_ms)
    for kind, name, ways in ((Thread, "thread", "threads"), (Process, "process", "processes")):
        if way in ("all", ways):
            workers = [kind(target=compute, args=(piece_ms,), name=f"{name} {n + 1}") for n in range(pieces)]
            for worker in workers:
                worker.start()
            for worker in workers:
                worker.join()
    if way in ("all", "tasks"):
        asyncio.run(gather(pieces, piece_ms))


if __name__ == "__main__":
    run()
