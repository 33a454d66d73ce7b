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


REAL: list[tuple[str, set[str], dict[str, Any]]] = [
    ("messages", {"confirmed"}, {"orders": 4}),
    ("shared_counter_locked", {"confirmed", "depends"}, {"steps": 300}),
]


@pytest.mark.parametrize(("name", "expected", "changes"), REAL)
def test_a_real_run_is_judged(name: str, expected: set[str], changes: dict[str, Any], tmp_path: Path) -> None:
    """Each on one interpreter, another for each, where there is no GIL, too."""
    python = FOUND[REAL.index((name, expected, changes)) % len(FOUND)]
    verdict = verdict_of(really(name, python, tmp_path / "recording", **changes))
    assert verdict.verdict in expected, verdict
