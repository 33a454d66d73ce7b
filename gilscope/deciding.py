"""The command ``lab``: does the work that is described in every way there is here, and says which is the best for it."""

import argparse
import json
import shutil
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from gilscope import advice, scenarios
from gilscope.advice import SIMPLEST, Advice, Outcome
from gilscope.analysis.text import duration, size
from gilscope.collector import interpreters
from gilscope.collector.ways import SCENARIO, Done, do, refuse_too_long, ways
from gilscope.errors import BadParameter, BadParameters
from gilscope.terminal import FAILED, OK, SIGNALLED, asked, say, signals

MOST_REPEATS = 20
FIGURES = (("took", "time"), ("began", "start-up"), ("half", "latency of half"), ("most", "of 95 %"))
WORDS = {"agree": "They agree.", "even": "They agree, within the spread.", "differ": "They differ."}


def lab(chosen: argparse.Namespace) -> int:
    """Exit code 1: not all runs came to their end."""
    scenario = scenarios.find(SCENARIO)
    if "way" in dict(chosen.set):
        raise BadParameters([BadParameter("way", "All ways are measured: way can't be set. Leave it out.")])
    values = scenarios.validate(scenario, dict(chosen.set))
    refuse_too_long(values)
    if not chosen.repeats.isdecimal() or not 1 <= int(chosen.repeats) <= MOST_REPEATS:
        sentence = f"repeats must be a whole number from 1 to {MOST_REPEATS}, not {chosen.repeats[:80]!r}."
        raise BadParameters([BadParameter("repeats", sentence)])
    python = interpreters.describe(shutil.which(chosen.python) or chosen.python)
    planned, found = ways(python, interpreters.recordable()), list[Done]()
    with signals() as received:
        for done in do(
            scenario,
            values,
            planned,
            int(chosen.repeats),
            stopped=lambda: asked(received),
            progress=lambda number, of, way: say(f"Run {number} of {of}: {way}"),
        ):
            if done.figures is None:
                say(f"{done.way}: {done.sentence}")
            found.append(done)
    outcomes = [
        Outcome(way, tuple(done.figures for done in found if done.way == way and done.figures))
        for way in SIMPLEST
        if any(done.way == way and done.figures for done in found)
    ]
    del values["way"]
    _tell(chosen.json, values, found, outcomes)
    if received:
        return SIGNALLED + received[0]
    return OK if all(done.figures for done in found) else FAILED


def _tell(as_json: bool, values: dict[str, Any], found: Sequence[Done], outcomes: Sequence[Outcome]) -> None:
    article = advice.by_the_article(advice.work(values))
    measured = advice.by_measurement(outcomes) if outcomes else None
    word, sentence = advice.difference(measured, article, outcomes) if measured else ("not measured", "")
    if as_json:
        told = {
            "parameters": values,
            "runs": [asdict(done) for done in found],
            "measured": measured and asdict(measured),
            "article": asdict(article),
            "difference": {"word": word, "sentence": sentence},
        }
        print(json.dumps(told, indent=2, ensure_ascii=False))
        return
    pythons = {done.way: done.python for done in found}
    print("".join(f"{line}\n" for line in _table(outcomes, pythons)))
    for title, said in (("Measured here", measured), ("The article", article)):
        if isinstance(said, Advice):
            print(f"{title}: {advice.name(said.way)}. {said.sentence}")
    if text := advice.disturbed([run for each in outcomes for run in each.runs]):
        print(text)
    print(" ".join(filter(None, (WORDS.get(word, "Not measured."), sentence))))


def _table(outcomes: Sequence[Outcome], pythons: dict[str, str]) -> list[str]:
    lines = [["way", "Python", *(title for _, title in FIGURES), "memory"]]
    for each in outcomes:
        cells = [duration(each.cell(figure).median or 0) for figure, _ in FIGURES]
        cells[0] = advice.spread(each)
        lines.append([advice.name(each.way), pythons[each.way], *cells, size(round(each.cell("memory").median or 0))])
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return ["  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)).rstrip() for line in lines]
