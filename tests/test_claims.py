"""Claims: confirmed by recordings that show it, refuted by those that show the contrary, else neither."""

import re
from pathlib import Path
from typing import Any

import pytest

from gilscope import claims, scenarios
from gilscope.analysis.check import check
from gilscope.analysis.timeline import Timeline
from gilscope.claims import claim_of, judge
from gilscope.collector.interpreters import Interpreter
from gilscope.errors import BadScenario
from gilscope.events import Kind
from gilscope.measured import Measured, NotSeen
from tests.claimed import judged, really, recorded, verdict_of
from tests.pictures import TICK, draw, track_of
from tests.programs import WITH_GIL, ids

NAMES = [scenario.name for scenario in scenarios.catalogue()]


@pytest.mark.parametrize("name", NAMES)
def test_a_claim_is_one_sentence(name: str) -> None:
    """What is to be shown, so that a page can print it."""
    claim = claim_of(name)
    assert claim is not None
    assert 30 < len(claim.statement) < 120
    assert claim.statement.endswith(".")
    assert claim.statement.count(".") == 1


@pytest.mark.parametrize("name", NAMES)
def test_a_claim_says_which_statements_it_measures(name: str) -> None:
    """By their numbers, in order, so that a table of all of them can be made."""
    claim = claim_of(name)
    assert claim is not None
    assert claim.rows
    assert set(claim.rows) <= set(range(1, 52))
    assert list(claim.rows) == sorted(set(claim.rows))


CONVOY = f"""
    burner R{"RRRRRRWR" * 5}
    asker  .{"WWWWWWRO" * 5}
"""


def test_convoy() -> None:
    """Five messages, a drop request each; without waits it isn't so; without a burner there is nothing to see."""
    assert judged("convoy", CONVOY, messages=5) == claims.confirmed(
        "5 messages, 5 drop requests by the two that talk: 6.00 ms of waiting for the GIL a message, at a switch "
        "interval of 5.00 ms."
    )
    few = judged("convoy", CONVOY, messages=11, switch_interval_ms=1.0)
    assert few.verdict == "refuted", "there were less than half as many drop requests as messages"
    short = judged("convoy", CONVOY, messages=5, switch_interval_ms=12.5)
    assert short.verdict == "refuted", "they waited less than half a switch interval"
    assert judged("convoy", f"burner {'RO' * 9}\nasker .{'RO' * 8}O") == claims.refuted(
        "25 messages, 0 drop requests by the two that talk: 0 ns of waiting for the GIL a message, at a switch "
        "interval of 5.00 ms."
    )
    assert judged("convoy", CONVOY, burners=0) == claims.not_measured(
        "Nothing computed beside the two: they waited 1.20 ms for the GIL a message."
    )


def test_convoy_fixed() -> None:
    """Next to no waits where the burner is elsewhere."""
    assert judged("convoy_fixed", "asker RORORORO\nanswerer .ORO....", messages=5) == claims.confirmed(
        "The two that talk waited 0 ns for the GIL a message; a switch interval is 5.00 ms."
    )
    assert judged("convoy_fixed", CONVOY, messages=5) == claims.refuted(
        "The two that talk waited 6.00 ms for the GIL a message; a switch interval is 5.00 ms."
    )
    assert judged("convoy_fixed", CONVOY, burn_in="thread").verdict == "not measured"
    assert judged("convoy_fixed", CONVOY, burners=0).verdict == "not measured"


def test_io_releases_the_gil() -> None:
    """Away for as long as an answer takes, or not; who lacks a core keeps the GIL that it has: it depends."""
    picture = """
        client1 ..ROOOOOROX.
        client2 ...ROOOOOROX
    """
    assert judged("io_releases_the_gil", picture, latency_ms=5) == claims.confirmed(
        "2 clients neither held the GIL nor wanted it for 75 % of their lives, 16.0 ms together, and each of them for 6.00 ms "
        "at least, where an answer takes 5.00 ms; all were through after 9.00 ms."
    )
    crowded = "client1 RSSSSSSSSSROOOOORX"
    assert judged("io_releases_the_gil", crowded, latency_ms=5).verdict == "confirmed"
    kept = "client1 RRRRRRWWOO\nclient2 .WWWWWRRRO"
    assert judged("io_releases_the_gil", kept, latency_ms=5).verdict == "refuted"
    assert judged("io_releases_the_gil", kept.replace("RRRRRR", "SSSSSS"), latency_ms=5).verdict == "depends"


def test_native_releases_the_gil() -> None:
    """Large blocks without the GIL, small ones with it; else it depends, or isn't so."""
    names = {"large1": "large 1", "large2": "large 2", "small1": "small 1", "small2": "small 2"}
    large = "large1 RNNNNNNNNX..........\nlarge2 .RNNNNNNNNX........."
    small = "small1 ...........RRRRWWWWX\nsmall2 ...........WWWWRRRRX"
    assert judged("native_releases_the_gil", f"{large}\n{small}", names) == claims.confirmed(
        "With blocks of 1,000,000 bytes the threads spent 89 % of their lives neither holding the GIL nor waiting for it, "
        "with blocks of 1,000 bytes 0 %."
    )
    also = "small1 ...........RNNNNX...\nsmall2 ............RNNNNX.."
    assert judged("native_releases_the_gil", f"{large}\n{also}", names).verdict == "depends"
    kept = "large1 RRRRWWWWX...........\nlarge2 WWWWRRRRX..........."
    assert judged("native_releases_the_gil", f"{kept}\n{small}", names).verdict == "refuted"


def test_two_counters() -> None:
    """One at a time; two at once would refute it; one after the other shows nothing."""
    turns = "counter1 RRRRRWWWWWWRX\ncounter2 .WWWWRRRRRRX."
    assert judged("two_counters", turns) == claims.confirmed(
        "2 counters executed Python for 12.0 ms in 12.0 ms; never more than 1 at once; once one gave the GIL up on a drop "
        "request."
    )
    assert judged("two_counters", "counter1 RRRRRX\ncounter2 ..RRRX") == claims.refuted(
        "2 counters executed Python for 8.00 ms in 5.00 ms; never more than 2 at once; 0 times one gave the GIL up on a "
        "drop request."
    )
    assert judged("two_counters", "counter1 RRX...\ncounter2 ...RRX").verdict == "not measured"
    assert judge(recorded("two_counters", "counter1 NNNNNX\ncounter2 ..NNNX", gil="absent")) == claims.depends(
        "On the GIL, and this Python has none. 2 counters executed Python for 8.00 ms in 5.00 ms; never more than 2 at once."
    )


DEADLOCK = """
    one RRORRbbbbb
    two .ROORaaaaa
    a   1111111111
    b   .222222222
"""
NAMES_OF_DEADLOCK = {"one": "transfer 1", "two": "transfer 2", "a": "checking", "b": "savings"}


def test_deadlock() -> None:
    """A circle; without one, it depends on the moment, or nobody came so far."""
    verdict = judged("deadlock", DEADLOCK, NAMES_OF_DEADLOCK)
    assert verdict.verdict == "confirmed"
    assert "transfer 1 waits for savings, held by transfer 2" in verdict.sentence
    assert [name in verdict.sentence for name in ("Mutual exclusion:", "Hold and wait:", "No preemption:")] == [
        True
    ] * 3
    assert verdict.sentence.endswith("Both were blocked for 10.0 ms together when the program ended.")
    both = recorded("deadlock", DEADLOCK, NAMES_OF_DEADLOCK)
    second = (both.rows.kind == Kind.LOCK_ACQUIRE) & (both.rows.track == track_of(both, "transfer 2"))
    both.rows.thing[second] = track_of(both, "checking")
    assert getattr(judge(both), "sentence", "").endswith("But once a lock had two holders, or one was given back.")
    through = "one RR.\ntwo ..R\na 1..\nb .1."
    assert judged("deadlock", through, output="transferred\n" * 2).verdict == "depends"
    assert judged("deadlock", through) == claims.not_measured(
        "Main gave up after 600 ms, before both wanted their second lock."
    )


def test_deadlock_ordered() -> None:
    """Both went through, after waiting or not; a circle would refute it."""
    picture = """
        one RRRR.......
        two .aaaRRRRRR.
        a   111222.....
        b   .11.22.....
    """
    assert judged("deadlock_ordered", picture, NAMES_OF_DEADLOCK, "transferred\n" * 2) == claims.confirmed(
        "Both went through; one waited 3.00 ms for the other's locks, with empty hands."
    )
    assert judged("deadlock_ordered", picture, NAMES_OF_DEADLOCK, "transferred\n") == claims.not_measured(
        "Main gave up after 600 ms, with 1 of 2 transfers through."
    )
    assert judged("deadlock_ordered", DEADLOCK, NAMES_OF_DEADLOCK, "transferred\n" * 2).verdict == "refuted"
    errors = recorded("deadlock_ordered", picture, NAMES_OF_DEADLOCK, "transferred\n" * 2)
    errors.output[0]["stream"] = "stderr"
    assert judge(errors) == claims.not_measured("Main gave up after 600 ms, with 1 of 2 transfers through.")


CONTENTION = """
    clerk1 RRRRROORRO
    clerk2 .Raaa.RRRO
    a      11111222..
"""


def test_lock_contention() -> None:
    """One at a time, and the other waits; a second holder would refute it."""
    recording = recorded("lock_contention", "clerk1 RRRRRROO\nclerk2 .RRaaaRO\na 11111122", {"a": "till"})
    assert judge(recording) == claims.confirmed(
        "A clerk took the till twice, never two at once; 1 of these had to wait, 3.00 ms in all, 20 % of the clerks' lives."
    )
    rows = recording.rows
    late = (rows.kind == Kind.LOCK_RELEASE) & (rows.track == track_of(recording, "clerk1"))
    rows.at[late] += TICK
    recording.rows = rows[rows.at.argsort(kind="stable")]
    assert check(recording)
    assert judge(recording) == claims.refuted("A clerk had the till before another let go of it: once.")
    alone = recorded("lock_contention", "clerk1 RROO\nclerk2 ..RR\na 1.2.", {"a": "till"})
    assert judge(alone) == claims.depends(
        "On whether they meet: nobody had to wait. A clerk took the till twice, never two at once; 0 of these had to "
        "wait, 0 ns in all, 0 % of the clerks' lives."
    )


def test_lost_update() -> None:
    """By what the program counted."""
    picture = "plain1 RRWW\nplain2 WWRR"
    say = "plain: expected 400000, got {}\ncall: expected 400000, got {}\n".format
    assert judged("lost_update", picture, output=say(399_000, 300_000)) == claims.confirmed(
        "Python 3.13.0 lost 1,000 of 400,000 with a plain +=, 100,000 with a call between reading and writing."
    )
    assert judged("lost_update", picture, output=say(400_000, 300_000)).verdict == "depends"
    assert judged("lost_update", picture, output=say(400_000, 400_000)).verdict == "refuted"
    for picture, verdict in (("plain1 NNCCX\nplain2 CCNNX", "depends"), ("plain1 NNNNX\nplain2 CCNNX", "refuted")):
        assert judged("lost_update", picture, output=say(400_000, 400_000), gil="absent").verdict == verdict
    assert judged("lost_update", picture, output=say(400_000, 400_000), threads=1).verdict == "not measured"
    assert judged("lost_update", picture, output=say(1, 1).splitlines()[0]).verdict == "not measured"


def test_lost_update_locked() -> None:
    """All counted, and somebody waited."""
    names = {"a": "balance_lock"}
    picture = "locked1 RRRO\nlocked2 .aaR\na 1112"
    counted = "locked: expected 20000, got 20000\n"
    assert judged("lost_update_locked", picture, names, counted) == claims.confirmed(
        "20,000 of 20,000 updates counted; the lock was taken twice, 1 of these after waiting, 2.00 ms in all."
    )
    assert judged("lost_update_locked", picture, names, counted.replace("got 20000", "got 19999")).verdict == "refuted"
    assert judged("lost_update_locked", picture, names, counted, threads=1).verdict == "not measured"
    assert judged("lost_update_locked", picture, names).verdict == "not measured"
    assert judged("lost_update_locked", picture, None, counted) == claims.not_measured(
        "Nothing called balance_lock was seen."
    )


def test_producer_consumer() -> None:
    """Both had to wait for the shelf; or only one of them; whatever it is made of."""
    both = "baker RRRRaaaR\ncustomer .aaaRRRR\na 11112221"
    sentence = "The baker waited 3.00 ms for room on the shelf, the customer 3.00 ms for a loaf."
    assert judged("producer_consumer", both, {"a": "shelf"}) == claims.confirmed(sentence)
    assert judged("producer_consumer", both, {"a": "changed"}, using="condition") == claims.confirmed(sentence)
    assert judged("producer_consumer", "baker RRRR\ncustomer .aaa\na 1111", {"a": "shelf"}) == claims.depends(
        "On who is slower, and on the room: with 3 places not both of them had to wait. The baker waited 0 ns for room on "
        "the shelf, the customer 3.00 ms for a loaf."
    )
    assert judged("producer_consumer", both).sentence == "Nothing called shelf was seen."


def test_what_the_gil_is_needed_for_is_not_guessed() -> None:
    """A recording without the GIL says neither this nor that, and why."""
    recording = recorded("convoy", CONVOY, messages=5)
    recording.header["layers"]["gil"] = {"measured": False, "why": "There is no compiler."}
    assert judge(recording) == claims.not_measured("The GIL was not measured. There is no compiler.")
    measured = Measured(Timeline(recording), claims.report(recording), {})
    for ask in (
        lambda threads: measured.total(threads, "running"),
        lambda threads: measured.counted(threads, "waits"),
        lambda threads: measured.most_at_once(threads, "outside", "native"),
    ):
        with pytest.raises(NotSeen, match="There is no compiler"):
            ask(measured.threads("asker"))
    blocked = recorded("producer_consumer", "baker RRRRaaaR\ncustomer .aaaRRRR\na 11112221", {"a": "shelf"})
    blocked.header["layers"]["gil"] = recording.header["layers"]["gil"]
    assert getattr(judge(blocked), "verdict", None) == "confirmed"


def test_a_run_that_was_not_whole_is_not_judged() -> None:
    """Ended from outside, or with parts lost: its figures would refute what they don't."""
    stopped = recorded("convoy", CONVOY, messages=5)
    assert stopped.end
    stopped.end |= {"verdict": "stopped", "sentence": "Stopped."}
    assert judge(stopped) == claims.not_measured("The run didn't come to its end: Stopped.")
    broken_off = recorded("convoy", CONVOY, messages=5)
    broken_off.end = None
    assert judge(broken_off) is not None
    assert "breaks off" in getattr(judge(broken_off), "sentence", "")
    lost = recorded("convoy", CONVOY.replace("WWRO", "WW?O"), messages=5)
    assert judge(lost) == claims.not_measured("Parts of this run were lost, so its figures aren't all of it.")


@pytest.mark.parametrize(
    "change", [{"messages": None}, {"messages": "many"}, {"messages": 0}, {"messages": 25, "threads": 2}]
)
def test_a_recording_of_another_version_is_not_judged(change: dict[str, Any]) -> None:
    """A parameter is missing, isn't allowed, or isn't known."""
    recording = recorded("convoy", CONVOY)
    parameters = recording.header["parameters"] | change
    recording.header["parameters"] = {name: value for name, value in parameters.items() if value is not None}
    assert judge(recording) == claims.not_measured(
        "This was recorded with another convoy: its parameters don't fit this one."
    )


@pytest.mark.parametrize("name", ["picture", "no such scenario", "../gil/convoy", "conv?y", "convoy.py", "", None])
def test_without_a_claim_there_is_no_verdict(name: str | None) -> None:
    """A scenario of one's own, or of another catalogue."""
    recording = draw(CONVOY)
    recording.header["scenario"] = name
    assert judge(recording) is None
    assert claims.report(recording)["claim"] is None


def test_the_report_has_the_claim() -> None:
    """Statement, verdict and sentence, beside all figures."""
    told = claims.report(recorded("convoy", CONVOY, messages=5))
    assert told["claim"]["statement"].startswith("Beside a thread that computes")
    assert told["claim"]["verdict"] == "confirmed"
    assert told["claim"]["sentence"].startswith("5 messages")
    assert told["handoffs"] == 10
    assert told["claim"]["rows"] == (11,)
    assert told["claim"]["usual"] is False, "it sent five messages, not as many as the scenario does by itself"
    assert claims.report(recorded("convoy", CONVOY))["claim"]["usual"] is True


def shown(
    name: str, picture: str, names: dict[str, str] | None = None, **parameters: Any
) -> list[tuple[str, int, int]]:
    """By name and in ticks: where a verdict has its proof."""
    recording = recorded(name, picture, names, **parameters)
    verdict = judge(recording)
    assert verdict is not None
    called = {id: str(track["name"]) for id, track in recording.tracks.items()}
    return [(called[track], begin // TICK, end // TICK) for track, begin, end in verdict.spans]


def test_a_verdict_says_where_it_is_seen() -> None:
    """The longest span of what the claim asks for first; a finding, or what the claim chooses, comes before that."""
    assert shown("convoy", CONVOY, messages=5) == [("asker", 1, 7)], "its first wait of six ticks for the GIL"
    both = "baker RRRRaaaR\ncustomer .aaaRRRR\na 11112221"
    assert shown("producer_consumer", both, {"a": "shelf"}) == [("baker", 4, 7)], (
        "the longer of two waits, or the first"
    )
    assert [who for who, *_ in shown("deadlock", DEADLOCK, NAMES_OF_DEADLOCK)] == ["transfer 2", "transfer 1"]
    assert shown("convoy", "asker R", messages=5) == [], "nobody waited"


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("picture", [CONVOY, DEADLOCK, CONTENTION, "main R", "main ..X"])
def test_a_claim_judges_any_recording(name: str, picture: str) -> None:
    """Whatever it shows, there is a sentence, not an error, also where one track has a name that the claim asks for."""
    source = next(scenarios.FOLDER.glob(f"*/{name}_claim.py")).read_text(encoding="utf-8")
    for known in {"main", *re.findall(r'"(\w[\w ]*)"', source)}:
        recording = recorded(name, picture, {"one": known, "asker": known, "a": known, "main": known})
        verdict = judge(recording)
        assert verdict is not None
        assert verdict.sentence.endswith(".")


def test_a_claim_of_another_form_is_refused(tmp_path: Path) -> None:
    """A docstring and a function."""
    (tmp_path / "gil").mkdir()
    for source in ("def claim(run): pass\n", '"""A sentence."""\n', '"""A sentence."""\nclaim = 3\n'):
        path = tmp_path / "gil" / f"form{len(source)}_claim.py"
        path.write_text(source, encoding="utf-8")
        with pytest.raises(BadScenario, match=f"{path}:1: isn't a claim. Expected a docstring"):
            claim_of(path.stem.removesuffix("_claim"), tmp_path)


REAL: list[tuple[str, str, dict[str, Any]]] = [
    ("convoy", "confirmed", {}),
    ("convoy", "not measured", {"burners": 0, "messages": 5}),
    ("convoy_fixed", "confirmed", {"messages": 20}),
    ("io_releases_the_gil", "confirmed", {}),
    ("native_releases_the_gil", "confirmed", {}),
    ("two_counters", "confirmed", {}),
    ("two_counters", "not measured", {"mode": "serial", "work_ms": 20}),
    ("deadlock", "confirmed", {}),
    ("deadlock", "not measured", {"pause_ms": 500.0, "patience_ms": 50}),
    ("deadlock_ordered", "confirmed", {}),
    ("lock_contention", "confirmed", {}),
    ("lost_update", "depends", {}),
    ("lost_update_locked", "confirmed", {}),
    ("producer_consumer", "confirmed", {}),
    ("producer_consumer", "confirmed", {"using": "condition"}),
    ("producer_consumer", "depends", {"capacity": 20}),
]


@pytest.mark.all_interpreters
@pytest.mark.parametrize("python", [*WITH_GIL[:1], *WITH_GIL[1:][-1:]], ids=ids)
@pytest.mark.parametrize(("name", "expected", "changes"), REAL)
def test_a_real_run_is_judged(
    name: str, expected: str, changes: dict[str, Any], python: Interpreter, tmp_path: Path
) -> None:
    """Each scenario shows what it is to show, on the oldest and the newest Python. Three runs, for a busy machine may
    keep a thread from coming in time to what it would wait for."""
    verdicts = []
    while len(verdicts) < 3 and expected not in [verdict.verdict for verdict in verdicts]:
        verdicts.append(verdict_of(really(name, python, tmp_path / "recording", **changes)))
    assert verdicts[-1].verdict == expected, verdicts
