"""The queue of runs: who asks for many takes turns with everybody else."""

import itertools
from collections import deque
from typing import Generic, Protocol, TypeVar

SERVED = 1024
"""Clients whose last turn is remembered."""


class Waiting(Protocol):
    """What can wait: for whom."""

    client: str


Some = TypeVar("Some", bound=Waiting)


class Queue(Generic[Some]):
    """Clients take turns, the one served longest ago first; what one client waits for keeps its order."""

    def __init__(self) -> None:
        self._waiting: dict[str, deque[Some]] = {}
        self._served: dict[str, int] = {}
        self._turns = itertools.count(1)

    def __len__(self) -> int:
        return sum(map(len, self._waiting.values()))

    def of(self, client: str) -> int:
        """How many of this client wait."""
        return len(self._waiting.get(client, ()))

    def add(self, one: Some) -> None:
        """Behind all others of its client."""
        self._waiting.setdefault(one.client, deque()).append(one)

    def take_out(self, one: Some) -> None:
        """It waits no longer, and hasn't had its turn."""
        own = self._waiting[one.client]
        own.remove(one)
        if not own:
            del self._waiting[one.client]

    def serve(self, one: Some) -> None:
        """It has its turn now."""
        self.take_out(one)
        self._served[one.client] = next(self._turns)
        while len(self._served) > SERVED:
            del self._served[min(self._served, key=self._served.__getitem__)]

    def order(self) -> list[Some]:
        """All that wait, as they will have their turns."""
        waiting = {client: list(own) for client, own in self._waiting.items()}
        served = dict(self._served)
        turn = itertools.count(max(served.values(), default=0) + 1)
        order: list[Some] = []
        while waiting:
            client = min(waiting, key=lambda name: served.get(name, 0))
            order.append(waiting[client].pop(0))
            served[client] = next(turn)
            if not waiting[client]:
                del waiting[client]
        return order
