"""The commands that are about several recordings: ``compare`` and ``sweep``. Exit codes are those of ``cli.py``."""

import argparse
import json
import os
import secrets
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from gilscope import scenarios, series
from gilscope.analysis import compare as tables
from gilscope.analysis import report
from gilscope.analysis.compare import Figures, Row
from gilscope.errors import BadParameter, BadParameters, BadRecording, Refused
from gilscope.recording import read
from gilscope.terminal import FAILED, OK, SIGNALLED, asked, say, signals

SUFFIX = ".gilscope"
MOST_COLUMNS = 12


def compare(chosen: argparse.Namespace) -> int:
    """Each file is a column; a folder is one column, with the median and the spread of what lies in it."""
    if not 2 <= len(chosen.files) <= MOST_COLUMNS:
        raise BadRecording(f"2 to {MOST_COLUMNS} recordings or folders can be compared, not {len(chosen.files)}.")
    columns = [[_figures(path) for path in _files(given)] for given in chosen.files]
    titles = [given.name.removesuffix(SUFFIX) for given in chosen.files]
    rows = tables.compare([[figures for figures, _ in column] for column in columns])
    told = [
        {"title": title, "recordings": [about for _, about in column]}
        for title, column in zip(titles, columns, strict=True)
    ]
    _print(chosen.json, {"columns": told}, titles, rows)
    return OK


def _files(given: Path) -> list[Path]:
    if not given.is_dir():
        return [given]
    found = sorted(given.glob(f"*{SUFFIX}"))
    if not found:
        raise BadRecording(f"{given} holds no recording. Expected files that end in {SUFFIX}.")
    return found


def _figures(path: Path) -> tuple[Figures, dict[str, Any]]:
    """Of a file, and what it is a recording of."""
    try:
        told = report.report(read(path))
    except OSError as error:
        raise BadRecording(f"{path} can't be read: {error.strerror}. Expected a recording.") from None
    about = {name: told[name] for name in ("scenario", "parameters", "python", "verdict")}
    return tables.whole(told), {"file": str(path), **about}


def sweep(chosen: argparse.Namespace) -> int:
    """Run them all here, one after the other, and compare what comes out; Ctrl-C ends it, and keeps what there is."""
    from gilscope.collector import interpreters
    from gilscope.collector.order import Order
    from gilscope.collector.run import perform

    scenario = scenarios.find(chosen.scenario)
    pythons = interpreters.named(chosen.python or [sys.executable])
    plan = _plan(scenario, chosen, list(pythons))
    folder = _folder(chosen.output or Path(f"{scenario.name}-sweep"))
    points: list[list[tuple[Figures, dict[str, Any]]]] = [[] for _ in plan.points]
    runs, code = plan.runs(), OK
    with ExitStack() as stack:
        received = stack.enter_context(signals())
        for number, planned in enumerate(runs, 1):
            value = plan.points[planned.point]
            say(f"Run {number} of {len(runs)}: {plan.parameter}={value}")
            path = folder / f"{plan.parameter}={str(value).replace(os.sep, '_')}-{planned.turn + 1}{SUFFIX}"
            order = Order(
                id=secrets.token_hex(6),
                scenario=scenario,
                parameters=planned.values,
                python=pythons[planned.python or next(iter(pythons))].path,
                output=path,
                environment=os.environ,
                light=False,
            )
            end = perform(order, stopped=lambda: asked(received))
            if received:
                code = SIGNALLED + received[0]
                break
            if end["verdict"] != "ok":
                say(f"{path}: {end['sentence']}")
                code = FAILED
            points[planned.point].append(_figures(path))
    _tell(chosen, plan, points)
    return code


def _plan(scenario: scenarios.Scenario, chosen: argparse.Namespace, pythons: Sequence[str]) -> series.Plan:
    """Over a parameter, or over interpreters. Everything that can't be is told at once, before anything runs."""
    parameter, over = chosen.over or ("", "")
    errors, values = list[BadParameter](), scenario.defaults
    try:
        values = scenarios.validate(scenario, dict(chosen.set))
    except BadParameters as error:
        errors += error.errors
    if chosen.over and len(pythons) > 1:
        errors.append(BadParameter("over", f"A sweep has one parameter: {parameter}, or {len(pythons)} interpreters."))
    if parameter in dict(chosen.set):
        errors.append(BadParameter(parameter, f"{parameter} is swept: it can't be set, too. Leave one of the two out."))
    try:
        if chosen.over:
            plan = series.sweep(scenario, values, parameter, over, chosen.repeats)
        elif len(pythons) > 1:
            plan = series.over_pythons(scenario, values, pythons, chosen.repeats)
        else:
            there = "What is swept? Give --over NAME=FROM..TO:STEPS, or --python all, or --python twice or more."
            errors.append(BadParameter("over", there))
    except BadParameters as error:
        errors += error.errors
    if errors:
        raise BadParameters(errors)
    return plan


def _folder(path: Path) -> Path:
    """A folder of its own, so that no recording of another sweep counts in this one's."""
    try:
        path.mkdir(parents=True, exist_ok=True)
        if any(path.iterdir()):
            raise Refused(f"{path} isn't empty. Choose another folder with -o.")
    except OSError as error:
        raise Refused(f"{path} can't be written: {error.strerror}. Choose another folder with -o.") from None
    return path


def _tell(
    chosen: argparse.Namespace, plan: series.Plan, points: Sequence[Sequence[tuple[Figures, dict[str, Any]]]]
) -> None:
    there = [(value, runs) for value, runs in zip(plan.points, points, strict=True) if runs]
    if not there:
        return
    rows = tables.compare([[figures for figures, _ in runs] for _, runs in there])
    told = [{"value": value, "recordings": [about for _, about in runs]} for value, runs in there]
    about = {"scenario": plan.scenario, "parameter": plan.parameter, "repeats": plan.repeats, "columns": told}
    _print(chosen.json, about, [f"{plan.parameter} {value}" for value, _ in there], rows)


def _print(as_json: bool, about: dict[str, Any], titles: Sequence[str], rows: Sequence[Row]) -> None:
    if as_json:
        text = json.dumps({**about, "rows": [tables.as_json(row) for row in rows]}, indent=2, ensure_ascii=False) + "\n"
    else:
        text = tables.as_text(titles, rows)
    sys.stdout.write(text)
    sys.stdout.flush()
