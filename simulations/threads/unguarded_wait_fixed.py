"""Woken up, a customer looks before it takes.

The baker tells all customers of every new loaf, as before. But each waits with wait_for: when it is
woken, it looks whether there is a loaf, and if somebody else came first, it goes on waiting. To be
woken for nothing then costs a moment, and no loaf is ever taken that isn't there.

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
            baked.wait_for(lambda: shelf)
            loaf = shelf.popleft()
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
