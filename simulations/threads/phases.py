"""Nobody begins the next phase before all are there.

Each worker does its part of a phase, then waits at a barrier. The barrier opens when the last one
has come, for all of them at once. So every phase takes as long as its slowest worker, and the quick
ones wait: that is its price, and on the timeline it is plain to see who pays.

Parameters:
    workers: 2..8, threads that go through the phases together
    phase_count: 1..8, how many phases there are
    quickest_ms: 1..100, how long the first worker takes over its part
    slower_ms: 0..60, how much longer each takes than the one before it
"""

from threading import Barrier, Thread
from time import sleep


def work(gate, phase_count, part_ms):
    for _ in range(phase_count):
        sleep(part_ms / 1000)
        gate.wait()


def run(workers: int = 4, phase_count: int = 3, quickest_ms: float = 20.0, slower_ms: float = 20.0):
    gate = Barrier(workers)
    threads = [
        Thread(target=work, args=(gate, phase_count, quickest_ms + slower_ms * number), name=f"worker {number + 1}")
        for number in range(workers)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


if __name__ == "__main__":
    run()
