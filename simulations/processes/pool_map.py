"""A pool of processes: how many, and how much at a time.

Every process has an interpreter, a GIL and memory of its own, so processes compute at the same instant.
The same map is done by a pool of one, of two and so on. Its workers are there already when the clock
starts. Beyond the number of cores, more of them gain nothing; and a chunk that is too large leaves
workers without work while one is still at it.

Parameters:
    most: 1..8, processes of the largest pool
    parts: 1..200, into how many parts the numbers are cut
    chunk: 1..100, how many parts a worker is given at a time
    numbers: 100..20000, how many are in each part
"""

from multiprocessing import Barrier, Pool
from time import perf_counter


def count_primes(part):
    primes = 0
    for number in range(max(part.start, 2), part.stop):
        divisor = 2
        while divisor * divisor <= number and number % divisor:
            divisor += 1
        primes += divisor * divisor > number
    return primes


def run(most: int = 3, parts: int = 24, chunk: int = 2, numbers: int = 2500):
    cut = [range(part * numbers, (part + 1) * numbers) for part in range(parts)]
    for processes in range(1, most + 1):
        everybody = Barrier(processes + 1)
        with Pool(processes, everybody.wait) as pool:
            everybody.wait()
            began = perf_counter()
            primes = sum(pool.map(count_primes, cut, chunk))
            print(f"{processes} at work: {primes} primes after {(perf_counter() - began) * 1000:.1f} ms")
            pool.close()
            pool.join()


if __name__ == "__main__":
    run()
