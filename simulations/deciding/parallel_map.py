"""A parallel map: in processes, and not too little at a time.

The same function for every item: map() does one after the other, and the map() of a pool of processes
shares them out. It sends every item there and every result back. One at a time, that costs more than such a
small function; in chunks, one message carries many. The results come in the order of the items, whoever
computed them.

Parameters:
    items: 10..20000, how many there are
    chunk: 1..1000, items of a chunk
    workers: 1..8, processes of the pool
    steps: 1..50000, how much is computed for each item
"""

from functools import partial
from multiprocessing import Barrier, Pool
from time import perf_counter


def length_of_path(steps, number):
    for step in range(steps):
        number = number // 2 if number % 2 == 0 else 3 * number + step
    return number % 1000


def run(items: int = 120, chunk: int = 15, workers: int = 2, steps: int = 6000):
    function, numbers, everybody = partial(length_of_path, steps), range(1, items + 1), Barrier(workers + 1)
    began = perf_counter()
    print(f"map: {sum(map(function, numbers))} after {(perf_counter() - began) * 1000:.1f} ms")
    with Pool(workers, everybody.wait) as pool:
        everybody.wait()
        for name, size in (("in chunks", chunk), ("one by one", 1)):
            began = perf_counter()
            total = sum(pool.map(function, numbers, size))
            print(f"{name}: {total} after {(perf_counter() - began) * 1000:.1f} ms")
        pool.close()
        pool.join()


if __name__ == "__main__":
    run()
