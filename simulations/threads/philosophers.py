"""Five philosophers, five forks, and nobody eats.

Between each two plates lies one fork, and eating takes both. Everyone takes the left one, thinks for
a moment, then wants the right one: which the neighbour has, who waits for the next, all round the
table. Each holds one fork and waits for another, nobody gives his back, and so they sit there.

Parameters:
    philosophers: 2..8, who sit round the table
    think_ms: 0..200, how long each holds the left fork before wanting the right one
    eat_ms: 0..200, how long each eats
    patience_ms: 50..2000, how long main waits before it clears the table
"""

from threading import Lock, Thread
from time import monotonic, sleep


def dine(left, right, think_ms, eat_ms):
    with left:
        sleep(think_ms / 1000)
        with right:
            sleep(eat_ms / 1000)
            print("eaten")


def run(philosophers: int = 5, think_ms: float = 50.0, eat_ms: float = 50.0, patience_ms: int = 500):
    give_up = monotonic() + patience_ms / 1000
    forks = [Lock() for _ in range(philosophers)]
    pairs = [(forks[n], forks[(n + 1) % philosophers]) for n in range(philosophers)]
    threads = [
        Thread(target=dine, args=(*pair, think_ms, eat_ms), name=f"philosopher {number}", daemon=True)
        for number, pair in enumerate(pairs, 1)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(max(0, give_up - monotonic()))
    if any(thread.is_alive() for thread in threads):
        print(f"not all had eaten after {patience_ms} ms: main clears the table")


if __name__ == "__main__":
    run()
