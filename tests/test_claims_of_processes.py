"""The claims about processes: confirmed by recordings that show it, refuted by those that show the contrary."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gilscope import claims
from gilscope.analysis import messages
from gilscope.claims import Verdict
from gilscope.events import Kind, TrackKind
from gilscope.recording import Recording
from tests.claimed import given, judged, really, recorded, says, shipped, verdict_of
from tests.programs import FOUND


def with_cores(recording: Recording, cores: int) -> Verdict:
    """As if the machine had so many."""
    recording.header["machine"] = {"cores": cores}
    return verdict_of(recording)


WORKERS = "w1 RRRRX\nw2 RRRRX"
POOL = {"w1": "ForkPoolWorker-1", "w2": "ForkPoolWorker-2"}


def test_pool_map() -> None:
    """Twice as fast with two; no faster refutes it, where there were cores, chunks and enough to do."""
    say = "1 at work: 12 primes after 100.0 ms\n2 at work: {} primes after {} ms\n".format
    assert judged("pool_map", WORKERS, POOL, say(12, 55)) == claims.confirmed(
        "The same map took 100 ms with 1, 55.0 ms with 2: 1.82 times as fast with two processes as with one."
    )
    assert judged("pool_map", WORKERS, POOL, say(12, 95)).verdict == "refuted"
    assert judged("pool_map", WORKERS, POOL, say(11, 55)).verdict == "refuted"
    assert judged("pool_map", WORKERS, POOL, say(12, 95), chunk=12).sentence.startswith("On the chunks: 2 of them")
    starved = judged("pool_map", WORKERS.replace("RRRR", "RCCR"), POOL, say(12, 95))
    assert starved.sentence.startswith("On cores for them: they wanted one in vain for 4.00 ms, and ran for 4.00 ms.")
    little = say(12, 95).replace("100.0", "10.0").replace("95", "9.5")
    assert judged("pool_map", WORKERS, POOL, little).sentence.startswith("On how much there is to do")
    one_core = recorded("pool_map", "core0 1111\nw1 RRRX", POOL, say(12, 55))
    assert with_cores(one_core, 1).sentence.startswith("On the cores: this run had 1.")
    assert judged("pool_map", WORKERS, POOL, say(12, 55).splitlines()[0]).verdict == "not measured"


def without_a_message(recording: Recording) -> None:
    """As if the last reading of a pipe hadn't been seen."""
    rows = recording.rows
    pipes = [id for id, told in recording.tracks.items() if told["kind"] == TrackKind.PIPE]
    reads = (rows.kind == Kind.UNBLOCK) & (rows.flags & messages.IN_VAIN == 0) & np.isin(rows.thing, pipes)
    recording.rows = rows[np.arange(len(rows)) != np.flatnonzero(reads)[-1]]


def test_messages() -> None:
    """All of them, once; a dish that doesn't come back refutes it, and so does a message that nobody should have sent."""
    assert shipped("messages").verdict == "confirmed"
    assert "12 orders; of these and of 2 words that it's over, 26 messages, 121 kB" in shipped("messages").sentence
    assert shipped("messages", says("12 dishes", "11 dishes")).verdict == "refuted"
    assert shipped("messages", given(cooks=1)).verdict == "refuted"
    assert shipped("messages", without_a_message).verdict == "depends"
    assert judged("messages", "main R", output="12 dishes for 12 orders").verdict == "not measured"
    assert judged("messages", "main R").verdict == "not measured"


COUNTED = "expected 200, the shared number is {}, the slots add up to {}\n".format
COUNTERS = {"c1": "counter 1", "c2": "counter 2"}


def test_shared_counter() -> None:
    """Updates are lost; a lost one of a slot of one's own refutes it; else they didn't meet."""
    assert judged("shared_counter", "c1 RRX\nc2 RRX", COUNTERS, COUNTED(150, 200)) == claims.confirmed(
        "50 of 200 updates of the shared number were lost, 0 of those where each process has a slot of its own."
    )
    assert judged("shared_counter", "c1 RRX\nc2 RRX", COUNTERS, COUNTED(150, 199)).verdict == "refuted"
    verdict = judged("shared_counter", "c1 RX..\nc2 ..RX", COUNTERS, COUNTED(200, 200))
    assert verdict.sentence.startswith("On whether they meet: here at most 1 of them ran at the same instant.")
    assert judged("shared_counter", "c1 RRX", COUNTERS, COUNTED(200, 200), processes=1).verdict == "not measured"
    assert judged("shared_counter", "c1 RRX", COUNTERS).verdict == "not measured"


def test_shared_counter_locked() -> None:
    """Exact, and they wait; one lost update refutes it."""
    picture = "c1 RRRRX...\nc2 .aaaRRRX\na 1111222."
    say, names = COUNTED(200, 0), {**COUNTERS, "a": "counter"}
    assert judged("shared_counter_locked", picture, names, say) == claims.confirmed(
        "0 of 200 updates were lost; the processes waited once for the lock of the number, 3.00 ms in all."
    )
    assert judged("shared_counter_locked", picture, names, say.replace("is 200", "is 199")).verdict == "refuted"
    assert judged("shared_counter_locked", "c1 RRX...\nc2 ...RRX\na 11.22.", names, say).verdict == "depends"
    assert judged("shared_counter_locked", picture, names, say, processes=1).verdict == "not measured"
    assert judged("shared_counter_locked", picture, names).verdict == "not measured"


HANDED = "{} bytes: handing over {} ms, work 3.000 ms\n".format


def parcels(*handing: float) -> str:
    """What is printed, tenfold each time."""
    return "".join(HANDED(10 ** (n + 3), ms) for n, ms in enumerate(handing))


def test_pickling_ceiling() -> None:
    """It crosses over; one that takes no longer for more refutes it."""
    verdict = judged("pickling_ceiling", "main R", output=parcels(0.1, 5, 2, 9))
    assert verdict == claims.confirmed(
        "It did so from 1.00 MB on. Handing over took: 1.00 kB 100 µs; 10.0 kB 5.00 ms; 100 kB 2.00 ms; 1.00 MB 9.00 ms; the "
        "work 3.00 ms at most. Seen in all: pickling 0 ns, writing 0 ns, reading 0 ns, unpickling 0 ns."
    )
    assert judged("pickling_ceiling", "main R", output=parcels(9, 5, 2, 8)).verdict == "refuted"
    assert judged("pickling_ceiling", "main SSR", output=parcels(9, 5, 2, 8)).sentence.startswith("On a core for both")
    assert judged("pickling_ceiling", "main R", output=parcels(0.1, 1, 2, 2.9)).verdict == "depends"
    assert judged("pickling_ceiling", "main R", output=parcels(4, 5, 6, 8)).verdict == "depends"
    assert judged("pickling_ceiling", "main R", output=parcels(4, 5, 6)).verdict == "not measured"
    assert "pickling 0 ns" not in shipped("pickling_ceiling").sentence


def test_not_picklable() -> None:
    """Errors and a loss; what arrives refutes it; a fork has it without pickling."""
    forked = shipped("not_picklable")
    assert forked.sentence.startswith(
        "On what has to be pickled. Pickling a lambda failed 3 times. The two pools raised Attr"
    )
    spawned = shipped("not_picklable", says("argument: it arrived", "argument: AttributeError"))
    assert (spawned.verdict, "raised AttributeError and wasn't started" in spawned.sentence) == ("confirmed", True)
    assert shipped("not_picklable", says("through_queue: Empty", "through_queue: it arrived")).verdict == "refuted"
    assert shipped("not_picklable", says("through_queue: Empty", "through_queue: TypeError")).verdict == "refuted"
    assert shipped("not_picklable", says("pool: AttributeError", "pool: it arrived")).verdict == "refuted"
    assert judged("not_picklable", "main R").verdict == "not measured"


def started_after(seconds: dict[str, int], default: str = "fork") -> Verdict:
    """As if each process of these methods had taken so much longer to begin, and the default were this."""

    def change(recording: Recording) -> None:
        rows = recording.rows
        for name, longer in seconds.items():
            tracks = [id for id, told in recording.tracks.items() if told["name"].startswith(f"{name} ")]
            begun = (rows.kind == Kind.PROCESS_RUN) & np.isin(rows.track, tracks)
            assert begun.any()
            rows.at[begun] += longer * 10**9
        recording.rows = rows.sorted()
        says("would use fork", f"would use {default}")(recording)

    return shipped("start_methods", change)


def test_start_methods() -> None:
    """Fork first, spawn last, and fork the default; a fork slower than a spawn refutes it."""
    assert started_after({"forkserver": 30, "spawn": 60}).verdict == "confirmed"
    later = started_after({"forkserver": 30, "spawn": 60}, "forkserver")
    assert later.sentence.startswith("On the version for the default")
    assert started_after({"spawn": 30, "forkserver": 60}).sentence.startswith("On what the process that forks")
    assert started_after({"fork": 30}).verdict == "refuted"
    assert judged("start_methods", "main R", output="by default this Python would use fork").verdict == "not measured"


def test_fork_held_lock() -> None:
    """It hangs, and the analysis proves on what; that it goes through refutes it."""
    hangs = shipped("fork_held_lock")
    assert hangs.verdict == "confirmed"
    assert hangs.sentence.startswith("child waits for a lock that its fork left behind. The child waited ")
    through = says("the child hangs, and is ended", "the child has written")
    assert shipped("fork_held_lock", through).verdict == "refuted"
    names = {"kid": "child", "own": "holder"}
    assert judged("fork_held_lock", "kid RRX\nown RRX", names, "the child hangs").verdict == "not measured"
    free = {"fork_while": "free"}
    assert judged("fork_held_lock", "kid RRX", names, "the child has written", **free).verdict == "depends"
    assert judged("fork_held_lock", "kid RRX", names, "the child hangs", **free).verdict == "refuted"
    assert judged("fork_held_lock", "kid RRX", names).verdict == "not measured"


def test_fork_held_lock_fixed() -> None:
    """It goes through; that it hangs refutes it."""
    through = shipped("fork_held_lock_fixed")
    assert (through.verdict, "by fork first it was there after" in through.sentence) == ("confirmed", True)
    names = {"kid": "child", "own": "holder"}
    waits = "kid RaaaaaaX\nown .RRRRRRR\na   .2222222"
    assert judged("fork_held_lock_fixed", waits, names, "the child hangs").verdict == "refuted"
    assert judged("fork_held_lock_fixed", "kid RRRRRRRX", names, "the child hangs").sentence.startswith(
        "On the parent's patience: it was over before the child came to its lock."
    )
    assert judged("fork_held_lock_fixed", "main R").verdict == "not measured"


def test_sent_or_shared() -> None:
    """A name is sent instead of the numbers; a change that main doesn't see refutes it, and so does one too many."""
    quick = says("shared: ", "shared: 0.000 ms, and main sees 4 of 4 changes\nthen ")
    shared = shipped("sent_or_shared", quick)
    assert (shared.verdict, "16.0 MB for the numbers that were sent" in shared.sentence) == ("confirmed", True)
    slow = says("shared: ", "shared: 99999999.9 ms, and main sees 4 of 4 changes\nthen ")
    assert shipped("sent_or_shared", slow).sentence.startswith("On how much it is")
    assert shipped("sent_or_shared", says("sees 0 of", "sees 1 of")).verdict == "refuted"
    assert shipped("sent_or_shared", says("sees 4 of", "sees 3 of")).verdict == "refuted"
    told = "sent: 9.0 ms, and main sees 0 of 4 changes\nshared: 1.0 ms, and main sees 4 of 4 changes\n"
    assert judged("sent_or_shared", "main R", output=told) == claims.not_measured("No pipe between processes was seen.")
    assert judged("sent_or_shared", "main R").verdict == "not measured"


def test_same_code_two_pools() -> None:
    """The same on both; another sum, or a piece less, refutes it."""
    say = (
        "ThreadPoolExecutor: 12 in 8 pieces after 50.0 ms\nProcessPoolExecutor: {} in {} pieces after 60.0 ms\n".format
    )
    assert judged("same_code_two_pools", "main R", output=say(12, 8)) == claims.confirmed(
        "The sum of 8 results was 12 on threads, after 50.0 ms, and of 8 it was 12 on processes, after 60.0 ms with their "
        "start."
    )
    assert judged("same_code_two_pools", "main R", output=say(11, 8)).verdict == "refuted"
    assert judged("same_code_two_pools", "main R", output=say(12, 7)).verdict == "refuted"
    assert judged("same_code_two_pools", "main R").verdict == "not measured"


def test_processes_for_waiting() -> None:
    """As long as was said, or else it depends; a thread that takes longer refutes it."""
    say = (
        "process: its first line after {} ms, 3000 kB more\nthread: its first line after 0.20 ms, 50 kB more\n"
        "all on process: 120 ms\nall on thread: 51 ms\n"
    ).format
    assert judged("processes_for_waiting", "main R", output=say("60.00")) == claims.confirmed(
        "A process came to its first line after 60.0 ms, a thread after 200 µs, in the median of 1; a process had 3,000 kB of "
        "its own, all threads together at most 50 kB more. All answers were there after 120 ms with processes, 51 ms with "
        "threads."
    )
    assert judged("processes_for_waiting", "main R", output=say("6.00")).verdict == "depends"
    assert judged("processes_for_waiting", "main R", output=say("0.10")).verdict == "refuted"
    assert judged("processes_for_waiting", "main SR", output=say("0.10")).sentence.startswith("On a core")
    assert judged("processes_for_waiting", "main R", output=say("60.00").replace("3000", "0")).verdict == "refuted"
    assert judged("processes_for_waiting", "main R").verdict == "not measured"
    assert " as seen from outside" in shipped("processes_for_waiting").sentence


REAL: list[tuple[str, set[str], dict[str, Any]]] = [
    ("messages", {"confirmed"}, {"orders": 4}),
    ("shared_counter_locked", {"confirmed", "depends"}, {"steps": 300}),
    ("fork_held_lock", {"confirmed"}, {"patience_ms": 150, "hold_ms": 10}),
    ("fork_held_lock", {"depends"}, {"fork_while": "free", "hold_ms": 10}),
    ("fork_held_lock_fixed", {"confirmed"}, {"way": "forkserver", "hold_ms": 10}),
]


@pytest.mark.parametrize(("name", "expected", "changes"), REAL)
def test_a_real_run_is_judged(name: str, expected: set[str], changes: dict[str, Any], tmp_path: Path) -> None:
    """Each on one interpreter, another for each, where there is no GIL, too."""
    python = FOUND[REAL.index((name, expected, changes)) % len(FOUND)]
    verdict = verdict_of(really(name, python, tmp_path / "recording", **changes))
    assert verdict.verdict in expected, verdict
