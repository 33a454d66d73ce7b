"""Whoever can't go on gives back what it has.

Each transfer wants its second lock for a limited time only. When that is over, it gives its first
lock back, waits a moment, and begins anew. A deadlock needs that nobody takes a lock away from who
has it; here each takes it away from itself. The moment differs, or both would do the same forever.

Parameters:
    pause_ms: 0..500, how long a transfer holds its first lock before it wants the second
    try_ms: 1..500, how long a transfer waits for its second lock
    patience_ms: 50..5000, how long main waits before it gives up and ends the program
"""

from threading import Lock, Thread
from time import monotonic, sleep

checking = Lock()
savings = Lock()


def transfer(source, target, pause_ms, try_ms, moment):
    while True:
        with source:
            sleep(pause_ms / 1000)
            if target.acquire(timeout=try_ms / 1000):
                target.release()
                print("transferred")
                return
        print("gave up for now")
        sleep(moment)


def run(pause_ms: float = 50.0, try_ms: float = 60.0, patience_ms: int = 900):
    give_up = monotonic() + patience_ms / 1000
    transfers = [
        Thread(target=transfer, args=(checking, savings, pause_ms, try_ms, 0.01), name="transfer 1", daemon=True),
        Thread(target=transfer, args=(savings, checking, pause_ms, try_ms, 0.12), name="transfer 2", daemon=True),
    ]
    for thread in transfers:
        thread.start()
    for thread in transfers:
        thread.join(max(0, give_up - monotonic()))
    if any(thread.is_alive() for thread in transfers):
        print(f"no transfer after {patience_ms} ms: main gives up")


if __name__ == "__main__":
    run()
