"""Whatever a program does, it keeps to its limits, and nothing of it outlives its end. All processes here are real."""

import fcntl
import json
import os
import signal
import subprocess
import sys
import textwrap
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gilscope.collector import tree, verdicts, weight
from gilscope.collector.files import FILE_BYTES, OPEN_FILES
from gilscope.collector.supervisor import Program
from gilscope.collector.tree import Tree
from gilscope.collector.verdicts import Limits, Verdict
from gilscope.errors import BadInterpreter

ROOT = Path(__file__).resolve().parent.parent
PATIENCE = 60.0
"""Seconds; only ever spent by a test that fails."""

PROLOGUE = """
import ctypes, json, mmap, os, resource, signal, subprocess, sys, threading, time
FOREVER = 1000
def say(text):
    print(text, flush=True)
def child(function, *arguments):
    "Fork; in the child call the function and end."
    pid = os.fork()
    if pid == 0:
        try:
            function(*arguments)
        finally:
            os._exit(0)
    return pid
def burn(seconds):
    end = time.process_time() + seconds
    while time.process_time() < end:
        pass
def wait_for(path):
    while not os.path.exists(path):
        time.sleep(0.001)
"""

needs_cgroup = pytest.mark.skipif(weight.weight_means() != "cgroup", reason="no cgroup can be made here")
ROOMY = Limits(wall_seconds=600, cpu_seconds=600, processes=1000, threads=2000)


def wait_until(condition: Callable[[], Any]) -> Any:
    """What the condition gives once it gives something."""
    end = time.monotonic() + PATIENCE
    while not (given := condition()):
        assert time.monotonic() < end, f"{condition} didn't come true in {PATIENCE} s"
        time.sleep(0.002)
    return given


def marked(token: str) -> list[int]:
    """All processes with the token in their command line; forks keep it, whatever else they do."""
    found = []
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                line = Path("/proc", name, "cmdline").read_bytes()
            except OSError:
                continue
            if token.encode() in line:
                found.append(int(name))
    return found


def children() -> set[int]:
    """Of this process, zombies included."""
    seen = [tree.read(int(name)) for name in os.listdir("/proc") if name.isdigit()]
    return {process.pid for process in seen if process and process.parent == os.getpid()}


def open_files() -> set[str]:
    return set(os.listdir("/proc/self/fd"))


class Stage:
    """Starts programs, and knows what must not be left of them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.token = uuid.uuid4().hex
        self.programs: list[Program] = []
        self.printed: dict[str, str] = {}

    def command(self, script: str) -> list[str | Path]:
        file = self.folder / "program.py"
        file.write_text(PROLOGUE + textwrap.dedent(script), encoding="utf-8")
        return [sys.executable, "-S", "-E", file, self.token]

    def prepare(self, script: str, limits: Limits = ROOMY, light: bool = False) -> Program:
        program = Program(self.command(script), {"MARK": "here"}, self.folder, limits, light)
        self.programs.append(program)
        return program

    def start(self, script: str, limits: Limits = ROOMY, light: bool = False) -> Program:
        program = self.prepare(script, limits, light)
        program.release()
        return program

    def listen(self, program: Program) -> str:
        """All that was printed so far."""
        for stream, text in program.output():
            self.printed[stream] = self.printed.get(stream, "") + text
        return self.printed.get("stdout", "")

    def hear(self, program: Program, text: str) -> None:
        """Watch until the program says this, without a verdict."""

        def heard() -> bool:
            verdict = program.look()
            assert verdict is None, verdict
            assert text in self.listen(program) or program.alive, self.printed
            return text in self.listen(program)

        wait_until(heard)

    def verdict(self, program: Program) -> Verdict:
        """Watch until a limit is exceeded, then end it."""
        verdict: Verdict = wait_until(program.look)
        program.end()
        self.listen(program)
        return verdict

    def run(self, script: str, limits: Limits = ROOMY) -> Program:
        """From start to end."""
        program = self.start(script, limits)
        wait_until(lambda: (self.listen(program) and program.look()) or not program.alive)
        program.end()
        self.listen(program)
        return program


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    """After each test nothing of its programs is left: no process, no zombie, no open file, no cgroup."""
    before = open_files(), children(), groups()
    stage = Stage(tmp_path)
    yield stage
    for program in stage.programs:
        program.end()
    assert marked(stage.token) == []
    assert (open_files(), children(), groups()) == before


def groups() -> set[Path]:
    """Cgroups that this process has made."""
    folders = [own for _, own, _ in weight._own_groups()]
    return {group for folder in folders for group in folder.glob(f"gilscope-{os.getpid()}-*")}


# Starting


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


# Output


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


# Limits

MIB = 1 << 20

EXCEEDING: dict[str, tuple[str, Limits, str]] = {
    "wall-limit": ("time.sleep(FOREVER)", replace(ROOMY, wall_seconds=0.2), "200 ms is the limit"),
    "cpu-limit": ("burn(FOREVER)", replace(ROOMY, cpu_seconds=0.2), "200 ms is the limit"),
    "memory-limit": (
        "kept = b'x' * (200 << 20); time.sleep(FOREVER)",
        replace(ROOMY, memory_bytes=100 * MIB),
        "100 MiB is the limit",
    ),
    "process-limit": (
        "for _ in range(12): child(time.sleep, FOREVER)\ntime.sleep(FOREVER)",
        replace(ROOMY, processes=10),
        "10 is the limit",
    ),
    "thread-limit": (
        "for _ in range(12): threading.Thread(target=time.sleep, args=[FOREVER]).start()",
        replace(ROOMY, threads=10),
        "10 is the limit",
    ),
    "output-limit": ("while True: say('y' * 100)", replace(ROOMY, output_bytes=5000), "5,000 is the limit"),
}


@pytest.mark.parametrize("word", EXCEEDING)
def test_a_limit_ends_in_its_verdict(stage: Stage, word: str) -> None:
    """Each limit by a program that exceeds this one alone; what it printed before is kept."""
    script, limits, sentence = EXCEEDING[word]
    program = stage.start("say('before')\n" + script, limits)
    wait_until(lambda: "before\n" in stage.listen(program))
    verdict = stage.verdict(program)
    assert verdict.word == word
    assert verdict.sentence.endswith(f"{sentence}: it was ended. What was recorded until then is kept.")
    assert stage.printed["stdout"].startswith("before\n")
    assert program.signal == signal.SIGKILL


def test_no_more_output_is_kept_than_the_limit(stage: Stage) -> None:
    """To the byte, both streams together, though the program goes on printing."""
    program = stage.start(
        "child(lambda: [os.write(2, b'z' * 1000) for _ in iter(int, 1)])\nwhile True: os.write(1, b'y' * 1000)",
        replace(ROOMY, output_bytes=123_456),
    )
    stage.verdict(program)
    assert sum(len(text) for text in stage.printed.values()) == 123_456


def test_output_beyond_the_limit_is_not_cut_silently(stage: Stage) -> None:
    """Though the program has ended by itself before anybody looked, its verdict is that it printed too much."""
    program = stage.start("print('x' * 5000)", replace(ROOMY, output_bytes=4000))
    wait_until(lambda: not Path("/proc", str(program.pid)).exists())
    assert program.alive
    assert stage.verdict(program).word == "output-limit"
    assert stage.printed == {"stdout": "x" * 4000}
    assert not program.alive


def test_a_verdict_is_not_missed(stage: Stage) -> None:
    """What was ended for a limit doesn't count as over before the verdict was looked at."""
    program = stage.start("time.sleep(FOREVER)", replace(ROOMY, wall_seconds=0.05))
    wait_until(lambda: not Path("/proc", str(program.pid)).exists())
    assert program.alive
    assert stage.verdict(program).word == "wall-limit"


@pytest.mark.parametrize("way", ["os.waitpid(child(burn, 0.01), 0)", "os.waitpid(child(child, burn, 0.01), 0)"])
def test_time_of_ended_processes_counts(stage: Stage, way: str) -> None:
    """Of those that lived too short to be seen: children that their parent has waited for, and orphans."""
    program = stage.start(f"for _ in range(60): {way}\nsay('ready')\ntime.sleep(FOREVER)")
    wait_until(lambda: program.look() or program.cpu_ns >= 600_000_000)
    assert program.alive


def test_time_of_all_processes_counts(stage: Stage) -> None:
    """One after the other they compute less than the limit; all together, though most have ended, more."""
    program = stage.start("while True: os.waitpid(child(burn, 0.05), 0)", replace(ROOMY, cpu_seconds=0.5))
    assert stage.verdict(program).word == "cpu-limit"
    assert program.cpu_ns >= 500_000_000


def test_time_that_no_parent_is_told_of_counts(stage: Stage) -> None:
    """The kernel forgets the time of children whose parent doesn't care for them: then it counts as it was seen."""
    program = stage.start(
        """
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)
        while True:
            pid = child(burn, 0.2)
            while os.path.exists(f"/proc/{pid}"):
                time.sleep(0.001)
        """,
        replace(ROOMY, cpu_seconds=0.6),
    )
    assert stage.verdict(program).word == "cpu-limit"


def test_time_is_exact_at_the_end(stage: Stage) -> None:
    """By the kernel's account of all processes that were waited for, not by the last look."""
    program = stage.start("burn(0.1); os.waitpid(child(burn, 0.1), 0); child(burn, 0.1); say(time.process_time())")
    wait_until(lambda: not program.alive)
    wait_until(lambda: not marked(stage.token))
    program.end()
    own = float(stage.listen(program))
    assert own + 0.2 <= program.cpu_ns / 1e9 < own + 0.3  # more would be one of them counted twice


def test_memory_of_all_processes_counts(stage: Stage) -> None:
    """None holds more than the limit, both together do; as much is told as the peak."""
    program = stage.start(
        """
        def hold():
            kept = b"x" * (60 << 20)
            time.sleep(FOREVER)
        child(hold)
        hold()
        """,
        replace(ROOMY, memory_bytes=100 * MIB),
    )
    assert stage.verdict(program).word == "memory-limit"
    assert program.peak_memory_bytes > 100 * MIB


def test_memory_that_is_shared_counts_once_or_not(stage: Stage) -> None:
    """Pages that fork left to several processes are held once; shared mappings, such as the rings, aren't held at all."""
    program = stage.start(
        """
        shared = mmap.mmap(-1, 200 << 20)
        for page in range(0, len(shared), 4096):
            shared[page] = 1
        kept = b"x" * (60 << 20)
        for _ in range(3):
            child(time.sleep, FOREVER)
        say("ready")
        burn(FOREVER)
        """,
        replace(ROOMY, memory_bytes=100 * MIB),
    )
    stage.hear(program, "ready")
    seen = program.cpu_ns
    wait_until(lambda: program.look() or program.cpu_ns > seen + 100_000_000)  # several looks of the guardian later
    assert program.look() is None
    assert 60 * MIB < program.peak_memory_bytes <= 100 * MIB


def test_the_peak_is_of_private_memory(stage: Stage) -> None:
    """Below the limit too."""
    program = stage.start("""
        shared = mmap.mmap(-1, 200 << 20)
        for page in range(0, len(shared), 4096):
            shared[page] = 1
        kept = b"x" * (60 << 20)
        say("ready")
        burn(FOREVER)
    """)
    stage.hear(program, "ready")
    wait_until(lambda: program.look() or program.peak_memory_bytes > 60 * MIB)
    program.end()
    assert program.peak_memory_bytes < 100 * MIB


def test_the_collectors_memory_does_not_count(stage: Stage) -> None:
    """The first process begins as a copy of it, which may be larger than the limit."""
    kept = b"x" * (300 * MIB)
    program = stage.run("say('small')", replace(ROOMY, memory_bytes=100 * MIB))
    assert len(kept) == 300 * MIB
    assert program.exit_code == 0
    assert program.peak_memory_bytes < 100 * MIB


def test_threads_of_all_processes_count(stage: Stage) -> None:
    """Also those of a process whose main thread has ended by itself."""
    program = stage.start(
        """
        def crowd():
            for _ in range(7):
                threading.Thread(target=time.sleep, args=[FOREVER]).start()
        def headless():
            crowd()
            ctypes.CDLL(None).pthread_exit(None)
        child(headless)
        crowd()
        time.sleep(FOREVER)
        """,
        replace(ROOMY, threads=12),
    )
    assert stage.verdict(program).word == "thread-limit"


@pytest.mark.parametrize("light", [False, True])
def test_a_fork_bomb_is_ended(stage: Stage, light: bool) -> None:
    """It is more than allowed, and nothing is left of it."""
    program = stage.start(
        """
        count = mmap.mmap(-1, 8)
        say("before")
        while int.from_bytes(count, "little") < 600:  # should it ever get away
            count[:] = (int.from_bytes(count, "little") + 1).to_bytes(8, "little")
            os.fork()
        time.sleep(FOREVER)
        """,
        replace(ROOMY, processes=30),
        light,
    )
    verdict = stage.verdict(program)
    assert verdict.word == "process-limit"
    assert marked(stage.token) == []
    assert stage.printed["stdout"] == "before\n"


# The end

STUBBORN = """
for number in signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}:
    signal.signal(number, signal.SIG_IGN)

def wait():
    time.sleep(FOREVER)
def escape():
    os.setsid()
    wait()
def vanish():
    os.setsid()
    child(escape)
def forget():
    os.execve(sys.executable, [sys.executable, "-c", "import time; time.sleep(1000)", sys.argv[1]], {})
def stop():
    os.kill(os.getpid(), signal.SIGSTOP)
def hang():
    threading.Thread(target=ctypes.PyDLL(None).sleep, args=[FOREVER]).start()  # keeps the GIL
def wake():
    while True:  # whoever is stopped
        os.killpg(0, signal.SIGCONT)
def respawn():
    "Two that replace each other."
    while True:
        other = os.getpid()
        if os.fork():
            os.wait()
        else:
            while os.getppid() == other:
                time.sleep(0.001)

def tree(plain, others):
    for _ in range(plain):
        child(wait)
    for function in escape, vanish, forget, stop, hang, respawn:
        for _ in range(others):
            child(function)
    child(wake)
"""


@pytest.mark.parametrize("light", [False, True])
def test_the_end_ends_everything(stage: Stage, light: bool, record_property: Callable[[str, object], None]) -> None:
    """250 processes and more that do all they can to live on."""
    program = stage.start(STUBBORN + "tree(150, 20)\nsay('ready')\nwait()", light=light)
    stage.hear(program, "ready")
    wait_until(lambda: len(marked(stage.token)) >= 250)
    begin = time.monotonic()
    program.end()
    took = time.monotonic() - begin
    assert marked(stage.token) == []
    record_property("seconds", took)
    print(f"ended in {took * 1000:.0f} ms")
    assert took < 20
    assert program.signal == signal.SIGKILL


def test_what_the_first_process_leaves_is_ended(stage: Stage) -> None:
    """The run is over with its first process."""
    program = stage.start(STUBBORN + "tree(3, 3)")
    wait_until(lambda: not program.alive)
    assert program.exit_code == 0
    program.end()
    assert marked(stage.token) == []


def test_the_end_may_come_at_any_time(stage: Stage) -> None:
    """Before the release, after its own end, and twice."""
    program = stage.prepare("time.sleep(FOREVER)")
    program.end()
    assert not program.alive and program.signal == signal.SIGKILL
    program.end()
    assert program.look() is None and program.output() == []
    stage.run("pass").end()


def test_twenty_runs_leave_no_file_and_no_zombie(stage: Stage) -> None:
    """The fixture looks after them; here while the object still exists."""
    before = open_files(), children()
    programs = [stage.run("say('x')") for _ in range(20)]
    assert (open_files(), children()) == before
    assert [program.exit_code for program in programs] == [0] * 20


@pytest.mark.parametrize("light", [False, True])
@pytest.mark.parametrize(
    "attack",
    [
        "for number in signal.valid_signals() - {9, 19}: os.kill(guardian, number)",
        "os.kill(guardian, signal.SIGSTOP)",
        "os.kill(guardian, signal.SIGKILL)",
    ],
)
def test_a_guardian_under_attack(stage: Stage, attack: str, light: bool) -> None:
    """The program can stop and even kill its guardian. It doesn't outlive that."""
    program = stage.start(
        STUBBORN
        + textwrap.dedent(f"""
        guardian = os.getppid()
        tree(3, 3)
        say("ready")
        wait_for("on")
        {attack}
        say("attacked")
        wait()
        """),
        light=light,
    )
    stage.hear(program, "ready")
    wait_until(lambda: len(marked(stage.token)) >= 22)
    known = set(marked(stage.token))
    wait_until(lambda: program.look() or program._known.keys() >= known & set(marked(stage.token)))
    known = set(program._known)
    (stage.folder / "on").touch()
    if "SIGKILL" in attack:
        wait_until(lambda: not Path("/proc", str(program.pid)).exists())  # the kernel has done that
        assert not program.alive
    else:
        wait_until(lambda: "attacked" in stage.listen(program))
    program.end()
    assert marked(stage.token) == []
    assert program.signal == signal.SIGKILL
    assert set(program.gone()) >= known


def test_a_stopped_guardian_is_woken(stage: Stage) -> None:
    """Limits hold, though the program has stopped who watches it."""
    script = "os.kill(os.getppid(), signal.SIGSTOP)\ntime.sleep(FOREVER)"
    program = stage.start(script, replace(ROOMY, wall_seconds=0.3))
    assert stage.verdict(program).word == "wall-limit"


@pytest.mark.parametrize(
    ("function", "light"),
    [
        ("escape", False),  # found by the mark in its environment
        pytest.param("forget", True, marks=needs_cgroup),  # has none, but is in the cgroup
    ],
)
def test_who_is_born_after_the_guardian_s_death_is_ended(stage: Stage, function: str, light: bool) -> None:
    """Nobody has seen it, and its parent has ended: it is the child of a stranger."""
    program = stage.start(
        STUBBORN
        + textwrap.dedent(f"""
        guardian = os.getppid()
        def attack():
            os.setsid()
            os.kill(guardian, signal.SIGKILL)
            child({function})
            os.kill(os.getpid(), signal.SIGKILL)
        child(attack)
        wait()
        """),
        light=light,
    )
    wait_until(lambda: not program.alive)
    program.end()
    wait_until(lambda: not marked(stage.token))


def state(pid: int) -> str:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][0]


COLLECTOR = """
import sys, time
from pathlib import Path
from gilscope.collector.supervisor import Program
from gilscope.collector.verdicts import Limits

script, token, folder, light, release = sys.argv[1:]
limits = Limits(processes=1000, wall_seconds=600)
program = Program([sys.executable, "-S", "-E", script, token], {}, Path(folder), limits, bool(int(light)))
if int(release):
    program.release()
    while "ready" not in "".join(text for _, text in program.output()):
        assert program.alive
        time.sleep(0.01)
print("ready", flush=True)
time.sleep(1000)
"""


@pytest.mark.parametrize("light", [False, True])
@pytest.mark.parametrize("release", [False, True])
def test_nothing_outlives_a_killed_collector(stage: Stage, light: bool, release: bool) -> None:
    """SIGKILL: the collector has no chance to do anything. The guardian ends the tree, and itself."""
    _, _, _, script, token = stage.command(STUBBORN + "tree(10, 5)\nsay('ready')\nwait()")
    arguments = [script, token, stage.folder, str(int(light)), str(int(release))]
    collector = subprocess.Popen(
        [sys.executable, "-c", COLLECTOR, *arguments], stdout=subprocess.PIPE, text=True, cwd=ROOT
    )
    assert collector.stdout is not None
    with collector, collector.stdout:
        try:
            assert collector.stdout.readline() == "ready\n"
            assert len(marked(stage.token)) >= (20 if release else 3)  # the guardian has the collector's command line
        finally:
            collector.kill()
        assert collector.stdout.read() == ""  # whoever reads it isn't kept waiting by the guardian
    wait_until(lambda: not marked(stage.token))
    assert not [group for folder in own_groups() for group in folder.glob(f"gilscope-{collector.pid}-*")]


# The tree


def test_ended_processes_are_told(stage: Stage) -> None:
    """Its own, its children's, those of orphans, and those that have only been seen in the rings."""
    program = stage.start("""
        def orphan():
            pid = child(wait_for, "on")
            say(f"orphan {pid}")
        say(f"child {child(wait_for, 'on')}")
        os.waitpid(child(orphan), 0)
        short = child(lambda: None)
        os.waitpid(short, 0)
        say(f"short {short}")
        os.wait()
        wait_for("off")
    """)
    stage.hear(program, "short")
    words = stage.printed["stdout"].split()
    pids = {name: int(pid) for name, pid in zip(words[::2], words[1::2], strict=True)}
    assert not {pids["orphan"], pids["child"], program.pid} & set(program.gone())
    assert program.gone([program.pid, pids["short"]]) == [pids["short"]]
    wait_until(lambda: program.look() or program._known.keys() >= {pids["orphan"], pids["child"]})
    (stage.folder / "on").touch()
    told: set[int] = set()

    def both_told() -> bool:
        told.update(program.gone())
        return told >= {pids["orphan"], pids["child"]}

    wait_until(both_told)
    assert program.pid not in told
    program.end()
    assert program.pid in program.gone()
    assert program.gone() == []


def test_the_end_of_orphans_is_told_however_short_they_lived(stage: Stage) -> None:
    """The guardian has waited for them."""
    program = stage.start("""
        for _ in range(50):
            os.waitpid(child(lambda: say(child(lambda: None))), 0)
        say("ready")
        time.sleep(FOREVER)
    """)
    stage.hear(program, "ready")
    orphans = set(map(int, stage.printed["stdout"].split()[:-1]))
    assert len(orphans) == 50
    told: set[int] = set()

    def all_told() -> bool:
        told.update(program.gone())
        return told >= orphans

    wait_until(all_told)


def test_the_guardian_does_not_depend_on_the_collector(stage: Stage) -> None:
    """Who doesn't listen doesn't hinder it from keeping the limits, and is told everything later."""
    program = stage.start(
        """
        for _ in range(300):
            os.waitpid(child(lambda: say(child(lambda: None))), 0)
        for _ in range(20):
            threading.Thread(target=time.sleep, args=[FOREVER]).start()
        """,
        replace(ROOMY, threads=10),
    )
    fcntl.fcntl(program._reports, fcntl.F_SETPIPE_SZ, 4096)  # room for two hundred reports
    wait_until(lambda: not Path("/proc", str(program.pid)).exists())
    assert stage.verdict(program).word == "thread-limit"
    orphans = set(map(int, stage.printed["stdout"].split()))
    assert len(orphans) == 300
    assert set(program.gone()) >= orphans


def test_a_mark_is_found_in_what_a_process_was_given() -> None:
    """At the beginning of its environment, whole; not in what only begins alike."""
    environments = [{"A": "1", "B": "2"}, {"A": "12"}, {"B": "2", "A": "1"}]
    children = [subprocess.Popen([sys.executable, "-c", "input()"], env=each, stdin=-1) for each in environments]
    try:
        found = tree.carrying("A=1")
        assert found.keys() & {child.pid for child in children} == {children[0].pid}
        now = tree.read(children[0].pid)
        assert now and found[now.pid] == now.start
    finally:
        for child in children:
            child.communicate(b"\n")


def test_a_process_is_not_taken_for_a_later_one() -> None:
    """The pid is the same, the process isn't: the signal isn't sent."""
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as innocent:
        now = tree.read(innocent.pid)
        assert now
        earlier = now._replace(start=now.start - 1)
        tree.send(earlier, signal.SIGKILL)
        assert Tree(now.pid, {now.pid: earlier.start}).processes == {}
        other = Tree(now.pid)
        other.processes[now.pid] = earlier
        other.scan()
        assert other.processes == {}
        innocent.communicate(b"\n")
        assert innocent.returncode == 0
    tree.send(now, signal.SIGKILL)  # it has ended: nothing happens


def test_a_tree_is_its_root_s_descendants(stage: Stage) -> None:
    """Not the root, not what is beside it; parents come before their children, however deep."""
    script = "\n".join(["if os.fork() == 0: pass", "else: time.sleep(FOREVER)"] * 5)
    program = stage.start(script + "\nsay('ready')\ntime.sleep(FOREVER)")
    stage.hear(program, "ready")
    (mine, other) = Tree(program.pid), Tree(os.getpid())
    mine.scan()
    other.scan()
    pids = list(mine.processes)
    assert set(pids) == set(marked(stage.token)) - {program.pid} and len(pids) == 5
    assert [process.parent for process in mine.processes.values()] == [program.pid, *pids[:-1]]
    assert {program.pid, *pids} < set(other.processes) and os.getpid() not in other.processes


def test_nothing_is_decided_about_a_process_whose_parent_has_just_ended() -> None:
    """Read while its parent ended, it may be of the tree: the next scan knows."""
    me = tree.read(os.getpid())
    assert me
    found = Tree(me.parent)
    found._place({me.pid: me._replace(parent=1 << 22)})
    found.scan()
    assert me.pid in found.processes


# Weight


def weights(pids: list[int]) -> set[str]:
    """Of the autogroups of these processes, as far as they live. Who never opened a session is in none: as heavy as any."""
    found = set()
    for pid in pids:
        with suppress(OSError):
            found.add((Path(f"/proc/{pid}/autogroup").read_text().split() or ["0"])[-1])
    return found


def own_groups() -> list[Path]:
    return [own for _, own, _ in weight._own_groups()]


FAMILY = STUBBORN + "tree(2, 2)\nsay('ready')\nwait()"


@needs_cgroup
def test_a_light_run_is_in_a_cgroup_of_its_own(stage: Stage) -> None:
    """All of it, with little weight; a run that isn't light is in none."""
    program = stage.start(FAMILY, light=True)
    stage.hear(program, "ready")
    assert program.weight == "cgroup"
    (group,) = groups()
    (control,) = [control for control in (weight.SHARES, weight.WEIGHT) if (group / control.file).exists()]
    assert (group / control.file).read_text() == f"{control.light}\n"
    # In the moment between two looks some of the tree may come and go.
    wait_until(lambda: set(map(int, (group / "cgroup.procs").read_text().split())) == set(marked(stage.token)))
    program.end()
    assert groups() == set()
    plain = stage.start(FAMILY, light=False)
    assert plain.weight is None and groups() == set()


@pytest.mark.skipif(not weight.autogroups(), reason="sessions aren't weighed against each other here")
def test_without_a_cgroup_all_its_sessions_are_light(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those too that it opens as it goes; only the guardian has the usual weight."""
    monkeypatch.setenv(weight.SETTING, "autogroup")
    program = stage.start(FAMILY, light=True)
    assert program.weight == "autogroup" and weights([program.pid]) == {str(weight.NICE)}
    stage.hear(program, "ready")
    wait_until(lambda: len(marked(stage.token)) >= 12)
    sessions = {process.session for pid in marked(stage.token) if (process := tree.read(pid))}
    assert len(sessions) > 1
    wait_until(lambda: program.look() or weights(marked(stage.token)) == {str(weight.NICE)})
    assert weights([os.getppid(), program._guardian]) == {"0"}
    program.end()
    plain = stage.start(FAMILY, light=False)
    stage.hear(plain, "ready")
    assert plain.weight is None and weights(marked(stage.token)) == {"0"}


@pytest.mark.parametrize("means", [pytest.param("cgroup", marks=needs_cgroup), "autogroup"])
def test_what_is_ended_gets_its_weight_back(means: weight.Means, monkeypatch: pytest.MonkeyPatch) -> None:
    """So that it dies soon, however much the machine has to do."""
    monkeypatch.setenv(weight.SETTING, means)
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE, start_new_session=True) as child:
        process = tree.read(child.pid)
        assert process
        held = weight.Weight(light=True)
        if held.means != means:
            pytest.skip("sessions aren't weighed against each other here")
        held.begin([process])

        def now() -> set[str]:
            if held._group is None:
                return weights([child.pid])
            return {(held._group.folder / held._group.control.file).read_text().strip()}

        light = now()
        held.lift([process])
        usual = now()
        child.communicate(b"\n")
        held.end()
    assert (light, usual) in (({"256"}, {"1024"}), ({"25"}, {"100"}), ({str(weight.NICE)}, {"0"}))


def test_what_holds_the_weight_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """For the doctor; nothing is left of the attempt. One can say what must not be used."""
    before = groups()
    assert weight.weight_means() in ("cgroup", "autogroup", None)
    monkeypatch.setenv(weight.SETTING, "autogroup")
    assert weight.weight_means() in ("autogroup", None)
    monkeypatch.setenv(weight.SETTING, "none")
    assert weight.weight_means() is None
    assert groups() == before


@needs_cgroup
def test_a_cgroup_that_takes_no_weight_is_not_kept() -> None:
    """Where the controller isn't switched on there is no file for it."""
    for folder in own_groups():
        with pytest.raises(OSError, match="cpu.nothing"):
            weight.Group(folder, weight.Control("cpu.nothing", "1", "1"))
    assert groups() == set()


@needs_cgroup
def test_cgroups_of_the_dead_are_removed() -> None:
    """A collector and a guardian that were killed together leave an empty one; the next run takes it away."""
    with subprocess.Popen([sys.executable, "-c", ""]) as dead:
        pass
    group = next(weight._groups())
    try:
        left, kept = (group.folder.with_name(f"gilscope-{pid}-0") for pid in (dead.pid, os.getpid()))
        left.mkdir()
        kept.mkdir()
        weight.Group(group.folder.parent, group.control).remove()
        assert kept.exists() and not left.exists()
        kept.rmdir()
    finally:
        group.remove()
