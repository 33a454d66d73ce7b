"""A program of one's own runs under Gilscope as it is, and behaves as under plain Python."""

import os
import pty
import re
import select
import shutil
import signal
import subprocess
import sys
import textwrap
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from gilscope import claims, cli, running, serving
from gilscope.collector.interpreters import Interpreter
from gilscope.collector.own import OwnProgram
from gilscope.events import TrackKind
from gilscope.recording import Recording, read
from gilscope.terminal import OK, USAGE
from tests.programs import CHILD, WITH_GIL, ids

PATIENCE = 60.0


def write(folder: Path, text: str, name: str = "mine.py") -> Path:
    """A program as somebody has it."""
    path = folder / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(textwrap.dedent(text), encoding="utf-8")
    return path


def ended(command: list[str], folder: Path, given: str = "") -> tuple[int, str, str]:
    """What a shell sees: exit code, standard output, standard error."""
    done = subprocess.run(
        command, cwd=folder, input=given, capture_output=True, text=True, timeout=PATIENCE, check=False
    )
    return (128 - done.returncode if done.returncode < 0 else done.returncode), done.stdout, done.stderr


def gilscope(*words: str) -> list[str]:
    return [sys.executable, "-m", "gilscope.cli", *words]


def recorded(folder: Path, *words: str, given: str = "") -> tuple[int, str, str]:
    """Under Gilscope, that says nothing of itself."""
    return ended(gilscope("run", "-q", "-o", "x", *words), folder, given)


def plain(folder: Path, *words: str, given: str = "") -> tuple[int, str, str]:
    return ended([sys.executable, *words], folder, given)


def sound(path: Path) -> Recording:
    """The recording, which contradicts itself nowhere."""
    recording = read(path)
    assert claims.report(recording)["contradictions"] == []
    return recording


def recording_of(folder: Path) -> Recording:
    """As far as it is written."""
    path = folder / "mine.gilscope"
    wait_for(path.exists)
    wait_for(lambda: path.stat().st_size > 0)  # its header comes in one piece
    return read(path)


def wait_for(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.01)


SELF = """
import sys, os, pickle
print(sys.argv, sys.orig_argv[1:], sys.path[0], __name__, __file__, __spec__ and __spec__.name, __package__)
print(sorted(globals()), __doc__, type(__loader__).__name__, sys._getframe().f_code.co_filename)
import __main__
class Of: pass
print(pickle.loads(pickle.dumps(Of())).__class__ is Of, __main__.__dict__ is globals(), sys.flags)
"""


@pytest.mark.all_interpreters
@pytest.mark.parametrize("python", WITH_GIL, ids=ids)
def test_it_finds_itself_as_under_plain_python(python: Interpreter, tmp_path: Path) -> None:
    """Arguments, path, main module, in each way of calling it; what isn't there is told in the same words."""
    write(tmp_path, SELF, "at/__main__.py")
    write(tmp_path, SELF, "at/mine.py")
    write(tmp_path, "def wrong(:\n", "wrong.py")
    for words in (
        ["./at/../at/mine.py", "-a", "b c"],
        ["at"],
        ["wrong.py"],
        ["-m", "at", "-q"],
        ["-m", "at.nowhere"],
    ):
        kind = ["--module", *words[1:]] if words[0] == "-m" else ["--script", *words]
        assert ended([str(python.path), str(CHILD), *kind], tmp_path) == ended([str(python.path), *words], tmp_path)


PROGRAM = """
    import os, sys, threading
    from beside import helper
    print(sys.argv, os.getcwd() == os.environ["PWD"], sys.stdin.isatty(), sys.stdin.read())
    print("late", file=sys.stderr)
    helper(int(sys.argv[1]))
"""
HELPER = """
    import os, signal, sys
    def helper(how):
        if how == 1: raise ValueError("no")
        if how == 2: os.kill(os.getpid(), signal.SIGTERM)
        sys.exit(how)
"""


@pytest.mark.parametrize("how", [1, 2, 255])
def test_it_is_given_and_ends_as_under_plain_python(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: int) -> None:
    """Input from a pipe, both outputs apart, traceback, exit code; a signal is 128 more."""
    monkeypatch.setenv("PWD", str(tmp_path))
    write(tmp_path, PROGRAM)
    write(tmp_path, HELPER, "beside.py")
    words = ["mine.py", str(how), "--set", "x"]
    assert recorded(tmp_path, *words, given="typed") == plain(tmp_path, *words, given="typed")
    assert sound(tmp_path / "x").end["exit_code"] == (None if how == 2 else how)  # type: ignore[index]


PROCESSES = """
    import multiprocessing, sys
    from concurrent.futures import ProcessPoolExecutor
    from . import number

    def twice(n):
        return 2 * n * number

    if __name__ == "__main__":
        for way in ("fork", "spawn"):
            context = multiprocessing.get_context(way)
            with ProcessPoolExecutor(1, mp_context=context) as pool:
                print(way, list(pool.map(twice, range(3))), flush=True)
"""


def test_processes_find_the_main_module(tmp_path: Path) -> None:
    """Forked and spawned, of a package that is run by -m: its relative imports work there, too."""
    write(tmp_path, "number = 7\n", "of/__init__.py")
    write(tmp_path, PROCESSES, "of/many.py")
    assert recorded(tmp_path, "-m", "of.many") == plain(tmp_path, "-m", "of.many")
    tracks = sound(tmp_path / "x").tracks.values()
    assert sum(track["kind"] == TrackKind.PROCESS and not track.get("internal") for track in tracks) == 3


def test_pytest_runs_under_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Dots, failures, exit code; only the times differ."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    write(tmp_path, "def test_well(): pass\ndef test_not(): assert [1] == [2]\n", "test_mine.py")
    words = ["-m", "pytest", "-q", "-p", "no:cacheprovider", "test_mine.py"]
    code, out, errors = recorded(tmp_path, *words)
    expected, as_ever, _ = plain(tmp_path, *words)
    assert re.sub(r"in [\d.]+s", "", out) == re.sub(r"in [\d.]+s", "", as_ever)
    assert (code, errors) == (expected, "") == (1, "")
    assert "test_mine.py" in sound(tmp_path / "x").sources


# Terminal and signals

ASKING = """
    import os, signal, sys, time
    came = 0
    def count(number, frame):
        global came
        came += 1
        print("came", flush=True)
    signal.signal(signal.SIGINT, count)
    if sys.stdin.isatty():
        print(sys.stdout.isatty(), os.tcgetpgrp(0) == os.getpgrp(), "hello " + input("name? "), flush=True)
    print("ready", os.getpid(), flush=True)
    while not came:
        time.sleep(0.01)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    time.sleep(0.3)  # one that came twice would end it here
    print("counted", came, flush=True)
    time.sleep(100)
"""


class Terminal:
    """A terminal with a command in it."""

    def __init__(self, file: int) -> None:
        self.file, self.seen = file, ""

    def wait_for(self, text: str) -> None:
        end = time.monotonic() + PATIENCE
        while text not in self.seen:
            ready, _, _ = select.select([self.file], [], [], max(0.0, end - time.monotonic()))
            assert ready, self.seen
            try:
                self.seen += os.read(self.file, 4096).decode()
            except OSError:
                raise AssertionError(self.seen) from None

    def type(self, text: str) -> None:
        os.write(self.file, text.encode())


def in_terminal(folder: Path, *command: str) -> tuple[int, Terminal]:
    pid, file = pty.fork()
    if pid == 0:
        os.chdir(folder)
        os.execv(command[0], command)
    return pid, Terminal(file)


def test_the_terminal_is_the_programs(tmp_path: Path) -> None:
    """input() works; Ctrl-C comes once, and ends it when the program lets it; what was recorded is kept and told."""
    write(tmp_path, ASKING)
    pid, terminal = in_terminal(tmp_path, *gilscope("run", "mine.py"))
    try:
        terminal.wait_for("name? ")
        terminal.type("you\n")
        terminal.wait_for("ready")
        terminal.type("\x03")
        terminal.wait_for("counted 1")
        terminal.type("\x03")
        terminal.wait_for("gilscope show mine.gilscope")
        _, status = os.waitpid(pid, 0)
    finally:
        os.close(terminal.file)
    assert "True True hello you\r\n" in terminal.seen
    assert "KeyboardInterrupt\r\nmine.gilscope: It was ended by SIGINT, as Ctrl-C sends it." in terminal.seen.replace(
        "^C", ""
    )
    assert os.waitstatus_to_exitcode(status) == 128 + signal.SIGINT
    end = sound(tmp_path / "mine.gilscope").end
    assert end is not None
    assert end["verdict"] == "stopped"


@contextmanager
def started(folder: Path, *words: str) -> Iterator[subprocess.Popen[str]]:
    """In a process group of its own, as a shell starts it; no terminal."""
    with subprocess.Popen(
        gilscope("run", *words),
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        process_group=0,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


@pytest.mark.parametrize("to", ["gilscope", "group"])
def test_a_signal_comes_once_whoever_it_was_sent_to(tmp_path: Path, to: str) -> None:
    """To Gilscope alone, it is handed on; to all of them, the program has got it already."""
    write(tmp_path, ASKING)
    with started(tmp_path, "mine.py") as process:
        assert process.stdout
        assert process.stdout.readline().startswith("ready")
        os.kill(process.pid, signal.SIGINT) if to == "gilscope" else os.killpg(process.pid, signal.SIGINT)
        assert [process.stdout.readline(), process.stdout.readline()] == ["came\n", "counted 1\n"]
        os.kill(process.pid, signal.SIGTERM)
        assert process.wait(PATIENCE) == 128 + signal.SIGTERM
    sound(tmp_path / "mine.gilscope")


def test_what_is_recorded_outlives_a_killed_gilscope(tmp_path: Path) -> None:
    """The file is a recording at every moment; the program doesn't outlive its recording unseen."""
    write(tmp_path, ASKING)
    with started(tmp_path, "mine.py") as process:
        assert process.stdout
        program = process.stdout.readline().split()[1]
        wait_for(lambda: bool(len(recording_of(tmp_path).rows)))
        process.send_signal(signal.SIGKILL)
        process.wait(PATIENCE)
        wait_for(lambda: not Path(f"/proc/{program}").exists())
    recording = recording_of(tmp_path)
    assert (recording.end, recording.damage) == (None, [])
    assert any(track["name"] == "MainThread" for track in recording.tracks.values())


# Limits


def test_at_the_limit_of_events_the_recording_ends_and_the_program_goes_on(tmp_path: Path) -> None:
    """It is its user's, not ours: its exit code is its own."""
    write(
        tmp_path,
        """
        import os, threading
        lock = threading.Lock()
        while not os.path.exists("recorded"):
            with lock: pass
        raise SystemExit(3)
        """,
    )
    with started(tmp_path, "--limit", "events=2000", "mine.py") as process:
        wait_for(lambda: recording_of(tmp_path).end is not None)
        (tmp_path / "recorded").touch()
        _, errors = process.communicate(timeout=PATIENCE)
    assert process.returncode == 3
    assert "events, and 2,000 is the limit: the recording ends here, and the program went on without it." in errors
    end = sound(tmp_path / "mine.gilscope").end
    assert end is not None
    assert (end["verdict"], end["exit_code"]) == ("event-limit", None)


SHELL = ("sh", "-c", "trap '' INT HUP; exec 7<mine.py; exec \"$@\"", "sh")
"""As nohup, and with a file for whom it starts."""


def test_no_limit_but_those_that_are_set(tmp_path: Path) -> None:
    """Files aren't limited, those that it is given are there, signals that are ignored stay so. The header says none where
    there is no limit, in JSON that browsers read; one that is set ends the program."""
    write(
        tmp_path,
        """
        import os, resource, signal, sys, threading, time
        print(resource.getrlimit(resource.RLIMIT_FSIZE), resource.getrlimit(resource.RLIMIT_NOFILE), os.fstat(7).st_ino)
        print([signal.getsignal(each) for each in (signal.SIGINT, signal.SIGHUP, signal.SIGTERM)], flush=True)
        if sys.argv[1:]: threading.Thread(target=time.sleep, args=(100,)).start()
        """,
    )
    code, out, errors = ended([*SHELL, *gilscope("run", "--limit", "threads=1", "mine.py", "long")], tmp_path)
    assert (code, out) == (128 + signal.SIGKILL, ended([*SHELL, sys.executable, "mine.py"], tmp_path)[1])
    assert "and 1 is the limit: it was ended." in errors
    assert b"Infinity" not in (tmp_path / "mine.gilscope").read_bytes()
    limited = {name: limit for name, limit in recording_of(tmp_path).header["limits"].items() if limit is not None}
    assert limited == {"events": 5_000_000, "threads": 1}


# The command line

FORM = '"""Title."""\n\ndef run(times: int = 1):\n    print("run", times)\n\nif __name__ == "__main__":\n    print("plain")\n'


@pytest.mark.parametrize(
    ("given", "ours", "words"),
    [
        ("run -o x convoy --set a=1", "run -o x --set a=1", "=convoy"),
        ("run -o x plain.py --set a=1 -m", "run -o x", "plain.py --set a=1 -m"),
        ("run form.py --set times=2 -q", "run --set times=2 -q", "=form.py"),
        ("run form.py", "run", "=form.py"),
        ("run form.py 2", "run", "form.py 2"),
        ("run form.py --verbose", "run", "form.py --verbose"),
        ("run --limit a=1 -- form.py -q", "run --limit a=1", "form.py -q"),
        ("run -q -m pytest -q -o x", "run -q", "-m pytest -q -o x"),
        ("run --help", "run --help", ""),
        ("report form.py", "report form.py", ""),
    ],
)
def test_whose_words_are_whose(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, given: str, ours: str, words: str
) -> None:
    """What stands behind a program is the program's. ``=``: it is run as a scenario."""
    monkeypatch.chdir(tmp_path)
    write(tmp_path, FORM, "form.py")
    write(tmp_path, "print(1)\n", "plain.py")
    for_us, what = running.apart(given.split())
    assert for_us == ours.split()
    assert what == (words[1:] if words[:1] == "=" else words and OwnProgram(tuple(words.split())))


def test_options_with_values_are_known() -> None:
    """Else what stands behind one would be taken for the program."""
    commands = next(each for each in cli.parser()._actions if each.choices and "run" in each.choices)
    assert commands.choices
    options = commands.choices["run"]._actions  # type: ignore[index]
    valued = {name for option in options for name in option.option_strings if option.nargs != 0}
    alone = {name for option in options for name in option.option_strings if option.nargs == 0}
    assert (set(running.VALUED), set(running.ALONE)) == (valued, alone)


def test_a_scenario_can_be_run_as_it_is(tmp_path: Path) -> None:
    """Not its run()."""
    write(tmp_path, FORM)
    assert recorded(tmp_path, "--", "mine.py") == (0, "plain\n", "")


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ([], "What is to be run?"),
        (["-m"], "What is to be run?"),
        (["nowhere.py"], "nowhere.py can't be read: No such file or directory. Expected a Python file."),
        (["-m", "nowhere.at"], f"There is no module nowhere for {sys.executable}. Install it there"),
        (["--set", "a=1", "plain.py"], "--set is for scenarios, and plain.py is run as a program of your own (plain.py:1: has no docstring"),
        (["--set", "a=1", "-m", "json"], "--set is for scenarios, and -m json is run as a program of your own (it is a module)."),
        (["--observe", "3", "form.py", "x"], "--observe is for scenarios, and form.py is run as a program of your own (arguments follow it)."),
        (["--limit", "many=1", "plain.py"], "There is no limit 'many'."),
        (["--no-browser", "plain.py"], "--no-browser is for --show: without that, no page is opened."),
    ],
)  # fmt: skip
def test_what_cannot_be_is_said(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    words: list[str],
    sentence: str,
) -> None:
    """Before anything runs, and nothing is left behind."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("VIRTUAL_ENV", raising=False)
    write(tmp_path, FORM, "form.py")
    write(tmp_path, "print(1)\n", "plain.py")
    assert cli.main(["run", *words]) == USAGE
    out, errors = capsys.readouterr()
    assert (out, errors.count("\n")) == ("", 1)
    assert errors.startswith(f"gilscope: {sentence}")
    assert list(tmp_path.glob("*.gilscope")) == []


def test_the_interpreter_is_that_of_the_active_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """There one's own packages are."""
    monkeypatch.setenv("VIRTUAL_ENV", str(tmp_path))
    assert running._python_of_environment() == sys.executable
    write(tmp_path, "", "bin/python")
    assert running._python_of_environment() == str(tmp_path / "bin" / "python")


# Looking at it


def test_recordings_are_shown_in_one_command(tmp_path: Path) -> None:
    """In a browser that is opened at the address; each has its page, on which it can't be run again: its program isn't the
    server's. Ctrl-C ends it, and leaves the files where they are."""
    write(tmp_path, "import threading\nwith threading.Lock(): pass\n")
    assert recorded(tmp_path, "mine.py", "-v") == (0, "", "")
    shutil.copy(tmp_path / "x", tmp_path / "y")
    browser = write(tmp_path, '#!/bin/sh\nprintf %s "$1" > opened.new; mv opened.new opened\n', "browser")
    browser.chmod(0o755)
    environment = {**os.environ, "BROWSER": str(browser)}
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(
        gilscope("show", "x", "y", "./x"), cwd=tmp_path, env=environment, text=True, **pipes
    ) as server:
        try:
            assert server.stdout
            address = server.stdout.readline().split()[0]
            root, id, _ = re.fullmatch(r"(http://127\.0\.0\.1:\d+/)compare\?ids=(\w{12}),(\w{12})", address).groups()  # type: ignore[union-attr]
            assert fetched(address).count(b"<gil-timeline") == 2
            page = fetched(f"{root}recordings/{id}")
            assert b"python mine.py -v" in page
            assert b"run again" not in page
            assert fetched(f"{root}recordings/{id}/file") == (tmp_path / "x").read_bytes()
            wait_for((tmp_path / "opened").exists)
            assert (tmp_path / "opened").read_text(encoding="utf-8") == address
            server.send_signal(signal.SIGINT)
            assert server.communicate(timeout=PATIENCE)[1] == ""
            assert server.returncode == OK
        finally:
            server.kill()
    assert {path.name for path in tmp_path.iterdir()} >= {"x", "y"}


def fetched(address: str) -> bytes:
    with urllib.request.urlopen(address, timeout=PATIENCE) as answer:
        content: bytes = answer.read()
    return content


def test_one_recording_is_shown_on_its_page() -> None:
    assert serving.page_of(["abc"]) == "recordings/abc"
    assert serving.page_of(["abc", "def"]) == "compare?ids=abc,def"


@pytest.mark.parametrize(
    ("files", "sentence"),
    [
        (["nowhere"], "nowhere can't be read: No such file or directory. Expected a recording."),
        (["."], ". can't be read: Is a directory. Expected a recording."),
        (["mine.py"], "mine.py isn't a recording, or not even its header is whole. `gilscope run` makes them."),
        (["mine.py"] * 7, "At most 6 recordings can be shown beside each other, not 7."),
    ],
)
def test_what_cannot_be_shown_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], files: list[str], sentence: str
) -> None:
    """No server is started for it."""
    monkeypatch.chdir(tmp_path)
    write(tmp_path, "print(1)\n")
    assert cli.main(["show", "--no-browser", *files]) == USAGE
    assert capsys.readouterr() == ("", f"gilscope: {sentence}\n")
