"""Threads compute no faster than one after the other.

The same work twice: first one thread at a time, then all together. Together they share one GIL, so
they only take turns, and the work takes as long as before. It takes a little longer even: each
turn ends with a handoff, and the next thread has to find its core and its data again. Once more,
because one measurement is none.

Parameters:
    threads: 2..8, how many share the work
    steps: 10000..1000000, turns of its loop that each computes
    repeats: 1..5, how often both ways are measured
"""

from threading import Thread
from time import perf_counter


def compute(steps):
    total = 0
    for number in range(steps):
        total += number * number % 7


def run(threads: int = 3, steps: int = 500_000, repeats: int = 2):
    for repeat in range(1, repeats + 1):
        for way in ("alone", "together"):
            names = [f"{way} {repeat}.{number + 1}" for number in range(threads)]
            workers = [Thread(target=compute, args=(steps,), name=name) for name in names]
            began = perf_counter()
            for worker in workers:
                worker.start()
                if way == "alone":
                    worker.join()
            for worker in workers:
                worker.join()
            print(f"{way}: {(perf_counter() - began) * 1000:.0f} ms")


if __name__ == "__main__":
    run()
