"""Which way to do some work: what recorded runs of each say, what the article says, and where the two differ.

A way is one of ``which_way``, the scenario that does the work; threads of a build without the GIL are ``free threads``.
Times are ns by the program's own clock, memory is bytes of all its processes together, at their most.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gilscope.analysis.compare import Cell, cell
from gilscope.analysis.text import counted, duration, listed, percent, size

PROCESSES = ("ForkProcess-", "ForkServerProcess-", "SpawnProcess-")
WORKERS = {
    "serial": ("MainThread",),
    "threads": ("ThreadPoolExecutor",),
    "asyncio": ("MainThread",),
    "processes": PROCESSES,
    "interpreters": ("InterpreterPoolExecutor",),
    "mixed": PROCESSES,
}
"""By way, how the names of the threads begin that compute."""
SIMPLEST = ("serial", "threads", "free threads", "asyncio", "processes", "interpreters", "mixed")
"""What there is to know before one can write it, the least first."""
NAMES = {"mixed": "asyncio with a pool of processes"}
SAID = re.compile(
    r"Done after ([\d.]+) ms; the first piece began after ([\d.]+) ms\.\s+"
    r"Half of the pieces were done after ([\d.]+) ms, 95 % after ([\d.]+) ms\."
)
WAITS, COMPUTES = 0.8, 0.2
"""Work that waits for more of its time than this mostly waits; for less than this, it mostly computes."""
DOZENS = 100
"""So many pieces that wait are the article's moderate number; hundreds and more go to asyncio."""
NEAR = 0.05
"""Two times that differ by less count as the same, whatever their spread."""
LIGHT = 1.1
"""What takes up to so many times the least memory counts as light."""
LEAST_SHARE = 0.1
"""Of its time, for a reason to be told."""
TOLD = ("dear-starts", "dear-messages")
"""Findings that say why a way costs what it does."""
MOST_REASONS = 3


@dataclass(frozen=True, slots=True)
class Work:
    """What is to be done: pieces that wait, and then compute."""

    pieces: int
    waiting_ms: float
    computing_ms: float

    @property
    def waits(self) -> float:
        """For how much of its time a piece waits, from 0 to 1."""
        return self.waiting_ms / (self.waiting_ms + self.computing_ms)


@dataclass(frozen=True, slots=True)
class Figures:
    """Of one run."""

    took: float
    began: float
    half: float
    most: float
    memory: int
    reasons: tuple[str, ...] = ()
    busy: bool = False
    """Something else had the cores meanwhile."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """All runs of one way; at least one."""

    way: str
    runs: tuple[Figures, ...]

    def cell(self, figure: str) -> Cell:
        """Median and spread of ``took``, ``began``, ``half``, ``most`` or ``memory``."""
        return cell(getattr(run, figure) for run in self.runs)

    @property
    def took(self) -> float:
        """The median."""
        return float(self.cell("took").median or 0)

    @property
    def typical(self) -> Figures:
        """The run in the middle."""
        return sorted(self.runs, key=lambda run: run.took)[(len(self.runs) - 1) // 2]


@dataclass(frozen=True, slots=True)
class Advice:
    """``way``, and in a sentence why. ``even``: all that are as good, within the spread."""

    way: str
    sentence: str
    even: tuple[str, ...] = ()


def key(way: str, free_threaded: bool) -> str:
    """The way, which is another one where threads have no GIL."""
    return "free threads" if free_threaded and way == "threads" else way


def name(way: str) -> str:
    """As a sentence has it."""
    return NAMES.get(way, way)


def work(parameters: Mapping[str, Any]) -> Work:
    """What the parameters of ``which_way`` describe."""
    return Work(*(parameters[name] for name in ("pieces", "waiting_ms", "computing_ms")))


def figures(told: Mapping[str, Any], output: str, memory: int) -> Figures | None:
    """Of a run, out of its report and what it printed; None: it didn't come to its end."""
    said = SAID.search(output)
    if said is None or told["verdict"] != "ok":
        return None
    took, began, half, most = (float(text) * 1e6 for text in said.groups())
    busy = any(finding["kind"] == "busy-machine" for finding in told["findings"])
    return Figures(took, began, half, most, memory, _reasons(told, took, began), busy)


def _reasons(told: Mapping[str, Any], took: float, began: float) -> tuple[str, ...]:
    """Where the time went, as the recording shows it."""
    way = told["parameters"]["way"]
    workers = [t for t in told["tracks"] if t["kind"] == "thread" and t["name"].startswith(WORKERS[way])]
    lives = sum(worker["lifetime_ns"] for worker in workers) or 1
    found = []

    def spent(*states: str) -> int:
        return sum(worker["states"].get(state, 0) for worker in workers for state in states)

    if began > took * LEAST_SHARE:
        found.append(
            f"The first piece began after {duration(began)}: starting took {percent(began / took)} of the time."
        )
    if way == "serial" and spent("outside") > took * LEAST_SHARE:
        found.append(f"It waited for {duration(spent('outside'))}, and nothing else was done meanwhile.")
    if spent("gil-wait") > lives * LEAST_SHARE:
        found.append(f"Its workers waited for the GIL for {percent(spent('gil-wait') / lives)} of their lives.")
    ready = [t["states"].get("ready", 0) for t in told["tracks"] if t["kind"] == "task"]
    if way == "asyncio" and ready and (mean := sum(ready) / len(ready)) > took * LEAST_SHARE:
        found.append(f"Its tasks were ready for {duration(mean)} each, on average, while the loop was at another.")
    found += [finding["sentence"] for finding in told["findings"] if finding["kind"] in TOLD]
    if spent("stalled", "runnable") > lives * LEAST_SHARE:
        share = percent(spent("stalled", "runnable") / lives)
        found.append(f"Its workers could have computed, but had no core, for {share} of their lives.")
    return tuple(found[:MOST_REASONS])


def by_the_article(work: Work) -> Advice:
    """The rule of thumb."""
    waits = f"Each piece waits for {percent(work.waits)} of its time"
    if work.waits < COMPUTES:
        return Advice("processes", f"{waits}: it computes, and computing goes to processes.")
    if work.waits <= WAITS:
        return Advice("mixed", f"{waits}: a mixture goes to asyncio, with a pool of processes that compute.")
    if work.pieces > DOZENS:
        return Advice(
            "asyncio", f"{waits}, and there are {work.pieces:,} of them: waiting of hundreds and more goes to asyncio."
        )
    return Advice("threads", f"{waits}, and there are no more than {DOZENS}: waiting of dozens goes to threads.")


def by_measurement(outcomes: Sequence[Outcome]) -> Advice:
    """The quickest; of those that are as quick, the lightest; of those that are as light, the simplest."""
    fastest = min(outcomes, key=lambda outcome: outcome.took)
    limit = max(fastest.cell("took").high or 0, fastest.took * (1 + NEAR))
    even = [each for each in outcomes if (each.cell("took").low or 0) <= limit]
    memory = {each.way: float(each.cell("memory").median or 0) for each in even}
    light = [each for each in even if memory[each.way] <= min(memory.values()) * LIGHT]
    best = min(light, key=lambda each: SIMPLEST.index(each.way))
    text = f"It took {spread(best)}."
    if others := [name(each.way) for each in even if each is not best]:
        reason = "the simplest of those that need no more memory" if len(light) > 1 else "what needs the least memory"
        text += f" As quick, within the spread: {listed(others)}. This is {reason}, {size(round(memory[best.way]))}."
    elif slower := [each for each in outcomes if each is not best]:
        next_one = min(slower, key=lambda each: each.took)
        text += f" The next, {name(next_one.way)}, took {next_one.took / best.took:.2f} times as long."
    if min(len(each.runs) for each in outcomes) < 2:
        text += " Not all ran twice, so how much they vary isn't known."
    return Advice(best.way, text, tuple(each.way for each in even))


def difference(measured: Advice, article: Advice, outcomes: Sequence[Outcome]) -> tuple[str, str]:
    """*agree*, *even*, *differ* or *not measured*, and a sentence about the article's way."""
    ways = {each.way: each for each in outcomes}
    theirs = ways.get(article.way) or (ways.get("free threads") if article.way == "threads" else None)
    if theirs is None:
        return "not measured", f"No run of {name(article.way)} came to its end, so this can't be compared."
    if theirs.way == measured.way:
        return "agree", "The measurement and the article say the same."
    if theirs.way in measured.even:
        return "even", f"The article's way took {spread(theirs)}: as quick, within the spread. Either will do."
    times = theirs.took / ways[measured.way].took
    why = " ".join(theirs.typical.reasons[:2])
    return "differ", f"The article's way took {spread(theirs)}, {times:.2f} times as long. {why}".rstrip()


def disturbed(runs: Sequence[Figures]) -> str:
    """In how many of them something else had the cores; empty: in none."""
    busy = sum(run.busy for run in runs)
    if not busy:
        return ""
    return (
        f"In {busy} of {counted(len(runs), 'run')} something else had the cores of this machine. On a quiet one the times are "
        "shorter and vary less, and the advice may be another."
    )


def spread(outcome: Outcome) -> str:
    """``100 ms (98.0 ms to 104 ms)``; of a single run its time."""
    took = outcome.cell("took")
    if took.count < 2:
        return duration(outcome.took)
    return f"{duration(outcome.took)} ({duration(took.low or 0)} to {duration(took.high or 0)})"
