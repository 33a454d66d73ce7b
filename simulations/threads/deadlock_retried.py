"""Take both locks, or none.

Each transfer takes its first lock and then tries the second, without waiting. When that is taken, it
gives the first back at once, steps back for a while, and tries again. A deadlock needs somebody who
holds a lock and waits for another; here nobody ever does. The price is trying more than once.

Parameters:
    pause_ms: 0..500, how long a transfer holds its first lock before it wants the second
    patience_ms: 50..5000, how long main waits before it gives up and ends the program
"""

from threading import Lock, Thread
from time import monotonic, sleep

checking = Lock()
savings = Lock()


def transfer(source, target, pause_ms, step_back):
    while True:
        with source:
            sleep(pause_ms / 1000)
            if target.acquire(blocking=False):
                target.release()
                print("transferred")
                return
        print("stepped back")
        sleep(step_back)


def run(pause_ms: float = 50.0, patience_ms: int = 600):
    give_up = monotonic() + patience_ms / 1000
    transfers = [
        Thread(target=transfer, args=(checking, savings, pause_ms, 0.01), name="transfer 1", daemon=True),
        Thread(target=transfer, args=(savings, checking, pause_ms, 0.12), name="transfer 2", daemon=True),
    ]
    for thread in transfers:
        thread.start()
    for thread in transfers:
        thread.join(max(0, give_up - monotonic()))
    if any(thread.is_alive() for thread in transfers):
        print(f"no transfer after {patience_ms} ms: main gives up")


if __name__ == "__main__":
    run()
