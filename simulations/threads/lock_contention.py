"""Everyone wants the same lock.

Clerks share one till, guarded by a lock: one at a time. Each does some work of its own, then
needs the till. The longer it is held, and the more want it, the more of their lives the clerks
spend waiting for each other.

Parameters:
    clerks: 1..8, threads that share the till
    hold_ms: 0..50, how long the till is held each time
    own_ms: 0..50, how long each works without the till in between
"""

from threading import Lock, Thread
from time import sleep


def serve_customers(till, hold_ms, own_ms):
    for _ in range(10):
        sleep(own_ms / 1000)
        with till:
            sleep(hold_ms / 1000)


def run(clerks: int = 3, hold_ms: float = 10.0, own_ms: float = 10.0):
    till = Lock()
    threads = [
        Thread(target=serve_customers, args=(till, hold_ms, own_ms), name=f"clerk {number + 1}")
        for number in range(clerks)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


if __name__ == "__main__":
    run()
