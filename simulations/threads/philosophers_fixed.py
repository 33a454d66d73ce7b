"""One philosopher takes the other fork first.

The same table, the same forks. But the last philosopher reaches for the right fork first, so all
take the fork with the lower number before the one with the higher. The circle can't close: somebody
always has both, eats, and gives them back. They still wait for each other, but all get to eat.

Parameters:
    philosophers: 2..8, who sit round the table
    think_ms: 0..200, how long each holds the first fork before wanting the other
    eat_ms: 0..200, how long each eats
    patience_ms: 50..2000, how long main waits before it clears the table
"""

from threading import Lock, Thread
from time import monotonic, sleep


def dine(first, second, think_ms, eat_ms):
    with first:
        sleep(think_ms / 1000)
        with second:
            sleep(eat_ms / 1000)
            print("eaten")


def run(philosophers: int = 5, think_ms: float = 30.0, eat_ms: float = 50.0, patience_ms: int = 1500):
    give_up = monotonic() + patience_ms / 1000
    forks = [Lock() for _ in range(philosophers)]
    pairs = [(forks[n], forks[n + 1]) for n in range(philosophers - 1)] + [(forks[0], forks[-1])]
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
