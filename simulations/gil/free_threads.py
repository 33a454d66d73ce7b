"""Do threads compute at the same time here?

Each thread counts the primes in its own part of the numbers. On a usual Python they take turns, as
the GIL has it. A free-threaded build has no GIL: there each has a core for itself, and all of them
together take as long as one. Run it on both, and put the two beside each other.

Parameters:
    threads: 2..8, how many count
    numbers: 1000..200000, how many each looks at
"""

import sys
from threading import Thread
from time import perf_counter


def count_primes(first, last, found):
    primes = 0
    for number in range(max(first, 2), last):
        divisor = 2
        while divisor * divisor <= number and number % divisor:
            divisor += 1
        primes += divisor * divisor > number
    found.append(primes)


def run(threads: int = 2, numbers: int = 60_000):
    began, found = perf_counter(), []
    counters = [
        Thread(target=count_primes, args=(numbers * n, numbers * (n + 1), found), name=f"counter {n + 1}")
        for n in range(threads)
    ]
    for counter in counters:
        counter.start()
    for counter in counters:
        counter.join()
    gil = "a GIL" if getattr(sys, "_is_gil_enabled", lambda: True)() else "no GIL"
    print(f"{sum(found)} primes after {(perf_counter() - began) * 1000:.0f} ms, with {gil}")


if __name__ == "__main__":
    run()
