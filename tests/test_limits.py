"""Whatever a program does, it keeps to its limits. All processes here are real."""

import signal
from dataclasses import replace
from pathlib import Path

import pytest

from gilscope.collector.verdicts import Limits
from tests.staged import ROOMY, Stage, marked, wait_until

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
