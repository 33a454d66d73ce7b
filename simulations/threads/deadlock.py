"""Two transfers wait for each other, forever.

One thread moves money from checking to savings, the other from savings to checking. Each locks
the account that it takes from, looks around a moment, then wants the other account: which the
other thread holds, and gives up only when it gets the first. Nobody can go on. Without the moment
in between it may well go right: for years.

Four things must come together: a lock has one holder at a time; each keeps its lock while it wants
another; nobody takes one away; and the wants close a circle. Each way out breaks one of them.

Parameters:
    pause_ms: 0..500, how long a transfer holds its first lock before it wants the second
    patience_ms: 50..5000, how long main waits before it gives up and ends the program
"""

from threading import Lock, Thread
from time import monotonic, sleep

checking = Lock()
savings = Lock()


def transfer(source, target, pause_ms):
    with source:
        sleep(pause_ms / 1000)
        with target:
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
