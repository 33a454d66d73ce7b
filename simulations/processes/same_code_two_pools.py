"""The same code on a pool of threads and on one of processes.

ThreadPoolExecutor and ProcessPoolExecutor take the same calls and give the same results: one name is all that changes.
What they cost isn't the same. For computing, the threads take turns, and the processes must be started and
be sent every piece. For waiting, the threads are enough. Choose the work, and compare the two.

Parameters:
    work: what each piece does
    workers: 1..8, in each pool
    pieces: 1..40, how many there are to be done
    piece: 100..20000, numbers in each piece, or how many microseconds it waits
"""

from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from time import perf_counter, sleep
from typing import Literal


def count_primes(first, length):
    primes = 0
    for number in range(max(first, 2), first + length):
        divisor = 2
        while divisor * divisor <= number and number % divisor:
            divisor += 1
        primes += divisor * divisor > number
    return primes


def wait(first, length):
    sleep(length / 1e6)
    return first


def run(work: Literal["computing", "waiting"] = "computing", workers: int = 2, pieces: int = 4, piece: int = 8000):
    function = count_primes if work == "computing" else wait
    begins = range(0, pieces * piece, piece)
    for kind in (ThreadPoolExecutor, ProcessPoolExecutor):
        began = perf_counter()
        with kind(max_workers=workers) as pool:
            futures = [pool.submit(function, begin, piece) for begin in begins]
            results = [future.result() for future in futures]
        print(
            f"{kind.__name__}: {sum(results)} in {len(results)} pieces after {(perf_counter() - began) * 1000:.1f} ms"
        )


if __name__ == "__main__":
    run()
