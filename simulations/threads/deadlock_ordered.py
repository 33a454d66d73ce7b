"""The same order of locks for everyone, and no deadlock.

A cycle needs someone who holds the second lock and wants the first. Here both transfers lock
checking before savings, whichever way the money goes, so the one that comes second waits for the
first lock, with empty hands, and goes on when it is free.

Parameters:
    pause_ms: 0..500, how long a transfer holds its first lock before it wants the second
    patience_ms: 50..5000, how long main waits before it gives up and ends the program
"""

from threading import Lock, Thread
from time import monotonic, sleep

checking = Lock()
savings = Lock()
ORDER = [checking, savings]


def transfer(source, target, pause_ms):
    first, second = sorted((source, target), key=ORDER.index)
    with first:
        sleep(pause_ms / 1000)
        with second:
            print("transferred")


def run(pause_ms: float = 50.0, patience_ms: int = 600):
    give_up = monotonic() + patience_ms / 1000
    transfers = [
        Thread(target=transfer, args=(checking, savings, pause_ms), name="transfer 1", daemon=True),
        Thread(target=transfer, args=(savings, checking, pause_ms), name="transfer 2", daemon=True),
    ]
    for thread in transfers:
        thread.start()
    for thread in transfers:
        thread.join(max(0, give_up - monotonic()))
    if any(thread.is_alive() for thread in transfers):
        print(f"no transfer after {patience_ms} ms: main gives up")


if __name__ == "__main__":
    run()
