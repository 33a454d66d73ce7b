"""Whole runs: a real program, the real recorder, the real kernel, and the recording that comes of it."""

import json
import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from gilscope import scenarios
from gilscope.analysis.check import check
from gilscope.analysis.timeline import Timeline
from gilscope.collector.interpreters import Interpreter
from gilscope.collector.order import Order
from gilscope.collector.run import perform
from gilscope.collector.supervisor import Program
from gilscope.collector.verdicts import Limits
from gilscope.errors import BadInterpreter, Unwritable
from gilscope.events import Kind, State, TrackKind
from gilscope.recording import Recording, read
from tests.programs import WITH_GIL, ids

COLLECTOR = [sys.executable, "-m", "gilscope.collector"]
ROOT = Path(__file__).resolve().parent.parent


def write(folder: Path, body: str, before: str = "") -> scenarios.Scenario:
    """A scenario whose run() does this."""
    file = folder / "little.py"
    body = textwrap.indent(textwrap.dedent(body).strip(), "    ")
    imports = "import os, signal, sys\nfrom queue import *\nfrom threading import *\nfrom time import sleep\n"
    file.write_text(
        f'"""A little program."""\n{imports}{textwrap.dedent(before)}\n\ndef run():\n{body}\n', encoding="utf-8"
    )
    return scenarios.load(file)


def run(folder: Path, body: str, before: str = "", **changes: Any) -> tuple[Recording, list[tuple[str, str]]]:
    """Run it to its end; its recording, checked, and what it printed."""
    printed: list[tuple[str, str]] = []
    told: dict[str, Any] = {"limits": Limits(), "python": Path(sys.executable), "stopped": lambda: None, **changes}
    output = folder / "little.gilscope"
    order = Order("little", write(folder, body, before), {}, told["python"], output, told["limits"])
    end = perform(order, stopped=told["stopped"], printed=lambda *words: printed.append(words))
    recording = read(output)
    assert recording.end == json.loads(json.dumps(end))
    assert recording.damage == []
    assert [each.sentence for each in check(recording)] == []
    return recording, printed


def tracks(recording: Recording, kind: TrackKind, internal: bool = False) -> list[str]:
    """Names of the tracks of a kind."""
    return [told["name"] for told in recording.tracks.values() if told["kind"] == kind and told["internal"] == internal]


@pytest.mark.parametrize("python", WITH_GIL, ids=ids)
def test_a_run_leaves_a_recording_with_names_lines_and_source(python: Interpreter, tmp_path: Path) -> None:
    """Threads and locks go by the names that the program gives them; rows know the line at which they happened."""
    recording, printed = run(
        tmp_path,
        """
        threads = [Thread(target=work, name=f"worker-{n}") for n in (1, 2)]
        for thread in threads: thread.start()
        for thread in threads: thread.join()
        print("done")
        """,
        before="""
        cache = Lock()
        shelf = Queue(3)

        def work():
            for n in range(20):
                with cache:
                    shelf.put(n)
                    shelf.get()
        """,
        python=python.path,
    )
    assert recording.end is not None
    assert recording.end["verdict"] == "ok"
    assert recording.end["emitted"] == recording.end["stored"] > 0
    assert recording.header["python"]["version"] == python.text
    assert recording.header["layers"]["gil"] == {"measured": True, "why": ""}
    assert tracks(recording, TrackKind.THREAD) == ["MainThread", "worker-1", "worker-2"]
    assert tracks(recording, TrackKind.LOCK) == ["cache"]
    assert tracks(recording, TrackKind.QUEUE) == ["shelf"]
    assert tracks(recording, TrackKind.GIL) == ["GIL"]
    assert printed == [("stdout", "done\n")]
    assert [(told["stream"], told["text"]) for told in recording.output] == printed
    assert recording.sources.keys() == {"little.py"}
    cache = next(id for id, told in recording.tracks.items() if told["name"] == "cache")
    takes = (recording.rows.kind == Kind.LOCK_ACQUIRE) & (recording.rows.thing == cache)
    lines = {recording.locations[line]["line"] for line in recording.rows.line[takes].tolist()}
    source = recording.sources["little.py"].splitlines()
    assert [source[line - 1].strip() for line in lines] == ["with cache:"]
    assert takes.sum() == 40


def test_nothing_is_told_to_have_been_printed_before_it_was(tmp_path: Path) -> None:
    """Also while the collector is busy with what else the program does."""
    recording, _ = run(
        tmp_path,
        """
        lock, end = Lock(), monotonic_ns() + 400_000_000
        while monotonic_ns() < end:
            for _ in range(50):
                with lock: pass
            print(monotonic_ns(), flush=True)
        """,
        before="from time import monotonic_ns",
    )
    last = [told["text"].rpartition("\n")[0].rpartition("\n")[2] for told in recording.output]
    early = [
        int(line) - recording.header["origin_ns"] - told["at"]
        for line, told in zip(last, recording.output, strict=True)
    ]
    assert max(early) <= 0


def test_time_begins_where_the_scenario_does(tmp_path: Path) -> None:
    """The interpreter's own start and end aren't part of it; at the end every track of the process has exited."""
    recording, _ = run(tmp_path, "Thread(target=sleep, args=(0.01,)).start()")
    assert recording.rows.at[0] == 0
    assert recording.duration_ns == recording.rows.at[-1]
    last = {int(track): int(state) for track, state in zip(recording.rows.track, recording.rows.state, strict=True)}
    assert {State(state) for track, state in last.items() if recording.tracks[track]["kind"] != TrackKind.CORE} == {
        State.EXITED
    }
    gil = next(id for id, told in recording.tracks.items() if told["kind"] == TrackKind.GIL)
    assert State.UNKNOWN not in Timeline(recording).spans.of(gil).state


@pytest.mark.parametrize(
    ("body", "verdict", "sentence", "exit_code", "number"),
    [
        ("pass", "ok", "It ended by itself after ", 0, None),
        ("raise ValueError('no')", "failed", "It raised ValueError: no.", 1, None),
        ("raise SystemExit(3)", "failed", "It ended with exit code 3.", 3, None),
        ("os.kill(os.getpid(), signal.SIGKILL)", "killed", "It was killed by signal 9 (SIGKILL).", None, 9),
        ("os.abort()", "killed", "It was killed by signal 6 (SIGABRT).", None, 6),
        ("os._exit(7)", "failed", "It ended with exit code 7.", 7, None),
        ("while True: Thread(target=sleep, args=(99,), daemon=True).start()", "thread-limit", "It had ", None, 9),
        ("while True: print('x' * 1000)", "output-limit", "It printed ", None, 9),
        ("x = b'x' * (200 << 20); sleep(99)", "memory-limit", "It held ", None, 9),
        ("while True: Lock()", "event-limit", "It caused ", None, 9),
        ("while os.fork() or sleep(99) is None: pass", "process-limit", "It had ", None, 9),
        ("sleep(99)", "wall-limit", "It took ", None, 9),
    ],
)
def test_every_end_has_a_verdict(
    tmp_path: Path, body: str, verdict: str, sentence: str, exit_code: int | None, number: int | None
) -> None:
    """And a sentence; whatever was recorded until then is kept and sound."""
    limits = Limits(
        wall_seconds=60 if verdict != "wall-limit" else 0.3,
        memory_bytes=100 << 20,
        processes=20,
        threads=100,
        output_bytes=100_000,
        events=300_000,
    )
    recording, _ = run(tmp_path, body, limits=limits)
    end = recording.end
    assert end is not None
    assert (end["verdict"], end["exit_code"], end["signal"]) == (verdict, exit_code, number)
    assert end["sentence"].startswith(sentence)
    assert len(recording.rows) > 2


def test_a_traceback_is_kept_without_the_names_of_folders(tmp_path: Path) -> None:
    """As it is printed; its file is named as the source is."""
    recording, _ = run(tmp_path, "{}['missing']")
    assert recording.end is not None
    assert recording.end["sentence"] == "It raised KeyError: 'missing'."
    assert 'File "little.py", line 9, in run' in recording.end["traceback"]
    assert str(tmp_path) not in recording.end["traceback"]


@pytest.mark.parametrize(("word", "verdict"), [("stopped", "stopped"), ("interrupted", "interrupted")])
def test_stop_ends_it_and_keeps_what_was_recorded(tmp_path: Path, word: str, verdict: str) -> None:
    """Up to its last moment, also of a program that hangs in a deadlock."""
    file = tmp_path / "little.gilscope"

    def stopped() -> str | None:
        return word if file.exists() and State.BLOCKED in read(file).rows.state else None

    recording, _ = run(tmp_path, "lock = Lock(); lock.acquire(); lock.acquire()", stopped=stopped)
    assert recording.end is not None
    assert recording.end["verdict"] == verdict
    main = next(id for id, told in recording.tracks.items() if told["name"] == "MainThread")
    states = recording.rows.state[recording.rows.track == main].tolist()
    assert State.BLOCKED in states
    assert states[-1] == State.EXITED


def test_a_look_that_takes_long_breaks_no_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a busy machine rings and switches may be read long after each other: they are merged up to the same time."""
    gone = Program.gone

    def slow(program: Program, recorded: set[int]) -> list[int]:
        time.sleep(0.05)
        return gone(program, recorded)

    monkeypatch.setattr(Program, "gone", slow)
    body = "for thread in [Thread(target=lambda: [sleep(0.001) for _ in range(200)]) for _ in range(2)]: thread.start()"
    recording, _ = run(tmp_path, body)
    assert (recording.rows.at[1:] >= recording.rows.at[:-1]).all()


def test_what_cannot_be_run_is_said(tmp_path: Path) -> None:
    """An interpreter that is none, and a place where nothing can be written."""
    with pytest.raises(BadInterpreter, match="can't be used as an interpreter"):
        run(tmp_path, "pass", python=Path("/bin/true"))
    order = Order("x", write(tmp_path, "sleep(99)"), {}, Path(sys.executable), tmp_path / "none" / "x.gilscope")
    with pytest.raises(Unwritable, match="can't be written: No such file or directory"):
        perform(order)
    assert survivors(str(tmp_path)) == []


def test_without_a_compiler_the_kernel_is_still_heard(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And every layer that isn't measured says why."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("CC", "/nowhere/cc")
    recording, printed = run(tmp_path, "print('hello')")
    layers = recording.header["layers"]
    assert not layers["gil"]["measured"]
    assert "C compiler" in layers["gil"]["why"]
    assert layers["program"] == layers["gil"]
    assert printed == [("stdout", "hello\n")]
    if layers["cores"]["measured"]:
        assert Kind.CORE_ON in recording.rows.kind


@pytest.fixture
def full_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system with room for next to nothing."""
    folder = tmp_path / "small"
    folder.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=512k", "none", folder], capture_output=True).returncode:
        pytest.skip("mounting a small file system needs root")
    yield folder
    subprocess.run(["umount", folder], check=True)


def test_a_full_disk_ends_the_run_with_what_fits(tmp_path: Path, full_disk: Path) -> None:
    """The recording reads, up to its last whole chunk; nothing of the run goes on."""
    scenario = write(tmp_path, "while True: Lock().acquire()")
    output = full_disk / "little.gilscope"
    end = perform(Order("little", scenario, {}, Path(sys.executable), output))
    assert end["verdict"] == "disk-full"
    recording = read(output)
    assert len(recording.rows) > 0
    assert recording.damage == []
    assert survivors(str(tmp_path)) == []


# The collector process


def survivors(word: str) -> list[int]:
    """Processes that have this word in their command line."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            if (
                entry.name.isdigit()
                and word.encode() in (entry / "cmdline").read_bytes()
                and int(entry.name) != os.getpid()
            ):
                found.append(int(entry.name))
        except OSError:
            continue
    return found


def until(true: Callable[[], object], seconds: float = 30) -> None:
    """Wait for it."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end
        time.sleep(0.01)


def collect(folder: Path, body: str) -> subprocess.Popen[bytes]:
    """A collector with an order, as the server starts it; its file has begun."""
    scenario = write(folder, body)
    told = {
        "id": "little",
        "scenario": str(scenario.path),
        "parameters": {},
        "python": sys.executable,
        "output": str(folder / "little.gilscope"),
        "limits": {"wall_seconds": 60},
    }
    process = subprocess.Popen(
        COLLECTOR, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT
    )
    assert process.stdin and process.stdout
    process.stdin.write(json.dumps(told).encode() + b"\n")
    process.stdin.flush()
    assert process.stdout.readline() == b"new\n"
    return process


NEVER_ENDS = "signal.signal(signal.SIGTERM, signal.SIG_IGN)\nwhile True: sleep(0.01)"


@pytest.mark.parametrize(
    ("ends", "verdict"),
    [
        (lambda process: process.stdin.write(b"stop\n") and process.stdin.flush(), "stopped"),
        (lambda process: process.stdin.close(), "interrupted"),
        (lambda process: process.send_signal(signal.SIGTERM), "interrupted"),
    ],
    ids=["told", "left", "terminated"],
)
def test_the_collector_ends_when_it_is_told_or_left(
    tmp_path: Path, ends: Callable[[subprocess.Popen[bytes]], object], verdict: str
) -> None:
    """By the line "stop", by the end of its input (the server is gone), by SIGTERM."""
    with collect(tmp_path, NEVER_ENDS) as process:
        ends(process)
        assert process.wait(30) == 0
    end = read(tmp_path / "little.gilscope").end
    assert end is not None
    assert end["verdict"] == verdict
    assert survivors(str(tmp_path)) == []


def test_a_killed_collector_leaves_a_sound_file_and_no_process(tmp_path: Path) -> None:
    """kill -9: the file is complete up to its last chunk, the program is gone."""
    with collect(tmp_path, NEVER_ENDS) as process:
        until(lambda: len(read(tmp_path / "little.gilscope").rows) > 2)
        process.kill()
    until(lambda: not survivors(str(tmp_path)))
    recording = read(tmp_path / "little.gilscope")
    assert recording.end is None
    assert recording.damage == []
    assert len(recording.rows) > 2


def test_an_order_that_cannot_be_performed_is_a_sentence(tmp_path: Path) -> None:
    """On standard error, with exit code 2."""
    told = {"id": "x", "scenario": "/nowhere.py", "parameters": {}, "python": "", "output": "", "limits": {}}
    done = subprocess.run(
        COLLECTOR, input=json.dumps(told) + "\n", capture_output=True, text=True, cwd=ROOT, check=False
    )
    assert (done.returncode, done.stderr) == (
        2,
        "/nowhere.py: can't be read (No such file or directory). Expected a Python file.\n",
    )


def test_a_process_of_the_program_has_tracks_of_its_own(tmp_path: Path) -> None:
    """A forked process records itself, on the same axis: its GIL is another one."""
    recording, _ = run(
        tmp_path,
        """
        from multiprocessing import get_context
        child = get_context("fork").Process(target=sum, args=([1],))
        child.start()
        child.join()
        """,
    )
    assert len(tracks(recording, TrackKind.PROCESS)) == 2
    assert tracks(recording, TrackKind.GIL) == ["GIL", "GIL"]
    pids = {told["pid"] for told in recording.tracks.values() if told["kind"] == TrackKind.GIL}
    assert len(pids) == 2
