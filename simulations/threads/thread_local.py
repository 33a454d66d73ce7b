"""Each thread has its own copy, and keeps it.

Every request writes down its user twice: in a variable that all share, and in thread-local data, of
which each thread has its own. A moment later the shared one names somebody else. The local one is
right. But the threads of a pool are used again: the next request finds what the last one left.

Parameters:
    workers: 1..6, threads in the pool
    requests: 1..20, how many the pool handles
    handle_ms: 1..60, how long each takes
    clear: forget the user at the end of a request
"""

from concurrent.futures import ThreadPoolExecutor
from threading import local
from time import sleep

mine = local()
shared = {}


def handle(number, handle_ms, clear):
    left = getattr(mine, "user", "nobody")
    mine.user = shared["user"] = f"user-{number}"
    sleep(handle_ms / 1000)
    print(f"user-{number} found {left}; local {mine.user}, shared {shared['user']}")
    if clear:
        del mine.user


def run(workers: int = 3, requests: int = 9, handle_ms: float = 30.0, clear: bool = False):
    shared.clear()
    with ThreadPoolExecutor(workers, thread_name_prefix="worker") as pool:
        for number in range(1, requests + 1):
            pool.submit(handle, number, handle_ms, clear)
            sleep(handle_ms / 1000 / workers)


if __name__ == "__main__":
    run()
