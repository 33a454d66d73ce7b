"""Two threads hand a turn to and fro by two locks."""

import json
import os
import sys
import time
from threading import Lock, Thread


def play(mine: object, other: object, n: int) -> None:
    for _ in range(n):
        mine.acquire()
        other.release()


def run(n: int) -> None:
    ping, pong = Lock(), Lock()
    pong.acquire()
    threads = [Thread(target=play, args=(ping, pong, n)), Thread(target=play, args=(pong, ping, n))]
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
