"""An RLock lets its own thread in again.

An RLock knows which thread has it, and counts. Taken again by that thread, it counts up and never
waits; it is free when it was given back as often as it was taken. To every other thread it is a
lock like any other: the second visitor waits until the first has come all the way out.

Parameters:
    visitors: 1..6, threads that want to see all of the tree
    depth: 1..6, folders inside each other, and so often each takes the lock
    look_ms: 0..100, how long a visitor looks at each folder
"""

from threading import RLock, Thread
from time import sleep

tree_lock = RLock()


def visit(depth, look_ms):
    with tree_lock:
        sleep(look_ms / 1000)
        if depth > 1:
            visit(depth - 1, look_ms)
        else:
            print("saw everything")


def run(visitors: int = 3, depth: int = 3, look_ms: float = 30.0):
    names = [f"visitor {number + 1}" for number in range(visitors)]
    threads = [Thread(target=visit, args=(depth, look_ms), name=name) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


if __name__ == "__main__":
    run()
