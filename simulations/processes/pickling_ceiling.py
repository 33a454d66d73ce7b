"""Sending can cost more than the work it is for.

A process computes for main: each time main sends it a parcel, it works on that for as long as the time before, and
answers. The parcels grow tenfold. What is sent must be pickled, written, read and unpickled, and that
grows with it, until handing over takes longer than the work. A list is pickled number by number; bytes are
little more than copied.

Parameters:
    largest_kb: 10..20000, how much is in the largest of the four parcels
    work_ms: 0.1..50, how long the work on each takes
    repeats: 1..20, how often each size is sent
    parcel: what is sent, numbers in a list or bytes
"""

from multiprocessing import Pipe, Process
from statistics import median
from time import perf_counter, thread_time
from typing import Literal


def compute(line, work_ms):
    line.send("ready")
    while (parcel := line.recv()) is not None:
        began, end = perf_counter(), thread_time() + work_ms / 1000
        while thread_time() < end:
            len(parcel)
        line.send(perf_counter() - began)


def run(
    largest_kb: int = 1000, work_ms: float = 3.0, repeats: int = 3, parcel: Literal["numbers", "bytes"] = "numbers"
):
    here, there = Pipe()
    worker = Process(target=compute, args=(there, work_ms), name="worker")
    worker.start()
    here.recv()
    for size in [largest_kb * 1000 // factor for factor in (1000, 100, 10, 1)]:
        content = list(range(10**6, 10**6 + size // 5)) if parcel == "numbers" else bytes(size)
        handing, working = [], []
        for _ in range(repeats):
            began = perf_counter()
            here.send(content)
            working.append(here.recv() * 1000)
            handing.append((perf_counter() - began) * 1000 - working[-1])
        print(f"{size} bytes: handing over {median(handing):.3f} ms, work {median(working):.3f} ms")
    here.send(None)
    worker.join()


if __name__ == "__main__":
    run()
