"""Series of runs: kept in the index, run one after the other, cancelled, continued, and shown with medians and spread."""

import html
import re
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import httpx
import pytest

from app import series_kept
from app.beside import nearest
from app.recordings_kept import Recording
from app.store import Store
from gilscope.analysis import compare
from gilscope.analysis.timeline import Timeline
from gilscope.events import State, TrackKind
from gilscope.recording import read
from gilscope.repeats import columns
from gilscope.scenarios import catalogue
from gilscope.series import PYTHON, Plan
from tests import app_recordings
from tests.app_client import Served, client, served, settings

CONVOY = {scenario.name: scenario for scenario in catalogue()}["convoy"]
SHIPPED = Path(__file__).resolve().parent.parent / "recordings"
LIKE = {"first": "convoy", "second": "convoy_fixed"}
MEMBERS = ("r0", "r1", "r2", "r3")
PLAN = Plan("convoy", dict(CONVOY.defaults), 2, "burners", (0, 1))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """With four recordings of one size, oldest first, and one series of the second and third."""
    store = Store(tmp_path / "recordings", tmp_path / "index.sqlite")
    for n, id in enumerate(MEMBERS):
        store.path(id).write_bytes(app_recordings.file(id=id, scenario="convoy", started=f"2026-01-0{n + 1}T00:00:00Z"))
    store.reconcile()
    yield store
    store.close()


def kept(store: Store, id: str = "s") -> series_kept.Kept:
    with store.transaction() as database:
        found = series_kept.find(database, id)
    assert found
    return found


def test_a_series_is_kept_as_it_was_planned(store: Store) -> None:
    """Also when the index is opened again; a recording knows its series."""
    with store.transaction() as database:
        series_kept.keep(database, "s", PLAN, "3.11.7", MEMBERS)
    again = Store(store.folder, store.index)
    found = kept(again)
    assert (found.plan, found.python, found.members, found.pinned) == (PLAN, "3.11.7", MEMBERS, False)
    with again.transaction() as database:
        assert series_kept.of_recording(database, "r2") == found
        assert series_kept.of_recording(database, "r9") is None
        assert [one.id for one in series_kept.newest(database, "convoy", 5)] == ["s"]
        assert series_kept.newest(database, "deadlock", 5) == []
    again.close()


def test_an_index_from_before_series_gets_their_tables(store: Store) -> None:
    """And keeps what it had."""
    with store.transaction() as database:
        database.execute("DROP TABLE series")
        database.execute("DROP TABLE members")
    again = Store(store.folder, store.index)
    with again.transaction() as database:
        assert series_kept.newest(database, "convoy", 5) == []
    assert [one.id for one in again.newest()] == list(reversed(MEMBERS))
    again.close()


def test_members_of_a_pinned_series_are_not_deleted(store: Store) -> None:
    """Room is made by others, and by its own when it is pinned no longer."""
    with store.transaction() as database:
        series_kept.keep(database, "s", Plan("convoy", {}, 2), "3.11.7", ("r0", "r1"))
        series_kept.pin(database, "s", True)
    assert store.retain(0, tuple) == ["r2", "r3"]
    with store.transaction() as database:
        series_kept.pin(database, "s", False)
    assert store.retain(0, tuple) == ["r0", "r1"]


def test_interpreters_can_be_what_is_swept() -> None:
    """The parameters are the same for all; the run says which interpreter."""
    plan = Plan("convoy", {"burners": 1}, 1, PYTHON, ("3.11.7", "3.13.0t"))
    assert [(run.values, run.python) for run in plan.runs()] == [
        ({"burners": 1}, "3.11.7"),
        ({"burners": 1}, "3.13.0t"),
    ]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """One run at a time; with two recordings that were made elsewhere."""
    data = tmp_path_factory.mktemp("data")
    (data / "recordings").mkdir()
    for id, name in {**LIKE, "p0": "deadlock", "p1": "deadlock"}.items():
        shutil.copyfile(SHIPPED / f"{name}.gilscope", data / "recordings" / f"{id}.gilscope")
    with served(settings(data, slots=1)) as running:
        yield running


@pytest.fixture
def http(server: Served) -> Iterator[httpx.Client]:
    with client(server) as http:
        http.headers["Origin"] = server.base
        yield http


def until(http: httpx.Client, address: str, holds: Callable[[str], object]) -> str:
    deadline = time.monotonic() + 60
    while not holds(text := http.get(address).text):
        assert time.monotonic() < deadline, text
        time.sleep(0.1)
    return text


def told(text: str) -> list[list[str]]:
    """The table's cells, as they are read."""
    rows = re.findall(r"<tr>(.*?)</tr>", text[text.index("<tbody>") :], re.DOTALL)
    cells = [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.DOTALL) for row in rows]
    return [[html.unescape(re.sub(r"<[^>]+>", " ", cell)).strip() for cell in row] for row in cells]


FORM = {"messages": "5", "burners": "1", "switch_interval_ms": "5", "python": ""}
SWEEP = {**FORM, "series-kind": "sweep", "series-parameter": "burners", "series-repeats": "1"}


def test_a_sweep_runs_all_of_its_points(http: httpx.Client) -> None:
    """Three for real: each has its recording, with its value; the curve goes through all, and the table tells them."""
    begun = http.post(
        "/scenarios/convoy/series", data={**SWEEP, "series-from": "0", "series-to": "2", "series-steps": "3"}
    )
    assert begun.status_code == 303
    address = begun.headers["Location"]
    text = until(http, address, lambda text: "every 1s" not in text)
    assert "3 of 3 runs" in text
    rows = told(text)
    assert [row[0] for row in rows] == ["0 burners", "1 burner", "2 burners"]
    ids = re.findall(r'class="series-runs"><a href="/recordings/(\w+)"', text)
    reports = [http.get(f"/recordings/{id}/report.json").json() for id in ids]
    assert [(each["parameters"]["burners"], each["parameters"]["messages"]) for each in reports] == [
        (0, 5),
        (1, 5),
        (2, 5),
    ]
    assert [row[3] for row in rows] == [f"{each['handoffs']}" for each in reports]
    assert len(re.findall(r'class="curve-median"', text)) == 3
    assert text.count('class="curve-line"') == 1
    assert text.count('class="series-small"') == 3
    assert f"/compare?ids={','.join(ids)}" in text
    legend = text[text.index("series-legend") :]
    drawn = set(re.findall(r'<path class="(tint-[a-z-]+)"', text))
    assert drawn == set(re.findall(r'figures-state (tint-[a-z-]+)"', legend)) > {"tint-running"}
    assert address in http.get("/scenarios/convoy/series").text
    # What the claim measured is a figure, too, where its sentences have the same form.
    claims = [each["claim"] for each in reports]
    judged = [n for n, claim in enumerate(claims) if claim["verdict"] != "not measured"]
    expected = columns([claims[n]["sentence"] for n in judged])
    heads = [html.unescape(re.sub(r"<[^>]+>", "", head)) for head in re.findall(r"<th scope=.col.>(.*?)</th>", text)]
    claimed = [head for head in heads if head.startswith("claim: ")]
    assert claimed == [f"claim: {column.around}" for column in expected]
    for head, column in zip(claimed, expected, strict=True):
        there = [n for n, value in zip(judged, column.values, strict=True) if value is not None]
        assert [n for n, row in enumerate(rows) if row[heads.index(head)] != "—"] == there
        curve = http.get(f"{address}?figure=claim-{claimed.index(head) + 1}").text
        assert f"{head}, by burners" in html.unescape(curve)
        assert len(re.findall(r'class="curve-median"', curve)) == len(there)


def test_repeats_are_compared_by_their_median(http: httpx.Client, server: Served) -> None:
    """Two of one series that are alike: the table of differences has median and spread of both."""
    with server.state["store"].transaction() as database:
        series_kept.keep(database, "like", Plan("convoy", {}, 2), "3.11.7", tuple(LIKE))
    text = until(http, "/series/like", lambda text: "every 1s" not in text)
    assert [row[0] for row in told(text)] == ["all runs"]
    assert "curve-median" not in text
    handoffs = sorted(http.get(f"/recordings/{id}/report.json").json()["handoffs"] for id in LIKE)
    figures = http.get(f"/compare/table?ids={next(iter(LIKE))}").text
    assert "median and spread of 2 runs" in figures
    row = next(row for row in told(figures) if row[0] == "handoffs of the GIL")
    assert row[1] == f"{sum(handoffs) / 2:g} ({handoffs[0]} to {handoffs[1]})"


def first_blocked(timeline: Timeline) -> int:
    """The earliest row of a thread that says so, ns."""
    threads = [id for id, track in timeline.tracks.items() if track["kind"] == TrackKind.THREAD]
    rows = timeline.recording.rows
    return min(int(row.at) for row in rows if row.state == State.BLOCKED and row.track in threads)


def test_a_part_of_repeated_runs_has_their_median_too(http: httpx.Client, server: Served) -> None:
    """The same part of each run that is alike: since its start, before its end, its share, or since it was first in a state; of chosen moments, that run's alone."""
    with server.state["store"].transaction() as database:
        if series_kept.find(database, "like") is None:
            series_kept.keep(database, "like", Plan("convoy", {}, 2), "3.11.7", tuple(LIKE))
    one, other = (Timeline(read(server.state["store"].path(id))) for id in LIKE)
    begin, end = 60_000_000, 200_000_000
    longer, share = other.duration_ns - one.duration_ns, other.duration_ns / one.duration_ns
    blocked = first_blocked(one)
    later = first_blocked(other) - blocked
    assert longer and later
    for asked, there in {
        "align=start": (begin, end),
        "align=end": (begin + longer, end + longer),
        "align=stretch": (round(begin * share), round(end * share)),
        f"align=state:{State.BLOCKED:d}&moments={blocked}": (begin + later, end + later),
        "align=at&moments=7": None,
        "align=mark:nothing&moments=7": None,
        "align=state:99&moments=7": None,
    }.items():
        figures = http.get(f"/compare/table?ids=first&parts={begin}-{end}&{asked}").text
        parts = [compare.part(one, begin, end), *([compare.part(other, *there)] if there else [])]
        expected = compare.compare([parts])
        rows = told(figures)
        assert ("median and spread of 2 runs" in figures) == (there is not None), asked
        for name in (compare.HANDOFFS, compare.GIL_WAITS, compare.PARALLELISM):
            row = next(row for row in expected if row.name == name)
            assert [cells[1] for cells in rows if cells[0] == name.figure] == [compare.said_cell(row, 0)], asked


def test_interpreters_are_not_joined_by_a_line(http: httpx.Client, server: Served) -> None:
    """Between two of them there is nothing; the table says what they are."""
    with server.state["store"].transaction() as database:
        series_kept.keep(database, "pythons", Plan("convoy", {}, 1, PYTHON, ("3.11.7", "3.12.1")), "", ("p0", "p1"))
    text = until(http, "/series/pythons", lambda text: "every 1s" not in text)
    assert '<th scope="col">interpreter</th>' in text
    assert [row[0] for row in told(text)] == ["CPython 3.11.7", "CPython 3.12.1"]
    assert (text.count('class="curve-median"'), text.count('class="curve-line"')) == (2, 0)


def test_a_scenario_is_run_on_two_interpreters_and_shown_side_by_side(http: httpx.Client, server: Served) -> None:
    """From its page, with the parameters that were shown: first offered is what differs in having the GIL. It leads on by itself when both are over."""
    page = http.get("/scenarios/deadlock?recording=p0").text
    form = page[page.index('<form class="ways-run"') :]
    form = form[: form.index("</form>")]
    given = dict(re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', form))
    own = given["python"]
    offered = re.findall(r'<option value="([^"]+)">([^<]+)</option>', form)
    assert own not in dict(offered)
    assert offered, "there is one interpreter on this machine"
    without = [("without the GIL" in called) for _, called in offered]
    assert without == sorted(without, reverse=True)
    given |= {"series-beside": offered[0][0], "pause_ms": "1", "patience_ms": "50"}
    begun = http.post("/scenarios/deadlock/series", data=given)
    address = begun.headers["Location"]
    assert address.endswith("?then=beside")
    told = kept(server.state["store"], address.removeprefix("/series/").partition("?")[0])
    assert (told.plan.points, told.plan.repeats, told.plan.values["pause_ms"]) == ((own, offered[0][0]), 1, 1)
    assert "figure=duration&amp;then=beside" in http.get(address).text
    deadline = time.monotonic() + 60
    while (answer := http.get(address, headers={"HX-Request": "true"})).status_code == 200:
        assert time.monotonic() < deadline, answer.text
        time.sleep(0.1)
    assert (answer.status_code, answer.headers["HX-Redirect"]) == (204, f"/compare?ids={','.join(told.members)}")
    facts = re.findall(r"<mark>(CPython [^<]+)</mark>", http.get(answer.headers["HX-Redirect"]).text)
    assert facts == [f"CPython {own}", f"CPython {offered[0][0]}"]
    refused = http.post("/scenarios/deadlock/series", data={**given, "series-beside": "9.9.9"})
    assert refused.status_code == 503
    assert "There is no CPython &#39;9.9.9&#39; here" in refused.text


def test_the_pair_is_the_recording_that_is_most_alike() -> None:
    """On the same interpreter before all else, then with the same values; of those that are equally near, the newest."""

    def one(id: str, python: str, **parameters: int) -> Recording:
        return cast(Recording, SimpleNamespace(id=id, python=f"CPython {python}", parameters=parameters))

    to = one("to", "3.11.7", messages=25, burners=1)
    near = [one("other", "3.12.1", messages=25, burners=1), one("new", "3.11.7", messages=60, burners=2)]
    near += [one("like", "3.11.7", messages=25, burners=2), one("older", "3.11.7", messages=25, burners=2)]
    assert [nearest(near[:n], to).id for n in (1, 2, 3, 4)] == ["other", "new", "like", "like"]  # type: ignore[union-attr]
    assert nearest([], to) is None


def test_the_rest_can_be_cancelled_and_run_later(http: httpx.Client, server: Served) -> None:
    """Cancelled while the first runs: what hasn't begun is missing, and is run under the ids that it had."""
    begun = http.post(
        "/scenarios/convoy/series", data={**SWEEP, "series-from": "0", "series-to": "1", "series-steps": "2"}
    )
    address = begun.headers["Location"]
    http.post(f"{address}/stop")
    text = until(http, address, lambda text: "every 1s" not in text and "not there" in text)
    members = kept(server.state["store"], address.rpartition("/")[2]).members
    missing = [id for id in members if server.state["store"].get(id) is None]
    assert members[1] in missing
    http.post(f"{address}/pin")
    assert 'aria-pressed="true"' in http.get(address).text
    http.post(f"{address}/resume")
    text = until(http, address, lambda text: "every 1s" not in text)
    assert "2 of 2 runs" in text
    assert all(server.state["store"].get(id) for id in members)


def test_an_interpreter_that_has_vanished_is_named_and_the_others_go_on(http: httpx.Client, server: Served) -> None:
    """What is missing on another one is run; where nothing can be, nothing is offered."""
    values = {**CONVOY.defaults, "messages": 2}
    here = re.search(r'name="python" value="([^"]+)"', http.get("/scenarios/deadlock?recording=p0").text)
    assert here
    with server.state["store"].transaction() as database:
        two = Plan("convoy", values, 1, PYTHON, (here[1], "9.9.9"))
        series_kept.keep(database, "vanishing", two, here[1], ("v0", "v1"))
        series_kept.keep(database, "vanished", Plan("convoy", values, 2), "9.9.9", ("w0", "w1"))
    for id, offered in (("vanishing", True), ("vanished", False)):
        text = http.get(f"/series/{id}").text
        assert "CPython 9.9.9 is no longer on this machine" in text
        assert ("Run what is missing" in text) == offered
        assert http.post(f"/series/{id}/resume").status_code == 303
    text = until(http, "/series/vanishing", lambda text: "every 1s" not in text)
    assert "1 of 2 runs" in text
    assert "Run what is missing" not in text
    assert [server.state["store"].get(id) is not None for id in ("v0", "v1", "w0")] == [True, False, False]


def test_what_cannot_be_is_told_at_its_field(http: httpx.Client) -> None:
    """Nothing of it is planned or kept."""
    before = http.get("/scenarios/convoy/series").text
    for given, error in (
        ({"series-from": "0", "series-to": "2", "series-steps": "9"}, "From 0 to 2 there are 3 whole numbers"),
        ({"series-from": "0", "series-to": "99", "series-steps": "2"}, "burners must be a whole number from 0 to"),
        ({"series-repeats": "6"}, "must be a whole number from 1 to 5"),
        ({"series-parameter": "nothing"}, "convoy has no parameter"),
        ({"series-kind": "repeat", "series-times": "11"}, "must be a whole number from 2 to 10"),
        ({"messages": "1"}, "messages must be a whole number from 5"),
        ({"python": "2.7"}, "There is no CPython"),
    ):
        refused = http.post(
            "/scenarios/convoy/series",
            data={**SWEEP, "series-from": "0", "series-to": "2", "series-steps": "3", **given},
        )
        assert refused.status_code in (422, 503), given
        errors = re.findall(r'class="error[^>]*>(.*?)</p>', html.unescape(refused.text))
        assert any(error in each for each in errors), (given, errors)
    assert re.findall(r"/series/\w+", http.get("/scenarios/convoy/series").text) == re.findall(r"/series/\w+", before)
    assert http.get("/series/nothing").status_code == 404
