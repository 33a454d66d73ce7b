"""The command ``claims``: measures what is taught about concurrency, here and now, and tells what came out."""

import argparse
import json
import shutil
import sys
import textwrap
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from gilscope import article, repeats, scenarios
from gilscope.analysis.text import counted
from gilscope.article import Statement
from gilscope.claims import Claim, Verdict
from gilscope.collector import interpreters
from gilscope.collector.interpreters import Interpreter
from gilscope.collector.measure import measure
from gilscope.errors import BadParameter, BadParameters
from gilscope.repeats import Judged, together
from gilscope.terminal import asked, say, signals

OK, FAILED, SIGNALLED = 0, 1, 128
MOST_REPEATS = 20
WIDTH = 100
"""Columns of the text, where no terminal says how many there are."""

Table = Mapping[tuple[str, str], Judged]
"""By scenario and interpreter."""


def claims(chosen: argparse.Namespace) -> int:
    """Exit code 1: a claim is refuted, or a program didn't come to its end."""
    asked_for = [scenarios.find(name).name for name in chosen.names]
    measured = [claim for claim in article.claims_in() if not asked_for or claim.scenario.name in asked_for]
    pythons = _pythons(chosen.python or [sys.executable])
    verdicts: dict[tuple[str, str], list[Verdict]] = {
        (claim.scenario.name, title): [] for claim in measured for title in pythons
    }
    titles, all_ended = {python.path: title for title, python in pythons.items()}, True
    with signals() as received:
        for one in measure(
            measured,
            list(pythons.values()),
            _repeats(chosen.repeats),
            stopped=lambda: asked(received),
            progress=lambda number, of, claim, python: say(
                f"Run {number} of {of}: {claim.scenario.name} on {titles[python.path]}"
            ),
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
        return SIGNALLED + received[0]
    return OK if all_ended and all(judged.verdict != "refuted" for judged in table.values()) else FAILED


def _repeats(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= MOST_REPEATS:
        sentence = f"repeats must be a whole number from 1 to {MOST_REPEATS}, not {text[:80]!r}."
        raise BadParameters([BadParameter("repeats", sentence)])
    return int(text)


def _pythons(given: Sequence[str]) -> dict[str, Interpreter]:
    """By what they are called in the table: their version, and where two have the same, their path."""
    found: dict[str, Interpreter] = {}
    for text in given:
        some = interpreters.recordable() if text == "all" else [interpreters.describe(shutil.which(text) or text)]
        found |= {str(python.path): python for python in some}
    versions = Counter(python.text for python in found.values())
    return {python.text if versions[python.text] == 1 else path: python for path, python in found.items()}


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
