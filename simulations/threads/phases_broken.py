"""One doesn't come, and the barrier breaks for all.

The last worker gives up before the second phase: it fell over, or found nothing to do. The others
wait at the barrier for a thread that will never come. Because they wait with a timeout, the first
to lose patience breaks the barrier, and everybody there gets a BrokenBarrierError at once.

Parameters:
    workers: 2..8, threads that go through the phases together
    part_ms: 1..100, how long the first takes over its part; each later one takes 10 ms more
    patience_ms: 20..1000, how long they wait for each other
    complete: nobody gives up
"""

from threading import Barrier, BrokenBarrierError, Thread
from time import sleep


def work(gate, phase_count, part_ms, patience_ms):
    for phase in range(phase_count):
        sleep(part_ms / 1000)
        try:
            gate.wait(patience_ms / 1000)
        except BrokenBarrierError:
            print(f"broken in phase {phase + 1}")
            return


def run(workers: int = 4, part_ms: float = 30.0, patience_ms: int = 250, complete: bool = False):
    gate = Barrier(workers)
    threads = []
    for number in range(workers):
        phase_count = 2 if complete or number < workers - 1 else 1
        arguments = (gate, phase_count, part_ms + 10 * number, patience_ms)
        threads.append(Thread(target=work, args=arguments, name=f"worker {number + 1}"))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


if __name__ == "__main__":
    run()
