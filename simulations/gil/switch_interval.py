"""How long a thread waits before it asks for the GIL.

Counters that never stop have to be asked for the GIL. A thread that wants it waits one switch
interval, then sends a drop request, and the counter lets go. First with CPython's own five
milliseconds, then with a shorter interval: as many times more handoffs as it is shorter. The
counters count equally far both times, so you also see what the handoffs cost.

Parameters:
    threads: 2..8, how many counters take turns
    steps: 100000..5000000, how far each counts
    first_ms: 0.1..50, the switch interval of the first half
    second_ms: 0.1..50, the switch interval of the second half
"""

import sys
from threading import Thread


def count(steps):
    for _ in range(steps):
        pass


def run(threads: int = 2, steps: int = 4_000_000, first_ms: float = 5.0, second_ms: float = 1.0):
    for half, interval_ms in (("first", first_ms), ("second", second_ms)):
        sys.setswitchinterval(interval_ms / 1000)
        names = [f"{half} {number + 1}" for number in range(threads)]
        counters = [Thread(target=count, args=(steps,), name=name) for name in names]
        for counter in counters:
            counter.start()
        for counter in counters:
            counter.join()


if __name__ == "__main__":
    run()
