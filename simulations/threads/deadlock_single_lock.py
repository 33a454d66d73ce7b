"""One lock for all, and no deadlock.

One lock guards all accounts together. A transfer takes it, does everything, and gives it back. A
deadlock needs somebody who holds one lock and waits for another; with a single lock there is no
other. The price: transfers between quite different accounts wait for each other, too.

Parameters:
    pause_ms: 0..500, how long a transfer keeps the lock
    patience_ms: 50..5000, how long main waits before it gives up and ends the program
"""

from threading import Lock, Thread
from time import monotonic, sleep

bank = Lock()


def transfer(pause_ms):
    with bank:
        sleep(pause_ms / 1000)
        print("transferred")


def run(pause_ms: float = 50.0, patience_ms: int = 600):
    give_up = monotonic() + patience_ms / 1000
    transfers = [
        Thread(target=transfer, args=(pause_ms,), name="transfer 1", daemon=True),
        Thread(target=transfer, args=(pause_ms,), name="transfer 2", daemon=True),
    ]
    for thread in transfers:
        thread.start()
    for thread in transfers:
        thread.join(max(0, give_up - monotonic()))
    if any(thread.is_alive() for thread in transfers):
        print(f"no transfer after {patience_ms} ms: main gives up")


if __name__ == "__main__":
    run()
