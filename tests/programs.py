"""Runs a scenario under the recorder, as the collector does, and reads back what each of its threads did.

A scenario under test tells its objects by name: `tell(lock=lock)`. Of what was recorded, `sequence` gives the events
about those objects, one readable line each.
"""

import json
import os
import subprocess
import textwrap
from collections.abc import Collection
from pathlib import Path
from typing import Any

import pytest

from gilscope.collector import interpreters
from gilscope.collector.interpreters import Interpreter
from gilscope.collector.probe import build_probe
from gilscope.collector.rings import Batch, Rings
from gilscope.events import Flag, Kind
from tests.recorded import Recorded, Row, watch

_OF_EACH = {
    (found.version if os.environ.get("GILSCOPE_THOROUGH") else found.version[:2], found.free_threaded): found
    for found in interpreters.find()
    if found.implementation == "CPython" and found.include
}
FOUND = [*_OF_EACH.values()]
"""Of each version the newest release; all of them where there is time."""
WITH_GIL = [found for found in FOUND if not found.free_threaded]
CHILD = Path(__file__).resolve().parent.parent / "gilscope" / "recorder" / "__main__.py"
GIL = frozenset({Kind.GIL_WAIT, Kind.GIL_DROP_REQUEST, Kind.GIL_ACQUIRE, Kind.GIL_RELEASE})
THREADS = frozenset({Kind.THREAD_START, Kind.THREAD_BEGIN, Kind.THREAD_END, Kind.THING_NEW})

PROLOGUE = '''
import json, os, queue, signal, sys, threading, time
from threading import *

def tell(**things):
    """Name objects for the test."""
    for name, thing in things.items():
        print(json.dumps({"name": name, "thing": id(thing)}), flush=True)

def until_blocked(*threads):
    """Return when the threads have slept in the kernel for a while in which the GIL was theirs to take."""
    for thread in threads:
        asleep = 0
        while asleep < 8:
            with open(f"/proc/self/task/{thread.native_id}/stat") as stat:
                asleep = asleep + 1 if stat.read().rpartition(")")[2].split()[0] == "S" else 0
            time.sleep(0.001)

def started(*functions):
    threads = [Thread(target=function, name=function.__name__) for function in functions]
    for thread in threads:
        thread.start()
    return threads
'''

BY_HAND = """
import os, sys
from importlib.machinery import ExtensionFileLoader, ModuleSpec
sys.path.insert(0, sys.argv[1])
import gilscope.recorder
loader = ExtensionFileLoader("gilscope.recorder._probe", os.environ["GILSCOPE_PROBE"])
module = loader.create_module(ModuleSpec("gilscope.recorder._probe", loader, origin=loader.path))
loader.exec_module(module)
sys.modules["gilscope.recorder._probe"] = gilscope.recorder._probe = module
from gilscope.recorder import hooks
"""


def ids(found: Interpreter) -> str:
    """Name of an interpreter in a test's name."""
    return f"{found.text}-{found.path.name}"


@pytest.fixture(params=WITH_GIL, ids=ids)
def python(request: pytest.FixtureRequest) -> Interpreter:
    """Each interpreter that has a GIL."""
    found: Interpreter = request.param
    return found


def command(interpreter: Interpreter, *arguments: str | Path) -> list[str | Path]:
    """Command line of the recorder's child."""
    return [interpreter.path, CHILD, *arguments]


def environment(interpreter: Interpreter, rings: Rings, **more: str) -> dict[str, str]:
    """Environment of the recorder's child."""
    probe = str(build_probe(interpreter))
    return {**os.environ, "GILSCOPE_RINGS": rings.path, "GILSCOPE_PROBE": probe, **more}


def write(folder: Path, program: str, name: str = "program.py") -> Path:
    """Write a scenario, with the prologue's functions in it."""
    file = folder / name
    file.write_text(PROLOGUE + textwrap.dedent(program), encoding="utf-8")
    return file


def run(interpreter: Interpreter, file: Path, /, exit_code: int = 0, **parameters: Any) -> Recorded:
    """Record the scenario to its end. Another exit code than the expected one fails the test."""
    rings = Rings()
    with subprocess.Popen(
        command(interpreter, "--scenario", file, "--params", json.dumps(parameters)),
        env=environment(interpreter, rings),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        batches = list(watch(process, rings))
        output, _ = process.communicate()
    assert process.returncode == exit_code, output
    recorded = Recorded(batches, list(rings.accounts.values()), output, process.returncode)
    rings.close()
    assert all(account.emitted == account.stored for account in recorded.accounts)
    return recorded


def record(interpreter: Interpreter, folder: Path, program: str, /, **parameters: Any) -> Recorded:
    """Write and record a scenario."""
    return run(interpreter, write(folder, program), **parameters)


def run_by_hand(interpreter: Interpreter, folder: Path, program: str) -> tuple[Any, Batch]:
    """Run a program that itself calls ``hooks.install`` and ``hooks.put_back``. What it prints, as JSON, and what was
    recorded."""
    file = folder / "program.py"
    file.write_text(BY_HAND + program, encoding="utf-8")
    rings = Rings()
    done = subprocess.run(
        [interpreter.path, file, CHILD.parent.parent.parent],
        env=environment(interpreter, rings),
        capture_output=True,
        text=True,
        check=False,
    )
    batch = rings.read(final=True)
    rings.close()
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout), batch


def looks_both_ways(interpreter: Interpreter, folder: Path, program: str) -> tuple[Any, Any]:
    """What the program's ``looks()`` gives with the recorder, and without."""
    program += "\ndef run():\n    print(json.dumps(looks()))\n"
    recorded = record(interpreter, folder, program)
    plain = folder / "plain.py"
    plain.write_text(program + "\nrun()\n", encoding="utf-8")
    done = subprocess.run([interpreter.path, plain], capture_output=True, text=True, check=True)
    return json.loads(recorded.output), json.loads(done.stdout)


def things(recorded: Recorded) -> dict[int, str]:
    """Names that the scenario told, and those of its threads, by address."""
    names = {each["thing"]: each["name"] for each in recorded.definitions if each["def"] == "thread"}
    for line in recorded.output.splitlines():
        if line.startswith('{"name"'):
            told = json.loads(line)
            names[told["thing"]] = told["name"]
    return names


def rows_of(recorded: Recorded, thread: str) -> list[Row]:
    """All rows of a thread, by its first name, but the GIL's and those of the prologue's own sleeps."""
    rings = {
        (each["slot"], each["generation"])
        for each in recorded.definitions
        if each["def"] == "thread" and each["name"] == thread
    }
    assert len(rings) == 1, f"{len(rings)} threads are called {thread}"
    mine = [row for row in recorded.rows if (row.slot, row.generation) in rings and row.kind not in GIL]
    return [row for row in mine if (recorded.line(row) or ("",))[0] not in ("until_blocked", "tell")]


def sequence(recorded: Recorded, thread: str, but: Collection[Kind] = ()) -> list[str]:
    """What a thread did with the things that have names: kind, name, flags, value."""
    names = things(recorded)
    return [
        " ".join([row.kind.name, names[row.thing], *_flags(row), *([str(row.value)] if row.value else [])])
        for row in rows_about(recorded, thread)
        if row.kind not in but
    ]


def rows_about(recorded: Recorded, thread: str) -> list[Row]:
    """Rows of a thread about things that have names. An address is a thing's from the last THING_NEW on."""
    made = {row.thing: row.at for row in recorded.rows if row.kind == Kind.THING_NEW}
    names = things(recorded)
    return [row for row in rows_of(recorded, thread) if row.thing in names and row.at >= made.get(row.thing, 0)]


def _flags(row: Row) -> list[str]:
    return [flag.name or "" for flag in Flag if flag in row.flags]
