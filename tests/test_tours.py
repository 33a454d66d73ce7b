"""Tours: what their queries say and find, what their files may hold, and that those of the folder fit the recordings."""

import os
import re
import sys
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gilscope import claims, tours
from gilscope.analysis.check import check_timeline
from gilscope.analysis.moments import Moment, Moments
from gilscope.analysis.queries import KINDS, MARKS, STATES, UNITS, Length, Name, Query, ordinal, parse
from gilscope.analysis.timeline import Timeline
from gilscope.collector.order import Order
from gilscope.collector.run import perform
from gilscope.errors import BadQuery, BadTour
from gilscope.parameters import Parameter, Value
from gilscope.predictions import reveal
from gilscope.recording import read
from gilscope.scenarios import FOLDER, Scenario, catalogue
from tests.pictures import TICK, any_picture, draw, track_of

TOURED = [scenario for scenario in catalogue() if tours.path_of(scenario.name)]
SHIPPED = Path(__file__).resolve().parent.parent / "recordings"

lengths = st.builds(Length, st.integers(0, 10**8).map(lambda n: n / 1000), st.sampled_from(sorted(UNITS)))
names = st.builds(Name, st.text(min_size=1), st.sampled_from(["", *KINDS]))


@st.composite
def queries(draw: st.DrawFn) -> Query:
    """Whatever can be said."""
    what = draw(st.sampled_from([*STATES, *MARKS, "handoff", "finding", "printed"]))
    argument = {"finding": "deadlock", "printed": draw(st.text(min_size=1))}.get(what, "")
    which = draw(st.integers(1, 2000) | st.sampled_from(["last", "longest", "shortest"]))
    query = Query(what, argument, which, draw(st.booleans()))
    fields = {"over": lengths, "under": lengths} if query.lasts else {}
    if what == "handoff":
        fields |= {"giver": names, "taker": names}
    elif what != "printed":
        fields |= {"on": names} if what == "finding" else {
            "on": names, "about": names, "by": names, "source": st.text(min_size=1),
        }  # fmt: skip
    return replace(
        query,
        **{field: (draw(st.none() | some) or ("" if field == "source" else None)) for field, some in fields.items()},
    )


@given(queries())
@example(Query("gil-wait", on=Name("first"), about=Name("burner 1", "lock")))
def test_a_query_is_read_as_it_is_written(query: Query) -> None:
    """And written in one way only."""
    assert parse(str(query)) == query


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("running", Query("running")),
        ("first gil-wait over 5 ms on io", Query("gil-wait", over=Length(5, "ms"), on=Name("io"))),
        (
            "longest blocked on worker-* for cache",
            Query("blocked", which="longest", on=Name("worker-*"), about=Name("cache")),
        ),
        ("2nd handoff from main", Query("handoff", which=2, giver=Name("main"))),
        ("then last running on MainThread", Query("running", which="last", then=True, on=Name("MainThread"))),
        ("finding deadlock", Query("finding", "deadlock")),
        ('printed "no \\"luck\\""', Query("printed", 'no "luck"')),
        ("drop request", Query("drop request")),
        (
            'ready under 0.5 switch-intervals on task "a b"',
            Query("ready", under=Length(0.5, "switch-intervals"), on=Name("a b", "task")),
        ),
    ],
)
def test_what_can_be_asked(text: str, query: Query) -> None:
    assert parse(text) == query


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "what happens, one of running, "),
        ("gil-wiat on io", "what happens, one of running, "),
        ("2th running", "'2nd'"),
        ("running over 5", "a length such as 5 ms"),
        ("running over 5 weeks", "a length such as 5 ms"),
        ("running on", "a name"),
        ("running on first", "a name"),
        ("running at line", "a part of a line of source, in quotation marks"),
        ("running of io", "one of over, under, on, for, by, at, or the end"),
        ("running on a on b", "one of over, under, for, by, at, or the end"),
        ("handoff on io", "one of over, under, from, to, or the end"),
        ("drop request over 5 ms", "one of on, for, by, at, or the end"),
        ("printed expected", "what was printed, in quotation marks"),
        ('printed "a" on b', "the end"),
        ("finding", "the kind of a finding"),
        ('running on "io', "quotation marks"),
    ],
)
def test_what_cannot_be_asked_is_refused_with_what_was_expected(text: str, expected: str) -> None:
    with pytest.raises(BadQuery) as refused:
        parse(text)
    assert f"expected {expected}" in str(refused.value) or f"expected an even number of {expected}" in str(
        refused.value
    )


@pytest.mark.parametrize(
    ("pattern", "name", "fits"),
    [("io", "io", True), ("io", "io 2", False), ("burner *", "burner 12", True), ("*", "", True), ("a*c", "abcd", False),
     ("a.c", "abc", False), ("[ab]", "a", False), ("a*", "a\nb", True)],
)  # fmt: skip
def test_a_star_stands_for_anything_and_nothing_else_does(pattern: str, name: str, fits: bool) -> None:
    assert Name(pattern).fits(name) is fits


def test_ordinals() -> None:
    assert [ordinal(n) for n in (1, 2, 3, 4, 11, 12, 13, 21, 22, 101, 111)] == [
        "first", "2nd", "3rd", "4th", "11th", "12th", "13th", "21st", "22nd", "101st", "111th",
    ]  # fmt: skip


PICTURE = """
    main   RRRRWWRRRRRRRRRR
    worker ..WWRRaaaaWRRRRX
    io     OOOOOOOOOWWWWWWR
    a      1111111111222222
"""


def found(text: str, picture: str = PICTURE, then: int = 0, **options: Any) -> tuple[str, int, int] | None:
    """Track, begin and end (ticks) of what a query finds."""
    timeline = Timeline(draw(picture, **options))
    moment = Moments(timeline).find(parse(text), then * TICK)
    return moment and (timeline.name(moment.track), moment.begin // TICK, moment.end // TICK)


@pytest.mark.parametrize(
    ("text", "there"),
    [
        ("gil-wait", ("worker", 2, 4)),
        ("2nd gil-wait", ("main", 4, 6)),
        ("last gil-wait", ("worker", 10, 11)),
        ("6th gil-wait", None),
        ("longest gil-wait", ("io", 9, 15)),
        ("shortest gil-wait", ("worker", 10, 11)),
        ("gil-wait over 2 ms", ("io", 9, 15)),
        ("gil-wait under 2 ms", ("worker", 10, 11)),
        ("gil-wait over 1 switch-intervals", ("io", 9, 15)),
        ("gil-wait on m*", ("main", 4, 6)),
        ("gil-wait by worker", ("main", 4, 6)),
        ("gil-wait on process worker", None),
        ("gil-wait on thread worker", ("worker", 2, 4)),
        ("blocked for a", ("worker", 6, 10)),
        ("blocked for b", None),
        ("blocked by main", ("worker", 6, 10)),
        ("contended on a by main", ("a", 6, 10)),
        ("held on a", ("a", 0, 6)),
        ("held on a by worker", ("a", 11, 16)),
        ("handoff", ("main", 0, 0)),
        ("2nd handoff", ("worker", 4, 4)),
        ("handoff from worker to main", ("main", 6, 6)),
        ("handoff from io to worker", None),
        ("longest outside", ("io", 0, 9)),
        ("finding no-such", None),
    ],
)
def test_what_a_query_finds(text: str, there: tuple[str, int, int] | None) -> None:
    assert found(text) == there


def test_then_is_not_before_the_step_before() -> None:
    assert found("then gil-wait", then=4) == ("main", 4, 6)
    assert found("then gil-wait", then=5) == ("io", 9, 15)
    assert found("gil-wait", then=5) == ("worker", 2, 4)


def test_a_finding_leads_to_a_span_that_proves_it() -> None:
    deadlock = """
        one RRbbbbbbbb
        two RRaaaaaaaa
        a   1111111111
        b   2222222222
    """
    assert found("finding deadlock", deadlock) in [("one", 2, 10), ("two", 2, 10)]
    assert found("finding deadlock on two", deadlock) == ("two", 2, 10)


def test_what_was_printed_is_found_by_a_part_of_its_line() -> None:
    recording = draw(PICTURE)
    recording.take({"output": [{"at": 3, "stream": "stdout", "text": "one\nexpected 5\n"}]})
    recording.take({"output": [{"at": 8, "stream": "stdout", "text": "expected 6\n"}]})
    moments = Moments(Timeline(recording))
    assert moments.find(parse('printed "expected"')) == Moment(0, 3, 3, 0, 0, 0, 0, "expected 5")
    assert moments.find(parse('2nd printed "expected"')) == Moment(0, 8, 8, 0, 0, 0, 0, "expected 6")
    assert moments.find(parse('last printed "e"')) == Moment(0, 8, 8, 0, 0, 0, 0, "expected 6")
    assert moments.find(parse('then printed "e"'), 4) == Moment(0, 8, 8, 0, 0, 0, 0, "expected 6")
    assert moments.find(parse('printed "expected 7"')) is None


def test_a_line_of_source_tells_two_waits_apart() -> None:
    timeline = Timeline(read(SHIPPED / "lock_contention.gilscope"))
    lines = {}
    for text in ("sleep(own_ms", "sleep(hold_ms", "sleep(no_ms"):
        moment = Moments(timeline).find(parse(f'outside on "clerk *" at "{text}"'))
        lines[text] = timeline.line(moment.line) if moment else None
    source = timeline.recording.sources["lock_contention.py"].splitlines()
    wanted = {text: next((n for n, line in enumerate(source, 1) if text in line), None) for text in lines}
    assert lines == wanted
    assert None not in (wanted["sleep(own_ms"], wanted["sleep(hold_ms"])


@pytest.mark.parametrize(
    ("scenario", "text", "there"),
    [
        ("future_life", "work cancel", ("MainThread", "hash_password 2")),
        ("future_life", "callback", ("worker_0", "hash_password 1")),
        ("future_life", "last callback", ("MainThread", "hash_password 1")),
        ("stopped", "loop call on stop", ("stop", "loop")),
        ("stopped", "cancel", ("MainThread", "backup")),
    ],
)
def test_who_asked_for_it_and_of_what(scenario: str, text: str, there: tuple[str, str]) -> None:
    timeline = Timeline(read(SHIPPED / f"{scenario}.gilscope"))
    moment = Moments(timeline).find(parse(text))
    assert moment and (timeline.name(moment.track), timeline.name(moment.thing)) == there


def test_who_had_it() -> None:
    """For the longest part of a wait; of a handoff, who gave; of a lock, who has it."""
    timeline = Timeline(draw(PICTURE))
    moments = Moments(timeline)

    def holder(text: str) -> str:
        moment = moments.find(parse(text))
        assert moment
        return timeline.name(moment.holder)

    assert holder("longest gil-wait") == "worker"
    assert holder("blocked") == "main"
    assert holder("handoff from main") == "main"
    assert holder("held on a") == "main"


def test_what_was_not_measured_is_not_found() -> None:
    assert found("gil-wait", gil="unmeasured") is None
    assert not Moments(Timeline(draw(PICTURE, gil="unmeasured"))).measured(parse("gil-wait"))
    assert Moments(Timeline(draw(PICTURE))).measured(parse("gil-wait"))


@given(
    any_picture(),
    queries()
    | st.sampled_from(
        ["running", "gil-wait over 1 ms on thread-*", "blocked by thread-1", "drop request", "last handoff"]
    ).map(parse),
)
def test_a_query_is_answered_on_any_recording(picture: str, query: Query) -> None:
    """What is found is what was asked for."""
    recording = draw(picture)
    timeline = Timeline(recording)
    moment = Moments(timeline).find(query)
    if moment is None:
        return
    assert 0 <= moment.begin <= moment.end <= recording.duration_ns
    assert query.on is None or query.on.fits(timeline.name(moment.track))
    assert query.what not in STATES or moment.state == STATES[query.what]
    assert not query.over or moment.end - moment.begin > query.over.ns(timeline.switch_interval_ns)
    assert not query.under or moment.end - moment.begin < query.under.ns(timeline.switch_interval_ns)


def written(folder: Path, text: str) -> Path:
    path = folder / "some_tour.md"
    path.write_text(text, encoding="utf-8")
    return path


GOOD = """## gil-wait

It waits {duration} for {thing},
with {holder}: `x = {1}`.

A second one.

> Nobody
> waits.

## running on main

{track} runs.

## printed "so"

Prints {thing}.
"""


def test_a_tour_is_read_and_filled(tmp_path: Path) -> None:
    steps = tours.read(written(tmp_path, GOOD))
    assert [str(step.query) for step in steps] == ["first gil-wait", "first running on main", 'first printed "so"']
    first, second, third = tours.resolve(steps, Timeline(draw(PICTURE)))
    worker = track_of(draw(PICTURE), "worker")
    assert first == {
        "query": "first gil-wait",
        "found": True,
        "track": worker,
        "from": 2 * TICK,
        "to": 4 * TICK,
        "paragraphs": [
            [("text", "It waits "), ("figure", "2.00 ms"), ("text", " for "), ("figure", "GIL"), ("text", ", with "),
             ("figure", "main"), ("text", ": "), ("code", "x = {1}"), ("text", ".")],
            [("text", "A second one.")],
        ],
    }  # fmt: skip
    assert second["paragraphs"] == [[("figure", "main"), ("text", " runs.")]]
    assert third == {
        "query": 'first printed "so"',
        "found": False,
        "paragraphs": [[("text", "This didn’t occur in this run.")]],
    }


def test_what_did_not_occur_is_said_in_the_words_of_the_tour(tmp_path: Path) -> None:
    (first, *_) = tours.resolve(tours.read(written(tmp_path, GOOD)), Timeline(draw("main RRRR")))
    assert first["paragraphs"] == [[("text", "This didn’t occur in this run.")], [("text", "Nobody waits.")]]
    (first, *_) = tours.resolve(tours.read(written(tmp_path, GOOD)), Timeline(draw("main RRRR", gil="unmeasured")))
    assert "not measured" in first["paragraphs"][0][0][1]


@pytest.mark.parametrize(
    ("change", "line", "reason"),
    [
        (("## gil-wait", "## gil-wiat"), 1, "expected what happens"),
        (("## gil-wait", "Hello."), 1, "Expected a heading of the form '## query'"),
        (("## gil-wait", "# gil-wait"), 1, "Expected a heading of the form '## query'"),
        (("{track} runs.\n", ""), 11, "this step says nothing"),
        (("{track}", "{name}"), 13, "can't fill '{name}'. Placeholders of this step: {duration}, {track}, {thing}, {line}."),
        (("{track}", "{holder}"), 13, "can't fill '{holder}'"),
        (("{track}", "{track"), 13, "can't fill '{track'"),
        (("Prints {thing}", "Prints {duration}"), 17, "can't fill '{duration}'"),
        (("> waits.", "> {track} waits."), 8, "can't fill '{track}'"),
        (("`x = {1}`", "`x"), 3, "can't fill '`'"),
        (("## running", "> Or else.\n\n## running"), 11, "expected one paragraph with '>'"),
        (("A second one.", "Word " * 150), 6, "Expected 700 at most"),
        (('## printed "so"\n\nPrints {thing}.\n', ""), 1, "has 2 steps. Expected 3 to 8"),
    ],
)  # fmt: skip
def test_a_tour_of_another_form_is_refused_at_its_line(
    tmp_path: Path, change: tuple[str, str], line: int, reason: str
) -> None:
    path = written(tmp_path, GOOD.replace(*change, 1))
    with pytest.raises(BadTour) as refused:
        tours.read(path)
    assert str(refused.value).startswith(f"{path}:{line}: ")
    assert reason in str(refused.value)


def test_a_name_that_is_none_leads_nowhere() -> None:
    assert tours.path_of("../gil/convoy") is None
    assert tours.path_of("no_such") is None


@pytest.mark.parametrize("scenario", TOURED, ids=lambda scenario: scenario.name)
def test_a_tour_fits_the_recording_that_is_shipped(scenario: Any) -> None:
    """At least three of its steps occur there; of what isn't certain to occur, the tour says what it means that it didn't."""
    path = tours.path_of(scenario.name)
    assert path
    steps = tours.read(path)
    told = tours.resolve(steps, Timeline(read(SHIPPED / f"{scenario.name}.gilscope")))
    assert sum(step["found"] for step in told) >= 3
    assert [
        step["query"] for step, wanted in zip(told, steps, strict=True) if not step["found"] and not wanted.otherwise
    ] == []
    assert all(step["paragraphs"] for step in told)


@pytest.mark.parametrize(
    ("name", "query"),
    [
        ("convoy_fixed", 'longest outside on asker at "recv"'),
        ("latency_beside_burners", 'first outside on alone at "recv"'),
        ("deaf_task", 'first suspended on "within a timeout" for read'),
        ("deaf_task_fixed", 'first suspended on "within a timeout" for read'),
        ("fork_held_lock_fixed", "first starting on process child"),
        ("fork_held_lock_fixed", "first held on ledger_lock* by child"),
        ("fork_held_lock_fixed", 'first printed "the child has ended"'),
    ],
)
def test_what_a_busy_machine_can_prevent_is_said(name: str, query: str) -> None:
    """Who has no core in time doesn't wait, or doesn't even begin: the tour has a sentence for that."""
    steps = tours.read(tours.path_of(name) or Path())
    told = tours.resolve(steps, Timeline(draw("main RRRR")))
    (said,) = [step["paragraphs"][1:] for step in told if step["query"] == query]
    assert said, "expected a paragraph with '>'"


@pytest.mark.skipif("GILSCOPE_THOROUGH" not in os.environ, reason="takes minutes: set GILSCOPE_THOROUGH=1")
@pytest.mark.parametrize("scenario", TOURED, ids=lambda scenario: scenario.name)
def test_a_tour_fits_runs_with_other_parameters(scenario: Scenario, tmp_path: Path) -> None:
    """Twenty real ones with small parameters: each step is found, or says that it isn't, in the words of the tour. None
    contradicts itself, and what was asked before it has an answer, or it is said why there is none."""
    steps = tours.read(tours.path_of(scenario.name) or Path())
    random = Random(scenario.name)
    for number in range(20):
        values = {parameter.name: some_value(parameter, random) for parameter in scenario.parameters}
        path = tmp_path / f"{number}.gilscope"
        perform(Order("tour", scenario, values, Path(sys.executable), path))
        recording = read(path)
        timeline = Timeline(recording)
        assert [each.sentence for each in check_timeline(timeline)] == [], values
        asked = reveal(timeline, claims.of(timeline))
        assert asked is None or asked["choice"] in (None, *range(len(asked["choices"]))), values
        assert asked is None or asked["sentence"].endswith("."), values
        told = tours.resolve(steps, timeline)
        for step, wanted in zip(told, steps, strict=True):
            assert step["paragraphs"] and all(text for paragraph in step["paragraphs"] for _, text in paragraph)
            assert step["found"] or wanted.otherwise or (recording.end or {})["verdict"] != "ok", (
                values,
                step["query"],
            )


def some_value(parameter: Parameter, random: Random) -> Value:
    """A small one."""
    if parameter.type in ("bool", "choice"):
        return random.choice(parameter.choices or (False, True))
    low, high = parameter.minimum, parameter.maximum
    assert low is not None and high is not None
    most = min(high, max(float(parameter.default), low))
    return int(random.uniform(low, most)) if parameter.type == "int" else random.uniform(low, most)


def kinds_of_findings() -> set[str]:
    """As the analysis tells them."""
    sources = [
        path.read_text(encoding="utf-8") for path in (FOLDER.parent / "gilscope" / "analysis").glob("*findings.py")
    ]
    return {kind for source in sources for kind in re.findall(r'"([a-z]+(?:-[a-z]+)*)"', source)}


def test_findings_that_tours_look_for_are_of_kinds_that_there_are() -> None:
    """A kind that is mistyped would never occur, and nobody would notice."""
    wanted = {
        step.query.argument
        for scenario in TOURED
        for step in tours.read(tours.path_of(scenario.name) or Path())
        if step.query.what == "finding"
    }
    assert wanted <= kinds_of_findings()
