"""A full shelf stops the baker, an empty one the customer.

The baker bakes faster than the customer eats. The shelf has room for a few loaves: when it is
full, putting one more blocks until one is taken. Once with a Queue, which has all of that inside;
once with a Condition, where each side waits for its condition to be true and wakes the other.

Parameters:
    using: what the shelf is made of
    capacity: 1..20, how many loaves it holds
    eat_ms: 0..100, how long the customer takes over a loaf; baking one takes 5 ms
"""

from collections import deque
from queue import Queue
from threading import Condition, Thread
from time import sleep
from typing import Literal

LOAVES = 20


class Shelf:
    def __init__(self, capacity):
        self.loaves, self.capacity = deque(), capacity
        self.changed = Condition()

    def put(self, loaf):
        with self.changed:
            self.changed.wait_for(lambda: len(self.loaves) < self.capacity)
            self.loaves.append(loaf)
            self.changed.notify_all()

    def get(self):
        with self.changed:
            self.changed.wait_for(lambda: self.loaves)
            self.changed.notify_all()
            return self.loaves.popleft()


def bake(shelf):
    for number in range(LOAVES):
        sleep(0.005)
        shelf.put(f"loaf {number + 1}")


def eat(shelf, eat_ms):
    for _ in range(LOAVES):
        shelf.get()
        sleep(eat_ms / 1000)


def run(using: Literal["queue", "condition"] = "queue", capacity: int = 3, eat_ms: float = 15.0):
    shelf = Queue(capacity) if using == "queue" else Shelf(capacity)
    baker = Thread(target=bake, args=(shelf,), name="baker")
    customer = Thread(target=eat, args=(shelf, eat_ms), name="customer")
    baker.start()
    customer.start()
    baker.join()
    customer.join()


if __name__ == "__main__":
    run()
