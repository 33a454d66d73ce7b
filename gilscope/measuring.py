"""The command ``claims``: measures what is taught about concurrency, here and now, and tells what came out."""

import argparse
import json
import shutil
import sys
import textwrap
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from gilscope import article, repeats, scenarios
from gilscope.analysis.text import about, counted
from gilscope.article import Statement
from gilscope.claims import Claim, Verdict
from gilscope.collector import interpreters
from gilscope.collector.interpreters import Interpreter
from gilscope.collector.measure import judged, measure
from gilscope.errors import BadInterpreter, BadParameter, BadParameters
from gilscope.repeats import Judged, together
from gilscope.terminal import FAILED, OK, SIGNALLED, asked, say, signals

MOST_REPEATS = 20
WIDTH = 100
"""Columns of the text, where no terminal says how many there are."""

Table = Mapping[tuple[str, str], Judged]
"""By scenario and interpreter."""


class Shelf(Protocol):
    """Where what was measured is kept, and found again."""

    most: int
    """Runs that are kept of each claim and interpreter."""

    def verdicts(self, measured: Sequence[Claim]) -> dict[tuple[str, str], list[Verdict]]:
        """What is kept already, by scenario and version of the interpreter."""

    def keep(self, id: str, file: Path) -> Verdict:
        """Take a recording in; what it says about its scenario's claim."""


def claims(chosen: argparse.Namespace, shelf: Shelf | None = None) -> int:
    """With a shelf, only what it lacks is measured. Exit code 1: a claim is refuted, or a program didn't come to its end."""
    asked_for = [scenarios.find(name).name for name in chosen.names]
    measured = [claim for claim in article.claims_in() if not asked_for or claim.scenario.name in asked_for]
    pythons = interpreters.named(chosen.python or [sys.executable])
    repeats = _repeats(chosen.repeats, shelf.most if shelf else MOST_REPEATS)
    verdicts: dict[tuple[str, str], list[Verdict]] = {
        (claim.scenario.name, title): [] for claim in measured for title in pythons
    }
    if shelf:
        _refuse_doubles(pythons)
        kept = shelf.verdicts(measured)
        verdicts = {cell: list(kept.get(cell, ())) for cell in verdicts}
    runs = [
        (claim, python)
        for turn in range(repeats)
        for claim in measured
        for title, python in pythons.items()
        if len(verdicts[claim.scenario.name, title]) <= turn
    ]
    if there := len(verdicts) * repeats - len(runs):
        say(f"{counted(there, 'run')} of {len(verdicts) * repeats} {'is' if there == 1 else 'are'} there already.")
    titles, all_ended = {python.path: title for title, python in pythons.items()}, True
    with signals() as received:
        for one in measure(
            runs, lambda: asked(received), _progress(titles, len(runs)), shelf.keep if shelf else judged
        ):
            verdicts[one.claim.scenario.name, titles[one.python.path]].append(one.verdict)
            all_ended &= one.ended
    table = {cell: together(runs) for cell, runs in verdicts.items()}
    statements = [one for one in article.STATEMENTS if not asked_for or any(one.number in c.rows for c in measured)]
    if chosen.json:
        print(json.dumps(_as_json(statements, measured, pythons, table), indent=2, ensure_ascii=False))
    else:
        sys.stdout.write(_as_text(statements, measured, list(pythons), table))
    if received:
        if shelf:
            say("What was measured is kept: the same command goes on with the rest.")
        return SIGNALLED + received[0]
    return OK if all_ended and all(judged.verdict != "refuted" for judged in table.values()) else FAILED


def _progress(titles: Mapping[Path, str], of: int) -> Callable[[int, Claim, Interpreter], None]:
    """Says which run begins, and about how long the rest will take, if it takes as long as those before."""
    began = time.monotonic()

    def progress(number: int, claim: Claim, python: Interpreter) -> None:
        each = (time.monotonic() - began) / (number - 1) if number > 1 else 0
        rest = f", about {about(each * (of - number + 1) * 1e9)} to go" if each else ""
        say(f"Run {number} of {of}: {claim.scenario.name} on {titles[python.path]}{rest}")

    return progress


def _refuse_doubles(pythons: Mapping[str, Interpreter]) -> None:
    """What is kept goes by version, so there is one interpreter for each."""
    if doubles := [title for title, python in pythons.items() if title != python.text]:
        raise BadInterpreter(f"{' and '.join(doubles)} are of the same version, by which verdicts are kept. Give one.")


def _repeats(text: str, most: int) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= most:
        sentence = f"repeats must be a whole number from 1 to {most}, not {text[:80]!r}."
        raise BadParameters([BadParameter("repeats", sentence)])
    return int(text)


def _as_json(
    statements: Sequence[Statement], measured: Sequence[Claim], pythons: Mapping[str, Interpreter], table: Table
) -> dict[str, Any]:
    return {
        "pythons": [{"title": title, "path": str(python.path)} for title, python in pythons.items()],
        "statements": [
            {
                "number": one.number,
                "chapter": one.chapter,
                "statement": one.text,
                "scenarios": [claim.scenario.name for claim in measured if one.number in claim.rows],
            }
            for one in statements
        ],
        "scenarios": [
            {
                "scenario": claim.scenario.name,
                "claim": claim.statement,
                "statements": claim.rows,
                "verdicts": {title: repeats.as_json(table[claim.scenario.name, title]) for title in pythons},
            }
            for claim in measured
        ],
    }


def _as_text(statements: Sequence[Statement], measured: Sequence[Claim], pythons: Sequence[str], table: Table) -> str:
    width = max(60, shutil.get_terminal_size((WIDTH, 0)).columns)
    lines, chapter = list[str](), ""
    for one in statements:
        if one.chapter != chapter:
            chapter = one.chapter
            lines += ["", chapter] if lines else [chapter]
        lines += textwrap.wrap(one.text, width, initial_indent=f"{one.number:>3}  ", subsequent_indent=" " * 5)
        mine = [claim.scenario.name for claim in measured if one.number in claim.rows]
        for name in mine:
            for python in pythons:
                judged = table[name, python]
                runs = f", {counted(judged.runs, 'run')}" if judged.runs > 1 else ""
                lines.append(f"     {judged.verdict:<14}{name} on {python}{runs}")
                lines += textwrap.wrap(judged.sentence, width, initial_indent=" " * 19, subsequent_indent=" " * 19)
        if not mine:
            lines.append("     no scenario measures it")
    words = Counter(judged.verdict for judged in table.values())
    told = ", ".join(f"{word} {count}" for word, count in words.most_common())
    return "\n".join([*lines, "", f"{counted(len(table), 'verdict')}: {told}.", ""])
