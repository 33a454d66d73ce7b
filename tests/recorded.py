"""Runs a small program under the probe, on any interpreter, and gives back what its rings held."""

import bisect
import os
import subprocess
import textwrap
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from gilscope.collector.interpreters import Interpreter
from gilscope.collector.probe import build_probe, compile_extension
from gilscope.collector.records import Records
from gilscope.collector.rings import Account, Batch, Rings
from gilscope.events import Flag, Kind

MOVES = Path(__file__).with_name("_moves.c")
PROLOGUE = '''
import importlib.util, json, os, sys, threading, time

def load(name, path):
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module

probe, moves = load("_probe", sys.argv[1]), load("_moves", sys.argv[2])

def know(function):
    """Let events name lines of this function."""
    code = function.__code__
    probe.add_user_code(code)
    lines = [[begin, line] for begin, _, line in code.co_lines() if line]
    define({"def": "code", "address": id(code), "name": code.co_name, "lines": lines})
    return function

def define(definition):
    assert probe.define(json.dumps(definition).encode())

def mark(number):
    probe.emit(22, 0, 0, number, 0)

def start(*functions):
    threads = [threading.Thread(target=function) for function in functions]
    for thread in threads:
        thread.start()
    return threads

probe.attach(os.environ["GILSCOPE_RINGS"])
'''


class Row(NamedTuple):
    """One record."""

    slot: int
    generation: int
    at: int
    kind: Kind
    flags: Flag
    aux: int
    thing: int
    code: int
    offset: int
    value: int


@dataclass
class Recorded:
    """What a program left in its rings."""

    batches: list[Batch] = field(default_factory=list)
    accounts: list[Account] = field(default_factory=list)
    output: str = ""
    exit_code: int = 0

    @property
    def definitions(self) -> list[dict[str, Any]]:
        return [definition for batch in self.batches for definition in batch.definitions]

    @property
    def columns(self) -> Records:
        names = [column.name for column in fields(Records)]
        return Records(*(np.concatenate([getattr(batch.records, name) for batch in self.batches]) for name in names))

    @property
    def rows(self) -> list[Row]:
        columns = self.columns
        lists = [getattr(columns, column.name).tolist() for column in fields(Records)]
        rows = (Row._make(row) for row in zip(*lists, strict=True))
        return [row._replace(kind=Kind(row.kind), flags=Flag(row.flags)) for row in rows]

    def between(self, first: int, last: int) -> list[Row]:
        """Rows of the marking thread between two marks, in their order."""
        rows = self.rows
        begin = next(row for row in rows if row.kind == Kind.NOTIFY and row.thing == first)
        end = next(row for row in rows if row.kind == Kind.NOTIFY and row.thing == last)
        mine = [row for row in rows if (row.slot, row.generation) == (begin.slot, begin.generation)]
        return mine[mine.index(begin) + 1 : mine.index(end)]

    def line(self, row: Row) -> tuple[str, int] | None:
        """Function and line at which the row's thread stood."""
        for code in self.definitions:
            if code["def"] == "code" and code["address"] == row.code:
                starts = [begin for begin, _ in code["lines"]]
                return code["name"], code["lines"][bisect.bisect_right(starts, row.offset) - 1][1]
        return None


@cache
def moves_for(interpreter: Interpreter, folder: Path) -> Path:
    """The native module of known moves, built for this interpreter."""
    target = folder / interpreter.identity.replace("/", "_").replace(" ", "_") / "_moves.so"
    target.parent.mkdir(exist_ok=True)
    assert interpreter.include is not None
    compile_extension(["cc"], interpreter.include, [MOVES], target)
    return target


def start(
    interpreter: Interpreter, program: str, folder: Path, rings: Rings, **environment: str
) -> subprocess.Popen[str]:
    """Start the program under the probe, its rings in ``rings``."""
    file = folder / "program.py"
    file.write_text(PROLOGUE + textwrap.dedent(program), encoding="utf-8")
    return subprocess.Popen(
        [interpreter.path, "-I", file, build_probe(interpreter), moves_for(interpreter, folder.parent)],
        env={**os.environ, "GILSCOPE_RINGS": rings.path, **environment},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def line_of(program: str, text: str) -> int:
    """Number of the line of the started program that contains the text."""
    lines = (PROLOGUE + textwrap.dedent(program)).splitlines()
    return next(number for number, line in enumerate(lines, 1) if text in line)


def watch(process: subprocess.Popen[str], rings: Rings, seconds: float = 60) -> Iterator[Batch]:
    """Read until the process is over, and what is left then."""
    end = time.monotonic() + seconds
    while process.poll() is None:
        yield rings.read()
        if time.monotonic() > end:
            process.kill()
            raise AssertionError(f"the program still ran after {seconds} s")
        time.sleep(0.005)
    rings.bury(process.pid)
    yield rings.read(final=True)


def record(
    interpreter: Interpreter, program: str, folder: Path, rings: Rings | None = None, **environment: str
) -> Recorded:
    """Run the program to its end. A traceback of it fails the test."""
    rings = rings or Rings()
    process = start(interpreter, program, folder, rings, **environment)
    batches = list(watch(process, rings))
    output, _ = process.communicate()
    assert process.returncode == 0, (process.returncode, output)
    recorded = Recorded(batches, list(rings.accounts.values()), output, process.returncode)
    rings.close()
    return recorded
