"""A result of the lab: what has become of its runs, and what follows from those that ended.

It is made anew of the queue, the plan and the index whenever somebody looks: only what was planned is kept.
"""

import asyncio
import re
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from fastapi import HTTPException, Request

from app import lab_kept
from app.beside import MOST
from app.plans import Planned, Plans
from app.runs import Run, Runs
from app.store import Store
from app.tail import Tail, told_in
from app.verdicts import CUT_SHORT
from gilscope import advice
from gilscope.advice import SIMPLEST, WORKERS, Advice, Figures, Outcome
from gilscope.collector.ways import SCENARIO
from gilscope.recording import META

NEEDED = {"pieces", "waiting_ms", "computing_ms"}
IDS = re.compile(r"[0-9a-z]{1,40}(-[0-9a-z]{1,40}){0,49}")


@dataclass(frozen=True)
class Turn:
    """One run of a result, whatever has become of it."""

    id: str
    way: str
    python: str
    values: dict[str, Any]
    state: str
    """*planned*, *queued*, *running*, *working out*, *ended*; *missing*: not run, or deleted since."""
    verdict: str = ""
    sentence: str = ""
    figures: Figures | None = None

    @property
    def left(self) -> bool:
        """It can be run, or run again, because nothing was measured of it."""
        return self.state == "missing" or self.verdict in CUT_SHORT


@dataclass(frozen=True)
class Row:
    """One way of a result, with its runs."""

    way: str
    python: str
    turns: tuple[Turn, ...]

    @property
    def name(self) -> str:
        return advice.name(self.way)

    @property
    def outcome(self) -> Outcome | None:
        """None: no run of it has come to its end so far."""
        measured = tuple(turn.figures for turn in self.turns if turn.figures)
        return Outcome(self.way, measured) if measured else None

    @property
    def typical(self) -> Turn | None:
        """The run in the middle: its timeline is the one to look at."""
        outcome = self.outcome
        return next((turn for turn in self.turns if outcome and turn.figures is outcome.typical), None)


@dataclass(frozen=True)
class Result:
    """What there is of a result at this moment."""

    ids: str
    rows: tuple[Row, ...]
    unknown: int
    """Runs of which nothing is known any more."""
    gone: tuple[str, ...] = ()
    """Interpreters of runs that are left, which aren't on this machine any more."""
    measured: Advice | None = None
    article: Advice | None = None
    difference: tuple[str, str] = ("", "")

    @property
    def turns(self) -> list[Turn]:
        return [turn for row in self.rows for turn in row.turns]

    @property
    def given(self) -> dict[str, Any]:
        """The parameters that all runs share."""
        return {name: value for name, value in self.turns[0].values.items() if name != "way"}

    @property
    def pending(self) -> int:
        return sum(turn.state not in ("ended", "missing") for turn in self.turns)

    @property
    def left(self) -> list[Turn]:
        """What can be continued with, in the order of the plan."""
        order = ids_of(self.ids)
        left = [turn for turn in self.turns if turn.left and turn.python not in self.gone]
        return sorted(left, key=lambda turn: order.index(turn.id))

    @property
    def running(self) -> Turn | None:
        return next((turn for turn in self.turns if turn.state == "running"), None)

    @property
    def disturbed(self) -> str:
        """What else was on the cores; empty: nothing."""
        return advice.disturbed([turn.figures for turn in self.turns if turn.figures])

    @property
    def beside(self) -> list[str]:
        """A recording of each way, to be seen beside each other: what is advised first, then the quickest."""
        advised = [advised.way for advised in (self.measured, self.article) if advised]
        rows = [row for row in self.rows if row.outcome and row.typical]
        rows.sort(key=lambda row: (row.way not in advised, row.outcome.took if row.outcome else 0))
        return [row.typical.id for row in rows if row.typical][:MOST]

    @property
    def longest(self) -> float:
        """The end of the chart's axis, in ns."""
        return max((row.outcome.cell("took").high or 0 for row in self.rows if row.outcome), default=0)


def ids_of(address: str) -> list[str]:
    """The runs that an address names; 404 when it can't be one."""
    if not IDS.fullmatch(address):
        raise HTTPException(404, "This isn't the address of a result. Describe your work, and run it again.")
    return address.split("-")


async def look(request: Request, address: str) -> Result:
    """What the plan, the queue and the index know of it; 404 when none knows anything."""
    store, runs, plans = request.state.store, request.state.runs, request.state.plans
    turns = [await asyncio.to_thread(_turn, store, runs, plans, id) for id in ids_of(address)]
    known = [turn for turn in turns if turn is not None]
    if not known:
        raise HTTPException(404, "Nothing is left of this result: its recordings were deleted. Run it again.")
    rows: dict[tuple[str, str], list[Turn]] = {}
    for turn in known:
        rows.setdefault((turn.way, turn.python), []).append(turn)
    ordered = sorted(rows.items(), key=lambda item: (SIMPLEST.index(item[0][0]), item[0][1]))
    usable = {one.text for one in await request.state.interpreters.all()}
    gone = sorted({turn.python for turn in known if turn.left} - usable)
    found = Result(
        address, tuple(Row(*key, tuple(each)) for key, each in ordered), len(turns) - len(known), tuple(gone)
    )
    if any({**turn.values, "way": ""} != {**known[0].values, "way": ""} for turn in known):
        raise HTTPException(404, "These runs did different work, so they aren't one result. Run it again.")
    return found if found.pending else _judged(found)


def _judged(found: Result) -> Result:
    outcomes = [row.outcome for row in found.rows if row.outcome]
    if not outcomes:
        return found
    measured, article = advice.by_measurement(outcomes), advice.by_the_article(advice.work(found.given))
    return replace(found, measured=measured, article=article, difference=advice.difference(measured, article, outcomes))


def _turn(store: Store, runs: Runs, plans: Plans, id: str) -> Turn | None:
    """Of one run; None: nothing is known of it, or it is of something else."""
    if recording := store.get(id):
        values, python = recording.parameters, recording.python.rpartition(" ")[2]
        if recording.scenario != SCENARIO or values.get("way") not in WORKERS or not values.keys() >= NEEDED:
            return None
        if not recording.analysed:
            return Turn(id, advice.key(values["way"], python.endswith("t")), python, values, "working out")
        told = (recording.verdict, recording.sentence, _figures(store, id))
        return Turn(id, advice.key(values["way"], python.endswith("t")), python, values, "ended", *told)
    waiting: Planned | Run | None = plans.planned(id) or runs.find(id)
    if waiting is None:
        with store.transaction() as database:
            kept = lab_kept.find(database, id)
        return kept and Turn(id, advice.key(kept[0]["way"], kept[1].endswith("t")), kept[1], kept[0], "missing")
    if waiting.scenario.name != SCENARIO:
        return None
    python = waiting.interpreter.text
    state = "planned" if isinstance(waiting, Planned) else {"ended": "working out"}.get(waiting.state, waiting.state)
    return Turn(
        id, advice.key(str(waiting.values["way"]), waiting.interpreter.free_threaded), python, waiting.values, state
    )


@lru_cache(1024)
def _figures(store: Store, id: str) -> Figures | None:
    """Out of the report, and of what the program printed. An analysed recording doesn't change."""
    tail = Tail(store.path(id))
    tail.advance(keep=False)
    told = store.report(id)
    if tail.end is None or told is None or "tracks" not in told:
        return None
    metas = [told_in(tail.read(chunk.number, 1)[0]) for chunk in tail.chunks if chunk.type == META]
    output = "".join(part["text"] for meta in metas for part in meta.get("output", ()) if part["stream"] == "stdout")
    return advice.figures(told, output, int(tail.end.get("peak_memory_bytes") or 0))
