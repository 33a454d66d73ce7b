"""Woken up for a loaf that somebody else has eaten.

The baker tells all customers of every new loaf. A customer that is woken believes that there is one
and takes it. But another was woken by the same call and came first. Being woken only means: look
again. Conditions may even wake somebody for no reason at all, so who doesn't look falls over.

Parameters:
    customers: 1..6, threads that wait for bread
    loaves: 1..30, how many are baked
    bake_ms: 1..60, how long the baker takes over each
    eat_ms: 0..60, how long a customer takes over each
"""

from collections import deque
from threading import Condition, Thread
from time import sleep


def eat(shelf, baked, eat_ms):
    while True:
        with baked:
            if not shelf:
                baked.wait()
            try:
                loaf = shelf.popleft()
            except IndexError:
                print("a loaf was gone")
                continue
        if loaf is None:
            return
        sleep(eat_ms / 1000)
        print("a loaf was eaten")


def run(customers: int = 3, loaves: int = 12, bake_ms: float = 20.0, eat_ms: float = 10.0):
    shelf = deque()
    baked = Condition()
    arguments = (shelf, baked, eat_ms)
    threads = [Thread(target=eat, args=arguments, name=f"customer {number + 1}") for number in range(customers)]
    for thread in threads:
        thread.start()
    for loaf in [*range(1, loaves + 1), None]:
        sleep(bake_ms / 1000)
        with baked:
            shelf.extend([None] * customers if loaf is None else [loaf])
            baked.notify_all()
    for thread in threads:
        thread.join()


if __name__ == "__main__":
    run()
