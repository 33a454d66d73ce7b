"""The same number, with its lock around the whole update.

Now reading and writing belong together: whoever has the lock of the Value keeps it for both, and the
other processes wait. It is a semaphore that the kernel keeps, one for all of them. The number comes out
exact, and the processes take turns. Several updates at a time make fewer turns.

Parameters:
    processes: 1..6, how many count at the same time
    steps: 10..20000, how many times each adds one
    at_a_time: 1..100, so many are added while the lock is held
"""

from multiprocessing import Barrier, Process, Value


def count(start, counter, steps, at_a_time):
    start.wait()
    for first in range(0, steps, at_a_time):
        with counter.get_lock():
            for _ in range(first, min(first + at_a_time, steps)):
                counter.value += 1


def run(processes: int = 2, steps: int = 2500, at_a_time: int = 1):
    counter, start = Value("q", 0), Barrier(processes)
    counting = [
        Process(target=count, args=(start, counter, steps, at_a_time), name=f"counter {number + 1}")
        for number in range(processes)
    ]
    for process in counting:
        process.start()
    for process in counting:
        process.join()
    print(f"expected {processes * steps}, the shared number is {counter.value}")


if __name__ == "__main__":
    run()
