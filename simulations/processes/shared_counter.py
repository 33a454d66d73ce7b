"""A shared number with a lock of its own still loses updates.

Value and Array lie in memory that all processes have. Value even has a lock, and takes it for each reading and
each writing. But += is a reading and then a writing, and between the two the lock is free: another
process reads the same old number. Slots of the array that only one process writes to lose nothing.

Parameters:
    processes: 1..6, how many count at the same time
    steps: 10..20000, how many times each adds one
"""

from multiprocessing import Array, Barrier, Process, Value


def count(start, counter, slots, mine, steps):
    start.wait()
    for _ in range(steps):
        counter.value += 1
        slots[mine] += 1


def run(processes: int = 2, steps: int = 5000):
    counter, start = Value("q", 0), Barrier(processes)
    slots = Array("q", processes, lock=False)
    counting = [
        Process(target=count, args=(start, counter, slots, number, steps), name=f"counter {number + 1}")
        for number in range(processes)
    ]
    for process in counting:
        process.start()
    for process in counting:
        process.join()
    print(f"expected {processes * steps}, the shared number is {counter.value}, the slots add up to {sum(slots)}")


if __name__ == "__main__":
    run()
