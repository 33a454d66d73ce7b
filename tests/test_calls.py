"""What a thread is in while it is away: the call, by the instruction at which it stood."""

import json
import subprocess
from pathlib import Path

import numpy as np
import pytest

from gilscope.analysis import report
from gilscope.analysis.causes import chain
from gilscope.analysis.timeline import Timeline
from gilscope.collector import calls
from gilscope.collector.calls import Call
from gilscope.collector.interpreters import Interpreter
from gilscope.collector.order import Order
from gilscope.collector.run import perform
from gilscope.events import Kind, State
from gilscope.recording import Recording, read
from gilscope.scenarios import load
from tests.pictures import track_of
from tests.programs import FOUND, WITH_GIL, ids

PROGRAM = '''"""Calls that leave Python."""
import hashlib, os, select, socket, subprocess, tempfile, time, zlib
from concurrent.futures import ThreadPoolExecutor
from threading import Thread, main_thread

def until_main_is_blocked():
    asleep = 0
    while asleep < 8:
        with open(f"/proc/self/task/{main_thread().native_id}/stat") as stat:
            asleep = asleep + 1 if stat.read().rpartition(")")[2].split()[0] == "S" else 0
        time.sleep(0.001)

class Digest:
    def __init__(self):
        self.made = hashlib.sha256()

def serve(listener):
    connection, _ = listener.accept()
    with connection:
        heard = connection.recv(1000)
        time.sleep(0.02)
        connection.sendall(heard)
    until_main_is_blocked()

def both(tüte, digest): return zlib.compress(tüte), digest.made.update(tüte)

def run():
    listener = socket.create_server(("127.0.0.1", 0))
    server = Thread(target=serve, args=(listener,), name="server")
    server.start()
    time.sleep(0.02)
    client = socket.create_connection(listener.getsockname())
    time.sleep(0.02)
    client.sendall(b"hello")
    select.select([client], [], [])
    assert client.recv(5) == b"hello"
    server.join()
    subprocess.run(["sleep", "0.02"], check=True)
    with subprocess.Popen(["sleep", "0.02"]):
        pass
    child = subprocess.Popen(["sleep", "0.02"]); child.wait(timeout=None)
    with tempfile.TemporaryFile(buffering=0) as file:
        file.write(os.urandom(100_000))
        os.fsync(file.fileno())
        file.seek(0)
        (file
            .read(
                100_000))
    both(bytes(5_000_000), Digest())
    with ThreadPoolExecutor(1) as pool:
        pool.submit(*[until_main_is_blocked])
'''

EXPECTED = {
    ("server", "listener.accept", "connection, _ = listener.accept()"),
    ("server", "connection.recv", "heard = connection.recv(1000)"),
    ("server", "time.sleep", "time.sleep(0.02)"),
    ("MainThread", "select.select", "select.select([client], [], [])"),
    ("MainThread", "server.join", "server.join()"),
    ("MainThread", "subprocess.run", 'subprocess.run(["sleep", "0.02"], check=True)'),
    ("MainThread", "subprocess.Popen.__exit__", 'with subprocess.Popen(["sleep", "0.02"]):'),
    ("MainThread", "child.wait", 'child = subprocess.Popen(["sleep", "0.02"]); child.wait(timeout=None)'),
    ("MainThread", "file.write", "file.write(os.urandom(100_000))"),
    ("MainThread", "os.urandom", "file.write(os.urandom(100_000))"),
    ("MainThread", "os.fsync", "os.fsync(file.fileno())"),
    ("MainThread", "read", ".read("),
    ("MainThread", "zlib.compress", "def both(tüte, digest): return zlib.compress(tüte), digest.made.update(tüte)"),
    (
        "MainThread",
        "digest.made.update",
        "def both(tüte, digest): return zlib.compress(tüte), digest.made.update(tüte)",
    ),
    ("MainThread", "ThreadPoolExecutor.__exit__", "with ThreadPoolExecutor(1) as pool:"),
}


def record(folder: Path, program: str, python: Path) -> Recording:
    """Run a scenario to its end."""
    file = folder / "leaves.py"
    file.write_text(program, encoding="utf-8")
    output = folder / "leaves.gilscope"
    end = perform(Order("leaves", load(file), {}, python, output))
    assert (end["verdict"], end["sentence"][:22]) == ("ok", "It ended by itself aft")
    return read(output)


@pytest.mark.parametrize("python", WITH_GIL, ids=ids)
def test_every_call_that_gives_up_the_gil_is_named(python: Interpreter, tmp_path: Path) -> None:
    """Sockets, files, processes, select, sleep, join, hashing, compression, and what a `with` does at its end."""
    recording = record(tmp_path, PROGRAM, python.path)
    timeline = Timeline(recording)
    source = recording.sources["leaves.py"].splitlines()
    rows = recording.rows
    told = set()
    for track, line in set(
        zip(*(c[rows.kind == Kind.GIL_RELEASE].tolist() for c in (rows.track, rows.line)), strict=True)
    ):
        place = recording.locations.get(line, {})
        if "call" in place:
            told.add((timeline.name(track), place["call"], source[place["line"] - 1].strip()))
    assert told >= EXPECTED
    # Nothing is made up: every name stands on its line, or is what a `with` there leaves.
    assert {call for _, call, line in told if call.removesuffix(".__exit__") not in line} == set()


def test_the_report_says_what_each_call_cost(tmp_path: Path) -> None:
    """By thread, state and line, the longest first."""
    recording = record(tmp_path, PROGRAM, WITH_GIL[0].path)
    if not recording.header["layers"]["cores"]["measured"]:
        pytest.skip("without the kernel's records it isn't known when a thread is away")
    told = report.of(Timeline(recording))
    figures = {(each["thread"], each["state"], each["call"], each["line"]) for each in told["calls"]}
    assert ("server", "outside", "connection.recv", 20) in figures
    assert ("MainThread", "blocked", "server.join", 37) in figures
    assert ("MainThread", "native", "digest.made.update", 25) in figures
    assert [each["total_ns"] for each in told["calls"]] == sorted((e["total_ns"] for e in told["calls"]), reverse=True)
    timeline = Timeline(recording)
    waits = timeline.thread_spans.of(track_of(recording, "server"))
    longest = int(np.argmax(waits.length * (waits.state == State.OUTSIDE) * (waits.thing == 0)))
    call = timeline.call(State.OUTSIDE, int(waits.line[longest]))
    (hop,) = chain(timeline, int(waits.track[longest]), int(waits.begin[longest]))
    assert call in ("listener.accept", "connection.recv")
    assert hop.sentence.startswith("server is away from Python for ")
    assert hop.sentence.endswith(f" in {call}, at line {18 if call == 'listener.accept' else 20}.")
    joins = timeline.thread_spans.of(track_of(recording, "MainThread"))
    at = int(joins.begin[np.argmax(joins.thing == track_of(recording, "server"))])
    assert (
        " in server.join for server to end, at line 37"
        in chain(timeline, track_of(recording, "MainThread"), at)[0].sentence
    )
    sleeps = next(each for each in told["calls"] if each["call"] == "time.sleep" and each["line"] == 21)
    assert sleeps["total_ns"] >= 20_000_000
    assert "time.sleep, line " in report.as_text(told)


@pytest.mark.parametrize("python", FOUND, ids=ids)
def test_the_location_table_is_read_as_the_interpreter_reads_it(python: Interpreter) -> None:
    """Of every function of some modules, and of one that has every form of entry."""
    script = """
import ast, argparse, json, socket, tempfile, threading
files = [module.__file__ for module in (ast, argparse, json, socket, tempfile, threading)]
texts = [open(file, encoding="utf-8").read() for file in files]
texts.append("\\n" * 70_000 + "def f():\\n  x = " + " " * 300 + "g(\\n" + "\\n" * 500 + "h(), " + "x" * 90 + ")\\n  return 1")
codes = [compile(text, "x", "exec") for text in texts]
for code in codes:
    codes += [each for each in code.co_consts if hasattr(each, "co_code")]
for code in codes:
    print(json.dumps([code.co_linetable.hex(), code.co_firstlineno, [*code.co_positions()]]))
"""
    done = subprocess.run([python.path, "-c", script], capture_output=True, text=True, check=True)
    tables = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(tables) > 400
    for table, first, positions in tables:
        expected = [None if None in place else tuple(place) for place in positions]
        assert list(calls.locations(bytes.fromhex(table), first)) == expected


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("connection.recv(1000)", "connection.recv"),
        ("f()", "f"),
        ("a.b.c(d(e), *f, **g)", "a.b.c"),
        ("sockets[0].recv(1)", "sockets[…].recv"),
        ("Path(name).read_text()", "Path(…).read_text"),
        ("' '.join(x)", "….join"),
        ("(lambda: 1)()", ""),
        ("recv(\n    1000)", "recv"),
        ("lock", ""),
        ("decorated.by", ""),
        ("print(t'{newer}' syntax)", "print"),
        ("a . b(((", "a.b"),
        ("x" * 100 + "()", "…" + "x" * 59),
    ],
)
def test_a_call_is_called_as_its_author_writes_it(source: str, name: str) -> None:
    """Up to its arguments; what is computed on the way is left out."""
    assert calls.name(lines(source), whole(source)) == name


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("open(path)", "open.__exit__"),
        ("self.pool", "self.pool.__exit__"),
        ("with Pool(3) as pool:\n        pool.map(f, x)", "Pool.__exit__"),
        ("with a, b:\n    pass", ""),
        ("with a(:\n    pass", ""),
        ("1 + 1", ""),
    ],
)
def test_what_a_with_leaves_is_named(source: str, name: str) -> None:
    """By the expression, or by the statement where it has one only."""
    assert calls.name(lines(source), whole(source, leaves=True)) == name


def test_columns_are_bytes_and_places_outside_the_source_are_nothing() -> None:
    """A source that was changed since doesn't fit; nothing is told then."""
    text = "größe = messen.größe(ü)"
    at = Call((1, 1, len("größe = ".encode()), len(text.encode())), False)
    assert calls.name([text], at) == "messen.größe"
    assert calls.name([text], Call((2, 2, 0, 5), False)) == ""
    assert calls.name([], Call((0, 0, 0, 0), False)) == ""


def lines(source: str) -> list[str]:
    """Of a source, indented as in a function."""
    return ["", *f"    {source}".split("\n")]


def whole(source: str, leaves: bool = False) -> Call:
    """A call that stands for all of it."""
    last = source.split("\n")
    end_column = len(last[-1].encode()) + (4 if len(last) == 1 else 0)
    return Call((2, 1 + len(last), 4, end_column), leaves)
