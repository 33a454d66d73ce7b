"""A scenario under the recorder behaves as under plain Python."""

import json
import signal
import subprocess
from pathlib import Path
from typing import NamedTuple

import pytest

from gilscope.collector.interpreters import Interpreter
from gilscope.collector.rings import Rings
from gilscope.events import Kind
from tests.programs import CHILD, WITH_GIL, command, environment, record, rows_of, run, write
from tests.recorded import Recorded, watch

PLAIN = "import json, sys; sys.stdout.reconfigure(line_buffering=True); sys.path.insert(0, sys.argv[1]); import program; program.run(**json.loads(sys.argv[2]))"
"""Line by line, as in a terminal."""

pytestmark = pytest.mark.all_interpreters


class Ended(NamedTuple):
    """What somebody who started a program sees of it."""

    exit_code: int
    output: str
    errors: str


def plain(python: Interpreter, file: Path, **parameters: object) -> Ended:
    """Import the file and call its run(), without the frames of those who do that."""
    done = subprocess.run(
        [python.path, "-c", PLAIN, file.parent, json.dumps(parameters)], capture_output=True, text=True, check=False
    )
    lines = done.stderr.splitlines(keepends=True)
    own = next((number for number, line in enumerate(lines) if 'File "<string>"' in line), len(lines))
    first = next((number for number, line in enumerate(lines) if number > own and f'File "{file}"' in line), own)
    lines[own:first] = []
    return Ended(done.returncode, done.stdout, "".join(lines))


def recorded_end(python: Interpreter, file: Path, **parameters: object) -> tuple[Ended, Recorded]:
    """The same under the recorder."""
    rings = Rings()
    arguments = command(python, "--scenario", file, "--params", json.dumps(parameters))
    with subprocess.Popen(
        arguments, env=environment(python, rings), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        batches = list(watch(process, rings))
        output, errors = process.communicate()
    recorded = Recorded(batches, list(rings.accounts.values()), output, process.returncode)
    rings.close()
    return Ended(process.returncode, output, errors), recorded


def errors(recorded: Recorded) -> list[dict[str, str]]:
    return [each for each in recorded.definitions if each["def"] == "error"]


def assert_put_back(recorded: Recorded) -> None:
    """The end was told: put_back() ran, after everything else of the main thread."""
    last = rows_of(recorded, "MainThread")[-1]
    assert last.kind == Kind.THREAD_END


@pytest.mark.parametrize(
    "body",
    [
        "    return",
        "    raise ValueError(f'no {n}')",
        "    try:\n        1 / 0\n    except ZeroDivisionError as error:\n        raise OSError('two') from error",
        "    raise BaseException",
        "    Condition().wait()",
        "    Lock().acquire(timeout=-3)",
        "    Queue().get(timeout=-1)",
        "    raise KeyboardInterrupt",
        "    sys.exit(3)",
        "    sys.exit('bye')",
        "    sys.exit()",
        "    raise SystemExit(None)",
        "    os._exit(5)",
        "    os.kill(os.getpid(), signal.SIGTERM)",
        "    os.abort()",
        "    Thread(target=lambda: print(1 / 0)).start()",
        "    Thread(target=lambda: (time.sleep(0.05), print('late'))).start()\n    atexit.register(print, 'exit')",
        "    Thread(target=time.sleep, args=(600,), daemon=True).start()",
        "    warnings.warn('careful')",
        "    sys.excepthook = lambda *e: print([f.name for f in traceback.extract_tb(e[2])][-1:], e[1])\n    nothing",
        "    raise ExceptionGroup('both', [ValueError(1), TypeError(2)])",
        "    print(sys.path[0], __name__, __file__, len(sys.argv[0]) > 0)",
    ],
)
def test_it_ends_as_without_the_recorder(python: Interpreter, tmp_path: Path, body: str) -> None:
    """Output, traceback and exit code are those of plain Python, whatever happens."""
    names = "atexit, os, signal, sys, time, warnings" + ", traceback" * ("traceback" in body)
    file = tmp_path / "program.py"
    file.write_text(
        f"import {names}\nfrom queue import Queue\nfrom threading import *\n\ndef run(n=1):\n{body}\n", encoding="utf-8"
    )
    expected = plain(python, file)
    found, recorded = recorded_end(python, file)
    assert found == expected
    assert "gilscope" not in found.errors
    if expected.exit_code >= 0 and "_exit(5)" not in body:
        assert_put_back(recorded)


def test_the_error_is_published(python: Interpreter, tmp_path: Path) -> None:
    """Type, message and traceback, as the collector needs them."""
    file = write(tmp_path, "class Odd(Exception):\n    pass\n\ndef run():\n    raise Odd('näh \\ud800')\n")
    found, recorded = recorded_end(python, file)
    (error,) = errors(recorded)
    assert (error["type"], error["message"]) == ("program.Odd", "näh \ud800")
    lines = error["traceback"].splitlines()
    assert lines[0] == "Traceback (most recent call last):"
    assert lines[1].startswith(f'  File "{file}"')
    assert "program.Odd" in lines[-1]
    assert found.exit_code == 1


def test_a_syntax_error_is_the_scenarios_own(python: Interpreter, tmp_path: Path) -> None:
    """It is printed as `python file.py` prints it."""
    file = tmp_path / "program.py"
    file.write_text("def run():\n    return (1\n", encoding="utf-8")
    expected = subprocess.run([python.path, file], capture_output=True, text=True, check=False)
    found, recorded = recorded_end(python, file)
    assert found == Ended(expected.returncode, expected.stdout, expected.stderr)
    assert errors(recorded)[0]["type"] == "SyntaxError"


def test_without_a_probe_it_runs_all_the_same(python: Interpreter, tmp_path: Path) -> None:
    """GILSCOPE_PROBE empty: nothing of Gilscope is imported, and the scenario runs."""
    file = write(tmp_path, "def run(n):\n    print(n, any(name.startswith('gilscope') for name in sys.modules))\n")
    done = subprocess.run(
        command(python, "--scenario", file, "--params", '{"n": 7}'), capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "7 False\n", "")


def test_what_is_guarded_by_main_does_not_run(python: Interpreter, tmp_path: Path) -> None:
    """The scenario is a module of its own name, and the main module of the process."""
    recorded = record(
        python,
        tmp_path,
        """
        def run():
            import __main__, program, pickle
            print(__main__ is program, program.run is run, __name__, pickle.loads(pickle.dumps(run)) is run)

        if __name__ == "__main__":
            raise SystemExit("guarded")
        """,
    )
    assert recorded.output == "True True program True\n"


@pytest.mark.parametrize("name", ["queue.py", "threading.py", "two words.py"])
def test_a_file_may_have_any_name(python: Interpreter, tmp_path: Path, name: str) -> None:
    """That of a standard module too: it doesn't take its place."""
    file = write(tmp_path, "def run():\n    queue.Queue().put(1)\n    print(sys.modules['queue'] is queue)\n", name)
    assert run(python, file).output == "True\n"


def test_code_of_the_scenario_is_published(python: Interpreter, tmp_path: Path) -> None:
    """Its functions and those of modules beside it, imported later; by then no address means two things."""
    (tmp_path / "beside.py").write_text("def call(function):\n    return function()\n", encoding="utf-8")
    recorded = record(
        python,
        tmp_path,
        """
        class Maker:
            def make(self):
                lock = Lock()
                return lock

        def run():
            import beside
            keep = [beside.call(Maker().make), beside.call(lambda: Lock())]
            tell(made=keep[0])
        """,
    )
    files = {each["file"] for each in recorded.definitions if each["def"] == "code"}
    assert {str(tmp_path / "program.py"), str(tmp_path / "beside.py")} <= files
    assert not any("gilscope/recorder" in file for file in files)
    addresses = [each["address"] for each in recorded.definitions if each["def"] == "code"]
    assert len(addresses) == len(set(addresses))
    mine = [row for row in rows_of(recorded, "MainThread") if row.kind == Kind.THING_NEW and not row.flags]
    lines = [recorded.line(row) for row in mine]
    text = (tmp_path / "program.py").read_text(encoding="utf-8").splitlines()
    expected = [number for number, line in enumerate(text, 1) if "Lock()" in line]
    assert [line for _, line in filter(None, lines)] == expected
    assert [name for name, _ in filter(None, lines)] == ["Maker.make", "<lambda>"]


def test_the_process_is_published(python: Interpreter, tmp_path: Path) -> None:
    """Version, switch interval, and what is measured."""
    recorded = record(python, tmp_path, "def run():\n    print(os.getpid(), os.getppid())\n")
    (process,) = (each for each in recorded.definitions if each["def"] == "process")
    assert process == {
        "def": "process",
        "pid": int(recorded.output.split()[0]),
        "parent": int(recorded.output.split()[1]),
        "python": ".".join(map(str, python.version)),
        "switch_interval_ns": 5_000_000,
        "gil": {"measured": True, "why": ""},
        "program": {"measured": True, "why": ""},
    }


def test_what_was_recorded_before_a_signal_is_there(python: Interpreter, tmp_path: Path) -> None:
    """A killed process leaves all up to its end."""
    file = write(tmp_path, "def run():\n    time.sleep(0)\n    os.kill(os.getpid(), signal.SIGKILL)\n")
    found, recorded = recorded_end(python, file)
    assert found.exit_code == -signal.SIGKILL
    assert [row.kind for row in rows_of(recorded, "MainThread")][-2:] == [Kind.CALL, Kind.RETURN]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "--scenario FILE --params JSON"),
        (["--scenario", "{file}", "--params", "[1]"], "--params takes a JSON object"),
        (["--scenario", "{file}", "--params", "{}"], "has no function run()"),
    ],
)
def test_wrong_calls_are_explained(tmp_path: Path, arguments: list[str], said: str) -> None:
    """With a sentence and exit code 1."""
    file = tmp_path / "program.py"
    file.write_text("RUN = 1\n", encoding="utf-8")
    words = [word.replace("{file}", str(file)) for word in arguments]
    done = subprocess.run([WITH_GIL[-1].path, CHILD, *words], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert said in done.stderr
