"""The lock makes every update count.

Reading, adding and writing happen under a lock. A thread may still lose the GIL between its
reading and its writing, but nobody else gets at the balance meanwhile: who tries waits for the
lock. The number is exact, and its price is on the timeline.

Parameters:
    threads: 1..8, how many deposit at the same time
    deposits: 1000..50000, how many times each adds one
    switch_interval_us: 10..5000, how long a thread waits for the GIL before its drop request
"""

import sys
from threading import Barrier, Lock, Thread

balance = 0
balance_lock = Lock()


def one_more(amount):
    return amount + 1


def deposit_with_a_call(start, deposits):
    global balance
    start.wait()
    for _ in range(deposits):
        with balance_lock:
            balance = one_more(balance)


def run(threads: int = 2, deposits: int = 12_000, switch_interval_us: int = 100):
    sys.setswitchinterval(switch_interval_us / 1e6)
    start = Barrier(threads)
    names = [f"locked {number + 1}" for number in range(threads)]
    depositors = [Thread(target=deposit_with_a_call, args=(start, deposits), name=name) for name in names]
    for depositor in depositors:
        depositor.start()
    for depositor in depositors:
        depositor.join()
    print(f"locked: expected {threads * deposits}, got {balance}")


if __name__ == "__main__":
    run()
