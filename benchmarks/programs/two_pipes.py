"""Two threads write and read a byte, each through a pipe of its own, and both want the GIL after every call."""

import json
import os
import sys
import time
from threading import Thread


def play(n: int) -> None:
    read, write = os.pipe()
    for _ in range(n):
        os.write(write, b".")
        os.read(read, 1)
    os.close(read)
    os.close(write)


def run(n: int) -> None:
    threads = [Thread(target=play, args=(n,)) for _ in range(2)]
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
