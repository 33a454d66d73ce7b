"""A million rows of CSV: processes that each read a part.

Splitting rows and turning text into numbers is computing, so threads would gain nothing. Each process gets a place in
the file, and reads its own part: only two numbers go there, and one sum comes back. When main reads the rows and
sends them instead, it has most of the work itself, and sending is more of it.

Parameters:
    rows: 1000..1000000, how many there are in the file
    processes: 1..8, in the pool
    send: what each process is given
"""

import csv
import os
from multiprocessing import Barrier, Pool
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Literal

ROW = "{:08d},{:04d},some text\n"
WIDTH = len(ROW.format(0, 0))


def add_up(rows):
    return sum(int(price) for _, price, _ in rows)


def read_and_add_up(path, first, count):
    with open(path, newline="", encoding="ascii") as file:
        file.seek(first * WIDTH)
        return add_up(csv.reader(file.read(count * WIDTH).splitlines()))


def run(rows: int = 120_000, processes: int = 2, send: Literal["places", "rows"] = "places"):
    with TemporaryDirectory() as folder:
        path, everybody = os.path.join(folder, "prices.csv"), Barrier(processes + 1)
        with open(path, "w", newline="", encoding="ascii") as file:
            file.writelines(ROW.format(row, row * 7919 % 10000) for row in range(rows))
        began = perf_counter()
        print(f"alone: {read_and_add_up(path, 0, rows)} after {(perf_counter() - began) * 1000:.1f} ms")
        with Pool(processes, everybody.wait) as pool, open(path, newline="", encoding="ascii") as file:
            everybody.wait()
            began, part = perf_counter(), -(-rows // processes)
            if send == "places":
                total = sum(pool.starmap(read_and_add_up, [(path, first, part) for first in range(0, rows, part)]))
            else:
                table = list(csv.reader(file))
                total = sum(pool.map(add_up, [table[first : first + part] for first in range(0, rows, part)]))
            print(f"in processes: {total} after {(perf_counter() - began) * 1000:.1f} ms")
            pool.close()
            pool.join()


if __name__ == "__main__":
    run()
