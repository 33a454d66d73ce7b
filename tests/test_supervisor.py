"""A program is started as any other, and what it prints is told. All processes here are real."""

import json
import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from gilscope.collector import verdicts
from gilscope.collector.files import FILE_BYTES, OPEN_FILES
from gilscope.collector.supervisor import Program
from gilscope.errors import BadInterpreter
from tests.staged import PATIENCE, ROOMY, Stage, marked, state, wait_until

ROOT = Path(__file__).resolve().parent.parent


def test_a_program_starts_as_any_other(stage: Stage) -> None:
    """Arguments, environment, folder, input, session, files, signals and limits are as the contract says."""
    program = stage.run("""
        kinds = [resource.RLIMIT_CORE, resource.RLIMIT_FSIZE, resource.RLIMIT_NOFILE]
        say(json.dumps({
            "arguments": sys.argv, "environment": {name: os.environ[name] for name in os.environ if name != "LC_CTYPE"},
            "folder": os.getcwd(), "input": sys.stdin.read(),
            "session": os.getsid(0) == os.getpid(), "pid": os.getpid(),
            "files": [int(name) for name in os.listdir("/proc/self/fd") if os.path.exists("/proc/self/fd/" + name)],
            "signals": [line.split()[1] for line in open("/proc/self/status") if line.startswith(("SigBlk", "SigIgn"))],
            "limits": [resource.getrlimit(kind) for kind in kinds],
        }))
    """)
    told = json.loads(stage.printed["stdout"])
    assert told["arguments"] == [str(stage.folder / "program.py"), stage.token]
    assert told["environment"] == {"MARK": "here", "GILSCOPE_RUN": told["environment"]["GILSCOPE_RUN"]}
    assert told["folder"] == str(stage.folder)
    assert (told["input"], told["session"], told["pid"]) == ("", True, program.pid)
    assert told["files"] == [0, 1, 2]
    # Python itself ignores SIGPIPE and SIGXFSZ; nothing else is ignored, nothing blocked. 32 and 33 are the C library's.
    ignored, of_library = 1 << signal.SIGPIPE - 1 | 1 << signal.SIGXFSZ - 1, 1 << 31 | 1 << 32
    assert [int(mask, 16) & ~of_library for mask in told["signals"]] == [0, ignored]
    assert told["limits"] == [[0, 0], [FILE_BYTES] * 2, [OPEN_FILES] * 2]


def test_it_waits_for_its_release(stage: Stage) -> None:
    """Until then no instruction of it is executed, so that whoever wants to can begin to watch."""
    program = stage.prepare("say(time.monotonic_ns())")
    assert program.alive and program.look() is None
    assert os.getsid(program.pid) == program.pid
    assert marked(stage.token) == []  # it isn't the program yet
    wait_until(lambda: state(program._guardian) == "S")
    assert {state(program._guardian) for _ in range(200)} == {"S"}  # and nobody is kept busy by it
    before = time.monotonic_ns()
    released = program.release()
    stage.hear(program, "\n")
    assert before <= released <= int(stage.printed["stdout"])


@pytest.mark.parametrize(
    ("script", "exit_code", "killed_by", "word", "sentence"),
    [
        ("pass", 0, None, "ok", "It ended by itself."),
        ("sys.exit(7)", 7, None, "failed", "It ended with exit code 7."),
        ("os.abort()", None, signal.SIGABRT, "killed", "It was killed by signal 6 (SIGABRT)."),
        ("os.kill(os.getpid(), 9)", None, signal.SIGKILL, "killed", "It was killed by signal 9 (SIGKILL)."),
        ("os.kill(os.getpid(), 40)", None, 40, "killed", "It was killed by signal 40 (a real-time signal)."),
    ],
)
def test_its_own_end_is_told(
    stage: Stage, script: str, exit_code: int | None, killed_by: int | None, word: str, sentence: str
) -> None:
    """Exit code or signal, and their verdicts."""
    program = stage.run(script)
    assert not program.alive
    assert (program.exit_code, program.signal) == (exit_code, killed_by)
    assert verdicts.ended(program.exit_code, program.signal) == (word, sentence)


def test_what_cannot_be_executed_is_an_error(stage: Stage) -> None:
    """A file that is missing, not executable or no program, and a folder that is missing: one sentence, nothing left."""
    text = stage.folder / "text"
    text.write_text("no program")
    script = stage.folder / "script"
    script.write_text("no program")
    script.chmod(0o755)
    for command, folder, reason in (
        (stage.folder / "missing", stage.folder, "No such file or directory"),
        (text, stage.folder, "Permission denied"),
        (script, stage.folder, "Exec format error"),
        (Path(sys.executable), stage.folder / "missing", "No such file or directory"),
    ):
        program = Program([command], {}, folder, ROOMY, light=False)
        with pytest.raises(BadInterpreter, match=f"{command} can't be started in {folder}: {reason}"):
            program.release()
        assert not program.alive
        assert not Path("/proc", str(program.pid)).exists()


LIMITED = """
import os, resource, sys
from pathlib import Path
from gilscope.collector import weight
from gilscope.collector.supervisor import Program
from gilscope.collector.verdicts import Limits

def attempt():
    try:
        Program([sys.executable, "-c", ""], {}, Path("/"), Limits(), light=True).end()
    except OSError as error:
        return error.strerror

def groups():
    return [group for _, own, _ in weight._own_groups() for group in own.glob(f"gilscope-{os.getpid()}-*")]

assert attempt() is None  # everything that is loaded late is loaded now
files = os.listdir("/proc/self/fd")
"""


def limited(script: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", LIMITED + textwrap.dedent(script)],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        cwd=ROOT,
        check=False,
    )


def test_a_start_that_fails_leaves_nothing() -> None:
    """With any number of files missing, it is an OSError, and no file and no child is left."""
    done = limited("""
        said = set()
        for spare in range(1, 20):
            resource.setrlimit(resource.RLIMIT_NOFILE, (3 + spare, 20000))
            said.add(attempt())
            resource.setrlimit(resource.RLIMIT_NOFILE, (1000, 20000))
            assert os.listdir("/proc/self/fd") == files and groups() == [], spare
        assert said >= {None, "Too many open files"}, said
        try:
            os.wait()
        except ChildProcessError:
            print("no child")
    """)
    assert (done.stdout, done.stderr) == ("no child\n", "")


def test_a_signal_in_the_middle_of_a_start_does_not_let_the_child_loose() -> None:
    """Ctrl-C just after the fork must not raise KeyboardInterrupt in the copy, which would go on as if it were us."""
    done = limited("""
        import signal
        signal.signal(signal.SIGINT, signal.default_int_handler)
        os.register_at_fork(after_in_child=lambda: os.kill(os.getpid(), signal.SIGINT))
        me = os.getpid()
        try:
            assert attempt() is None
        except KeyboardInterrupt:
            pass
        print("mine" if os.getpid() == me else "its copy's", flush=True)
        os._exit(0)
    """)
    assert (done.stdout, done.stderr) == ("mine\n", "")


def test_a_collector_may_ignore_the_ends_of_its_children() -> None:
    """Some that start servers leave that to them. Then nobody can wait for the guardian; all ends nevertheless."""
    done = limited("""
        import signal
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)
        program = Program([sys.executable, "-c", "while True: pass"], {}, Path("/"), Limits())
        program.release()
        program.end()
        print(program.signal, os.path.exists(f"/proc/{program.pid}"), os.listdir("/proc/self/fd") == files)
    """)
    assert (done.stdout, done.stderr) == ("9 False True\n", "")


PIDS = Path("/sys/fs/cgroup/pids")


@pytest.mark.skipif(
    not os.access(PIDS / "cgroup.procs", os.W_OK), reason="needs the pids cgroup to run out of processes"
)
def test_a_start_without_room_for_a_process_leaves_nothing() -> None:
    """Neither when there is none for the guardian, nor when there is none for the program."""
    folder = PIDS / f"gilscope-test-{os.getpid()}"
    folder.mkdir()
    try:
        done = limited(f"""
            Path("{folder}/cgroup.procs").write_text(str(os.getpid()))
            for most in 1, 2:
                Path("{folder}/pids.max").write_text(str(most))
                assert attempt() == "Resource temporarily unavailable"
                assert os.listdir("/proc/self/fd") == files and groups() == []
            Path("{folder}/pids.max").write_text("max")
            assert attempt() is None
            try:
                os.wait()
            except ChildProcessError:
                print("no child")
        """)
    finally:
        wait_until(lambda: not (folder / "cgroup.procs").read_text())
        folder.rmdir()
    assert (done.stdout, done.stderr) == ("no child\n", "")


def test_output_comes_as_it_is_printed(stage: Stage) -> None:
    """Both streams, a character that comes in two parts, bytes that are no text, and the last words."""
    program = stage.start("""
        euro = "€".encode()
        os.write(1, b"begin " + euro[:1])
        os.write(2, b"error \\xff")
        wait_for("on")
        os.write(1, euro[1:])
        os.write(1, b" end")
    """)
    wait_until(lambda: stage.listen(program) and "stderr" in stage.printed)
    assert stage.printed == {"stdout": "begin ", "stderr": "error \N{REPLACEMENT CHARACTER}"}
    (stage.folder / "on").touch()
    wait_until(lambda: not program.alive)
    program.end()
    assert stage.listen(program) == "begin € end"
    assert program.output() == []


def test_half_a_character_at_the_end_is_told(stage: Stage) -> None:
    """Nothing that was printed vanishes."""
    stage.run("os.write(1, b'\\xe2\\x82')")
    assert stage.printed == {"stdout": "\N{REPLACEMENT CHARACTER}"}


def test_a_program_need_not_wait_between_two_looks(stage: Stage) -> None:
    """Half a MiB fits, though nobody reads."""
    program = stage.start("print('x' * (1 << 19), flush=True)")
    wait_until(lambda: not program.alive)  # reads nothing
    program.end()
    assert len(stage.listen(program)) == (1 << 19) + 1
