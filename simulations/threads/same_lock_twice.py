"""A thread waits for a lock that it has itself.

The visitor takes the lock of a folder tree, looks at a folder, then calls itself for the folder
inside, which takes the lock again. A plain Lock doesn't know who has it, only that it is taken. So
the thread waits for somebody to give it back, and that would be itself. Here it gives up after a
while. Without a timeout it would stand there forever.

Parameters:
    depth: 1..6, folders inside each other, and so often the lock is wanted
    look_ms: 0..100, how long the visitor looks at each folder
    patience_ms: 10..1000, how long it waits for the lock before it gives up
"""

from threading import Lock, Thread
from time import sleep

tree_lock = Lock()


def visit(depth, look_ms, patience_ms):
    if not tree_lock.acquire(timeout=patience_ms / 1000):
        print(f"gave up after {patience_ms} ms, with {depth} to go")
        return
    try:
        sleep(look_ms / 1000)
        if depth > 1:
            visit(depth - 1, look_ms, patience_ms)
        else:
            print("saw everything")
    finally:
        tree_lock.release()


def run(depth: int = 3, look_ms: float = 40.0, patience_ms: int = 300):
    visitor = Thread(target=visit, args=(depth, look_ms, patience_ms), name="visitor")
    visitor.start()
    visitor.join()


if __name__ == "__main__":
    run()
