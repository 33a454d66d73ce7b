"""The claims about concurrency and the GIL: confirmed by recordings that show it, refuted by those that show the contrary."""

from pathlib import Path
from typing import Any

import pytest

from gilscope import claims
from gilscope.analysis.timeline import Timeline
from gilscope.claims import Measured, Verdict
from gilscope.measured import Thread
from tests.claimed import judged, really, recorded, verdict_of
from tests.programs import FOUND

TURNS = "thread1 RRRRWWWWX.......\nthread2 .WWWRRRRX......."
AT_ONCE = "process1 .........RRRRX..\nprocess2 .........RRRRX.."
NAMES = {"thread1": "thread 1", "thread2": "thread 2", "process1": "process 1", "process2": "process 2"}


def four_ways(picture: str, **more: Any) -> Verdict:
    """As if its threads were drawn so, and its tasks as its threads: pictures have none."""
    recording = recorded("four_ways", picture, NAMES, **more)
    measured = Measured(Timeline(recording), claims.report(recording), recording.header["parameters"])
    claim = claims.claim_of("four_ways")
    assert claim is not None

    class WithTasks(Measured):
        def tasks(self, *_: str) -> list[Thread]:
            return measured.threads("thread")

    return claim.rule(WithTasks(measured.timeline, measured.told, measured.parameters))


def test_four_ways() -> None:
    """Threads in turns, processes at once; threads at once refute it, processes in turns depend on the cores."""
    assert four_ways(f"{TURNS}\n{AT_ONCE}") == claims.confirmed(
        "Of 2 threads under way together 1 ran at the same instant at most, 1.00 on average; of 2 processes under way "
        "together 2 ran at the same instant at most, 2.00 on average; of 2 tasks under way together 1 ran at the same "
        "instant at most, 1.00 on average."
    )
    both = TURNS.replace("RRRRWWWW", "RRRRRRRR").replace(".WWW", ".RRR")
    assert four_ways(f"{both}\n{AT_ONCE}").verdict == "refuted"
    share = AT_ONCE.replace("process2 .........RRRRX", "process2 .........WWWWX")
    assert four_ways(f"{TURNS}\n{share}").sentence.startswith("On the cores")
    alone = AT_ONCE.replace("process2 .........RRRRX..", "process2 ..............RR")
    assert four_ways(f"{TURNS}\n{alone}").verdict == "not measured"
    assert judged("four_ways", TURNS, NAMES, way="threads") == claims.not_measured(
        "Only threads ran, so there is nothing to compare it with."
    )


def test_mostly_waiting() -> None:
    """95 % or less; what it waits for a core is no waiting of its own."""
    assert judged("mostly_waiting", f"client R{'O' * 38}CC") == claims.confirmed(
        "The client waited for 97 % of its life, 41.0 ms, in 8 requests that the server took 50 ms over."
    )
    assert judged("mostly_waiting", "client RRROOOOOOO").verdict == "depends"


def test_threads_gain_nothing() -> None:
    """No faster; twice as fast would refute it; and without a GIL, or on a busy machine, it depends."""
    names = {f"{way}{n}": f"{way} 1.{n}" for way in ("alone", "together") for n in (1, 2)}
    alone = "alone1 RRRRRX\nalone2 .....RRRRRX"
    turns = f"{alone}\ntogether1 {'.' * 11}RRRRRRX\ntogether2 {'.' * 11}WWWWWRRRRRX"
    assert judged("threads_gain_nothing", turns, names, repeats=1) == claims.confirmed(
        "Together they took 1.00 times as long as one after the other, 10.0 ms against 10.0 ms (1.00 to 1.00 in 1 "
        "measurements); they handed on the GIL 0 times, and waited 5.00 ms for it and 0 ns for a core."
    )
    quick = f"{alone}\ntogether1 {'.' * 11}RRRRRX\ntogether2 {'.' * 11}RRRRRX"
    assert judged("threads_gain_nothing", quick, names, repeats=1).verdict == "refuted"
    free = recorded("threads_gain_nothing", quick.replace("R", "N"), names, gil="absent", repeats=1)
    assert verdict_of(free).sentence.startswith("On the GIL, and this Python has none. Together they took 0.50 times")
    more = {f"{name}x": text.replace(" 1.", " 2.") for name, text in names.items()}
    again = "alone1x RRRRRX\nalone2x .....RRRRRX\ntogether1x ...........RRRRRX\ntogether2x ...........RRRRRX"
    assert judged("threads_gain_nothing", f"{turns}\n{again}", names | more, repeats=2).verdict == "depends"


def test_blocking_calls() -> None:
    """Each gives the GIL up at each call, and the counter has it; fewer times refute it; where that has no core it depends."""
    picture = """
        sleeper  ROOOROOOROOORX..
        reader   .RNNNRNNNRNNNRX.
        receiver ..ROOOROOOROOORX
        counter  ...RWWWRWWWRWWWR
    """
    assert judged("blocking_calls", picture, calls=3) == claims.confirmed(
        "Each calls 3 times: the sleeper gave the GIL up 3 times, and the counter had it in 3 of these; the reader gave the "
        "GIL up 3 times, and the counter had it in 3 of these; the receiver gave the GIL up 3 times, and the counter had it "
        "in 3 of these."
    )
    assert judged("blocking_calls", picture.replace("RNNNRNNNRNNNRX.", "RNNNRNNNRX....."), calls=3).verdict == "refuted"
    assert judged("blocking_calls", picture.replace("RWWWRWWWRWWWR", "WWWWWWWWWWWWR"), calls=3).verdict == "depends"
    late = picture.replace("N", "C")  # who reads lacks a core, for whatever time: the GIL is given up all the same
    assert judged("blocking_calls", late, calls=3).verdict == "confirmed"


def test_reference_counts() -> None:
    """As cheap as one's own, and right; a wrong or a dear count refutes it; without a GIL it depends."""
    names = {f"{way}{n}": f"{way} {n}" for way in ("own", "shared") for n in (1, 2)}
    picture = "own1 RRX.....\nown2 ..RRX...\nshared1 ....RRX.\nshared2 ......RR"
    counted = "2 references before, 2 after\n"
    assert judged("reference_counts", picture, names, counted, rounds=100) == claims.confirmed(
        "2,000,000 references were taken and dropped, and the count is 2, as before: 2.0 ns for each to an object of one's "
        "own, 2.0 ns to a shared one, 1.0 times as much."
    )
    assert judged("reference_counts", picture, names, counted.replace("2 after", "3 after")) == claims.refuted(
        "The count was 2 before and 3 after."
    )
    dear = picture.replace("......RR", "......RRRRRR")
    assert judged("reference_counts", dear, names, counted, rounds=100).verdict == "refuted"
    free = recorded("reference_counts", dear.replace("R", "N"), names, counted, gil="absent", rounds=100)
    assert verdict_of(free).sentence.startswith("On the GIL, and this Python has none. 2,000,000 references")
    assert judged("reference_counts", picture, names, counted, threads=1).verdict == "not measured"
    assert judged("reference_counts", picture, names).verdict == "not measured"


def test_switch_interval() -> None:
    """Asked after an interval; much later depends on what else wants a core; without waits there is nothing to see."""
    names = {f"{half}{n}": f"{half} {n}" for half in ("first", "second") for n in (1, 2)}

    def turns(half: str, first: int, ticks: int) -> str:
        before, one, other = "." * first, "R" * ticks, "W" * ticks
        return f"{half}1 {before}{(one + other) * 4}X\n{half}2 {before}{(other + one) * 4}X"

    picture = f"{turns('first', 0, 6)}\n{turns('second', 50, 3)}"
    assert judged("switch_interval", picture, names, second_ms=2.5) == claims.confirmed(
        "At an interval of 5.00 ms a counter was asked 7 times, and had had the GIL for 6.00 ms then, in the median; all "
        "were through after 48.0 ms. At an interval of 2.50 ms a counter was asked 7 times, and had had the GIL for 3.00 ms "
        "then, in the median; all were through after 24.0 ms."
    )
    assert judged("switch_interval", picture, names, second_ms=0.5).verdict == "depends"
    few = "first1 RRX...\nfirst2 ..RX..\nsecond1 ...RX.\nsecond2 ....RX"
    assert judged("switch_interval", few, names).verdict == "not measured"


def test_latency_beside_burners() -> None:
    """A switch interval beside one, more beside many; none of it refutes it, unless the burner had no core."""
    say = "alone: 0.100 ms\nbeside one: {} ms\nbeside many: {} ms\n".format
    burner, names = "burner RRRRRRRRRR", {"burner": "burner 1 of 1"}
    assert judged("latency_beside_burners", burner, names, say("5.100", "20.000")) == claims.confirmed(
        "An answer took 100 µs alone, 5.10 ms beside one burner and 20.0 ms beside 4, in the median, at a switch interval of "
        "5.00 ms."
    )
    assert judged("latency_beside_burners", burner, names, say("5.100", "5.200")).sentence.startswith("On who gets")
    assert judged("latency_beside_burners", burner, names, say("0.100", "20.000")).verdict == "refuted"
    starved = judged("latency_beside_burners", "burner RSSSSSSSSR", names, say("0.100", "20.000"))
    assert starved.sentence.startswith("On a core for the burner: it had the GIL and a core for 20 % of its life.")
    free = recorded("latency_beside_burners", "burner NNNN", names, say("0.100", "0.100"), gil="absent")
    assert verdict_of(free).sentence.startswith("On the GIL, and this Python has none.")
    assert judged("latency_beside_burners", burner, names).verdict == "not measured"


def test_free_threads() -> None:
    """With a GIL it depends on the interpreter, without one on the cores; at once confirms it, in turns refutes it."""
    at_once, turns = "counter1 NNNNX\ncounter2 NNNNX", "counter1 NNCCX\ncounter2 CCNNX"
    assert verdict_of(recorded("free_threads", at_once, gil="absent")) == claims.confirmed(
        "Python 3.13.0 ran at most 2 of 2 threads at the same instant, 2.00 on average; they were through after 4.00 ms."
    )
    assert verdict_of(recorded("free_threads", turns, gil="absent")).sentence.startswith("On the cores")
    assert verdict_of(recorded("free_threads", turns.replace("C", "O"), gil="absent")).verdict == "refuted"
    assert judged("free_threads", "counter1 RRWWX\ncounter2 WWRRX").sentence.startswith(
        "On the interpreter, and this one"
    )


def test_own_gil_each() -> None:
    """At once, each under a GIL of its own, or not; else there were no two interpreters to be seen."""
    at_once, turns = "counter1 RRRRX\ncounter2 RRRRX", "counter1 RRWWX\ncounter2 WWRRX"

    def seen(picture: str, **parameters: Any) -> Verdict:
        recording = recorded("own_gil_each", picture, **parameters)
        another = next(told for told in recording.tracks.values() if told["name"] == "GIL")
        recording.take({"tracks": [{**another, "id": 99, "name": "GIL of another"}]})
        return verdict_of(recording)

    assert seen(at_once) == claims.confirmed(
        "2 GILs were held at the same instant, by threads of one process. Of 2 threads at most 2 executed Python at the same "
        "instant, 2.00 on average; they were through after 4.00 ms."
    )
    assert seen(turns).verdict == "refuted"
    assert seen(turns, share=True).verdict == "not measured"
    assert judged("own_gil_each", turns).sentence.startswith("Only the GIL of the main interpreter was seen.")
    free = recorded("own_gil_each", "counter1 NNNNX\ncounter2 NNNNX", gil="absent")
    assert verdict_of(free).verdict == "depends"
    without = "This Python has no module for interpreters of their own: all share its GIL.\n"
    assert judged("own_gil_each", "main R", output=without) == claims.not_measured(
        "Python 3.13.0 has no module for interpreters of their own: run it on Python 3.14."
    )


WITH, WITHOUT = (next((one for one in FOUND if one.free_threaded is free), FOUND[0]) for free in (False, True))
NEWEST = [one for one in FOUND if not one.free_threaded][-1]
GIL_OR_NOT = {False: "depends", True: "confirmed"}
REAL: list[tuple[str, str, dict[str, Any], Any]] = [
    ("four_ways", "confirmed", {"piece_ms": 40.0}, WITH),
    ("four_ways", "not measured", {"way": "tasks", "piece_ms": 10.0}, NEWEST),
    ("mostly_waiting", "confirmed", {"requests": 4}, NEWEST),
    ("mostly_waiting", "depends", {"requests": 4, "latency_ms": 0.0, "numbers": 50_000}, WITH),
    ("threads_gain_nothing", "confirmed", {"repeats": 1, "steps": 200_000}, NEWEST),
    ("blocking_calls", "confirmed", {"calls": 8}, WITH),
    ("reference_counts", "confirmed", {"rounds": 100}, NEWEST),
    ("reference_counts", "depends" if WITHOUT.free_threaded else "confirmed", {"rounds": 100}, WITHOUT),
    ("switch_interval", "confirmed", {}, WITH),
    ("latency_beside_burners", "confirmed", {"messages": 5}, WITH),
    ("free_threads", "depends", {"numbers": 2000}, NEWEST),
    ("free_threads", GIL_OR_NOT[WITHOUT.free_threaded], {}, WITHOUT),
    ("own_gil_each", "confirmed" if NEWEST.version >= (3, 14) else "not measured", {}, NEWEST),
    ("own_gil_each", "not measured", {"share": True, "steps": 100_000}, NEWEST),
]


@pytest.mark.parametrize(("name", "expected", "changes", "python"), REAL)
def test_a_real_run_is_judged(name: str, expected: str, changes: dict[str, Any], python: Any, tmp_path: Path) -> None:
    """Three runs, for a busy machine may keep a thread from its core."""
    verdicts: list[Verdict] = []
    while len(verdicts) < 3 and expected not in [verdict.verdict for verdict in verdicts]:
        verdicts.append(verdict_of(really(name, python, tmp_path / "recording", **changes)))
    assert verdicts[-1].verdict == expected or not_for_want_of_cores(verdicts[-1]), verdicts


def not_for_want_of_cores(verdict: Verdict) -> bool:
    """A busy machine has none to spare: the claim says so."""
    return verdict.sentence.startswith(("On what else", "On a core", "On the cores"))
