"""Runs that belong together: each once, then each again. Only one of them at a time stands in the queue.

So whoever has asked for many takes turns with everybody else, and what isn't begun yet costs nothing to take back.
"""

import asyncio
import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from app.runs import QueueFull, Run, Runs
from gilscope.collector.interpreters import Interpreter
from gilscope.errors import BadInterpreter, Refused
from gilscope.parameters import Value
from gilscope.scenarios import Scenario

log = logging.getLogger("gilscope")

MOST_PLANNED = 256
"""Runs of everybody together that aren't in the queue yet."""


@dataclass(frozen=True)
class Planned:
    """A run that is to be; its recording will have this id."""

    id: str
    scenario: Scenario
    values: dict[str, Value]
    interpreter: Interpreter
    client: str


class Plans:
    """All runs that are planned and not in the queue yet."""

    def __init__(self, runs: Runs) -> None:
        self.runs = runs
        self._planned: dict[str, Planned] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def planned(self, id: str) -> Planned | None:
        return self._planned.get(id)

    def begin(self, plan: Sequence[Planned]) -> None:
        """Start the first, the others follow; what goes on already isn't begun twice. ``Refused`` says why nothing of it can be."""
        plan = [each for each in plan if not (self.planned(each.id) or self.runs.find(each.id))]
        if not plan:
            return
        if len(self._planned) + len(plan) > MOST_PLANNED:
            raise QueueFull(
                f"{len(self._planned)} runs are planned already, and {len(plan)} more are too many. Try again later.",
                30,
            )
        first = self._submit(plan[0])
        self._planned |= {each.id: each for each in plan[1:]}
        task = asyncio.create_task(self._follow(first, plan[1:]), name=f"runs after {first.id}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def stop(self, ids: Iterable[str]) -> None:
        """Take back what hasn't begun, and end what runs; what was recorded is kept."""
        for id in list(ids):
            if self._planned.pop(id, None) is None:
                await self.runs.stop(id)

    async def close(self) -> None:
        """Nothing more is begun."""
        self._planned.clear()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _submit(self, planned: Planned) -> Run:
        return self.runs.submit(planned.scenario, planned.values, planned.interpreter, planned.client, id=planned.id)

    def _take(self, planned: Planned) -> Run | None:
        """Into the queue; None: it was taken back."""
        if planned.id not in self._planned:
            return None
        run = self._submit(planned)
        del self._planned[planned.id]
        return run

    async def _follow(self, run: Run, others: Sequence[Planned]) -> None:
        before: Run | None = run
        for planned in others:
            if before:
                await self.runs.over(before)
            try:
                before = await self.runs.when_possible(lambda: self._take(planned))  # noqa: B023  it is called here
            except BadInterpreter as error:  # the others may have theirs
                log.warning("run %s is given up: %s", planned.id, error)
                before = None
                self._planned.pop(planned.id, None)
            except Refused as error:
                log.warning("the runs after %s are given up: %s", run.id, error)
                for each in others:
                    self._planned.pop(each.id, None)
                return
