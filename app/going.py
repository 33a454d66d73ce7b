"""A recording that hasn't ended yet: who follows it, and how it stands."""

import asyncio
from dataclasses import dataclass, field
from typing import Literal

from app.tail import Tail

LOOK_SECONDS = 0.04
"""How often a growing file is looked at."""

State = Literal["queued", "running", "ended"]


class Bell:
    """Wakes everybody who waits at the moment; whoever comes later waits for the next ring."""

    def __init__(self) -> None:
        self.next = asyncio.Event()

    def ring(self) -> None:
        rung, self.next = self.next, asyncio.Event()
        rung.set()


@dataclass(eq=False, kw_only=True)
class Going:
    """``tail`` is what there is of it."""

    id: str
    tail: Tail
    state: State
    verdict: str = ""
    sentence: str = ""
    bell: Bell = field(default_factory=Bell)
    """Rings when chunks have come, the place in the queue has changed, or the state has."""

    async def look(self) -> None:
        """Take in what has come."""
        before = len(self.tail)
        if await asyncio.to_thread(self.tail.advance) > before:
            self.bell.ring()

    def end(self, verdict: str, sentence: str) -> None:
        self.state, self.verdict, self.sentence = "ended", verdict, sentence
        self.bell.ring()
