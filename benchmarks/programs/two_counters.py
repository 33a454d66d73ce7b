"""Two threads compute; neither ever blocks."""

import json
import os
import sys
import time
from threading import Thread


def count(n: int) -> None:
    while n:
        n -= 1


def run(n: int) -> None:
    threads = [Thread(target=count, args=(n,)) for _ in range(2)]
    os.sched_setaffinity(
        0, {max(os.sched_getaffinity(0))}
    )  # where the kernel puts two threads would hide the difference
    begin = time.perf_counter_ns()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(json.dumps({"ns": time.perf_counter_ns() - begin}), flush=True)


if __name__ == "__main__":
    run(int(sys.argv[1]))
