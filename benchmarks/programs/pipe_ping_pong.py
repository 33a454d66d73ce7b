"""Two threads send a byte to and fro through two pipes: every call gives the GIL up and takes it again."""

import json
import os
import sys
import time
from threading import Thread


def play(read: int, write: int, n: int) -> None:
    for _ in range(n):
        os.write(write, b".")
        os.read(read, 1)


def run(n: int) -> None:
    (ping_read, ping_write), (pong_read, pong_write) = os.pipe(), os.pipe()
    threads = [
        Thread(target=play, args=(ping_read, pong_write, n)),
        Thread(target=play, args=(pong_read, ping_write, n)),
    ]
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
