"""Rounds: every claim measured once more, on the chosen interpreters. One round at a time, for everybody.

What is left of a round stands in the index, so it can be cancelled and resumed, and survives the server. Its runs take their
turns in the queue like anybody's, one after the other.
"""

import asyncio
import logging
import time
from dataclasses import asdict, dataclass, replace
from typing import Literal

from app import verdicts
from app.interpreters import Interpreters
from app.runs import Run, Runs
from app.store import Store
from gilscope.claims import Claim
from gilscope.errors import GilscopeError, Refused

log = logging.getLogger("gilscope")

CLIENT = "article"
"""As which a round takes its turns."""
REPEATS = (1, 3, 5)

State = Literal["going", "cancelled", "broken", "over"]


@dataclass(frozen=True, slots=True)
class Round:
    """``left``: scenario and interpreter of each run that is still to come; ``seconds``: what those before it took."""

    pythons: tuple[str, ...]
    total: int
    left: tuple[tuple[str, str], ...]
    state: State = "going"
    why: str = ""
    seconds: float = 0.0

    @property
    def done(self) -> int:
        return self.total - len(self.left)

    @property
    def remaining_ns(self) -> float | None:
        """About how long the rest will take, if its runs take as long as those before; None: nobody knows yet."""
        return self.seconds / self.done * len(self.left) * 1e9 if self.done else None


class Rounds:
    """The round that goes on, or the last one."""

    def __init__(self, store: Store, runs: Runs, interpreters: Interpreters) -> None:
        self.store = store
        self.runs = runs
        self.interpreters = interpreters
        self.run: Run | None = None
        """The run that it is at."""
        self.round = self._found()
        self._task: asyncio.Task[None] | None = None

    async def start(self, claims: dict[str, Claim], pythons: tuple[str, ...], repeats: int) -> None:
        """Begin a new one; ``Refused`` while another goes on."""
        if self.round and self.round.state == "going":
            raise Refused("A round is being run already. Wait until it is over, or cancel it.")
        left = tuple((name, python) for _ in range(repeats) for name in claims for python in pythons)
        await self._keep(Round(pythons, len(left), left))
        self._begin(claims)

    async def resume(self, claims: dict[str, Claim]) -> None:
        """Go on with what is left of the last one."""
        if self.round is None or self.round.state not in ("cancelled", "broken"):
            raise Refused("There is no round to resume. Start one with Run all.")
        await self._keep(replace(self.round, state="going", why=""))
        self._begin(claims)

    async def cancel(self) -> None:
        """End the run that it is at, and keep the rest for later."""
        if self.round and self.round.state == "going":
            await self.close()
            await self._keep(replace(self.round, state="cancelled"))

    async def close(self) -> None:
        """End the run that it is at; the next server finds a round that was going on."""
        if self._task:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def _begin(self, claims: dict[str, Claim]) -> None:
        self._task = asyncio.create_task(self._go(claims), name="round")

    async def _go(self, claims: dict[str, Claim]) -> None:
        try:
            while (round := self.round) and round.left:
                (name, python), *left = round.left
                began = time.monotonic()
                usable = {one.text for one in await self.interpreters.all()}
                if name in claims and python in usable:  # else it was taken away meanwhile
                    await self._one(claims[name], python)
                await self._keep(replace(round, left=tuple(left), seconds=round.seconds + time.monotonic() - began))
            if self.round:
                await self._keep(replace(self.round, state="over"))
        except Exception as error:
            log.exception("the round")
            known = isinstance(error, GilscopeError)
            why = str(error) if known else "The server failed to go on with it; its log says more."
            if self.round:
                await self._keep(replace(self.round, state="broken", why=why))
        finally:
            if self.run:
                await self.runs.stop(self.run.id)
            self.run = None

    async def _one(self, claim: Claim, python: str) -> None:
        """A run with its analysis."""
        interpreter = await self.interpreters.choose(python)
        self.run = await self.runs.when_possible(
            lambda: self.runs.submit(claim.scenario, claim.scenario.defaults, interpreter, CLIENT)
        )
        await self.runs.over(self.run)
        self.run = None

    # What outlives the server

    async def _keep(self, round: Round) -> None:
        self.round = round
        await asyncio.to_thread(self._write, round)

    def _write(self, round: Round) -> None:
        with self.store.transaction() as database:
            verdicts.keep_round(database, asdict(round))

    def _found(self) -> Round | None:
        with self.store.transaction() as database:
            told = verdicts.round_told(database)
        if told is None:
            return None
        told |= {"pythons": tuple(told["pythons"]), "left": tuple((name, python) for name, python in told["left"])}
        round = Round(**told)
        if round.state == "going":
            return replace(round, state="broken", why="The server was ended meanwhile.")
        return round
