"""The lab: what it plans, how its runs take their turns, what a result says, and one for real in a browser."""

import asyncio
import html
import json
import platform
import re
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, expect

from app import lab, lab_kept
from app.plans import Planned, Plans
from app.runs import Runs
from app.store import Store
from gilscope import scenarios
from gilscope.collector import interpreters
from gilscope.collector.interpreters import Interpreter
from gilscope.recording import META, encode_chunk
from gilscope.scenarios import validate
from tests import app_recordings
from tests.app_client import Served, client, served, settings
from tests.browsing import opened
from tests.test_pages_browser import TEXTS

WORK = {"pieces": "2", "waiting_ms": "1", "computing_ms": "2"}
PYTHON = Interpreter(Path("/python"), (3, 12, 0), "CPython", "", False, Path("/include"), "", "", "")


def python(*version: int, **changes: Any) -> Interpreter:
    return replace(PYTHON, version=version, **changes)


def test_each_way_is_done_by_who_can() -> None:
    """What the chosen interpreter lacks is done by the newest that has it; without any, not at all."""
    old, newer, newest = python(3, 12, 0), python(3, 14, 0), python(3, 15, 0)
    free, bare = python(3, 14, 1, free_threaded=True), python(3, 16, 0, include=None)
    five = ["serial", "threads", "asyncio", "processes", "mixed"]

    def found(chosen: Interpreter, *usable: Interpreter) -> list[tuple[str, str]]:
        planned = lab.ways(chosen, usable)
        assert [way for way, _ in planned[:5]] == five
        assert {one for _, one in planned[:5]} == {chosen}
        return [(way, one.text) for way, one in planned[5:]]

    assert found(old, old) == []
    assert found(old, old, newer, newest, free, bare) == [("interpreters", "3.15.0"), ("threads", "3.14.1t")]
    assert found(newer, old, newer, newest) == [("interpreters", "3.14.0")]
    assert found(free, old, free) == [("interpreters", "3.14.1t")]


def test_what_comes_ready_can_be_run() -> None:
    """Seven kinds of work, each within what its parameters and the lab allow."""
    scenario = scenarios.find(lab.SCENARIO)
    assert len(lab.PRESETS) == 7
    for name, given in lab.PRESETS.values():
        assert scenarios.find(name).chapter == "deciding"
        lab.refuse_too_long(validate(scenario, {name: str(value) for name, value in given.items()}))


def test_what_the_article_says_stands_there_before(asking: httpx.Client) -> None:
    """By kind of work; the one in the form is marked."""
    answer = asking.get("/lab")
    rows = re.findall(r'<th scope="row"><a href="[^"]*">(.*?)</a></th><td>(.*?)</td>', answer.text)
    ways = ["asyncio", "threads", "processes", "threads", "processes", "asyncio", "processes"]
    assert rows == [*zip(lab.PRESETS, ways, strict=True), ("fire and forget", "a daemon thread")]
    assert 'aria-current="true" href' not in answer.text
    link = re.findall(r'href="(/lab\?[^"]*)">batch inference', answer.text)[0]
    marked = re.findall(r'aria-current="true" href="[^"]*">([^<]*)', asking.get(html.unescape(link)).text)
    assert marked == ["batch inference"]


def recording(id: str, way: str, took_ms: float, version: str = "3.12.0", **changes: Any) -> bytes:
    """As if this way had done the work in that time."""
    parameters = {**scenarios.find(lab.SCENARIO).defaults, "pieces": 16, "waiting_ms": 0.0, "way": way, **changes}
    header = {"scenario": lab.SCENARIO, "id": id, "parameters": parameters, "title": "Work"}
    head = app_recordings.head(**header, python={"version": version, "implementation": "CPython"})
    said = (
        f"Done after {took_ms:.2f} ms; the first piece began after 1.00 ms.\n"
        "Half of the pieces were done after 2.00 ms, 95 % after 3.00 ms.\n"
    )
    *chunks, end = app_recordings.CHUNKS
    told = {"output": [{"at": 1, "stream": "stdout", "text": said}]}
    chunks.append(encode_chunk(len(chunks), META, json.dumps(told).encode()))
    return head + b"".join([*chunks, app_recordings.numbered(end, len(chunks))])


RECORDINGS = {
    "p1": recording("p1", "processes", 300),
    "p2": recording("p2", "processes", 310),
    "t1": recording("t1", "threads", 200),
    "t2": recording("t2", "threads", 205),
    "f1": recording("f1", "threads", 100, "3.13.0t"),
    "f2": recording("f2", "threads", 101, "3.13.0t"),
    "other": recording("other", "serial", 100, pieces=99),
    "silent": app_recordings.file(id="silent", scenario=lab.SCENARIO, parameters={"way": "serial"}),
}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Runs wait on it, none starts."""
    data = tmp_path_factory.mktemp("data")
    (data / "recordings").mkdir()
    for id, file in RECORDINGS.items():
        (data / "recordings" / f"{id}.gilscope").write_bytes(file)
    with served(settings(data)) as running:
        wait_until(lambda: all(each.analysed for each in running.state["store"].newest()))
        yield running


@pytest.fixture
def asking(server: Served) -> Iterator[httpx.Client]:
    with client(server) as asking:
        yield asking


def wait_until(true: Any) -> None:
    deadline = time.monotonic() + 60
    while not true():
        assert time.monotonic() < deadline, "it doesn't come"
        time.sleep(0.02)


def text_of(answer: httpx.Response) -> str:
    """What one reads."""
    shown = re.sub(r"<(script|style|head).*?</\1>", "", answer.text, flags=re.DOTALL)
    return html.unescape(" ".join(re.sub(r"<[^>]+>", " ", shown).split()))


def test_a_result_is_read_from_its_recordings(asking: httpx.Client) -> None:
    """By its address alone: the advice, the article's beside it, and each way with its spread."""
    answer = asking.get("/lab/p1-f1-t1-p2-f2-t2")
    text = text_of(answer)
    assert (
        "Measured here: free threads It took 100 ms (100 ms to 101 ms). The next, threads, took 2.01 times as long."
        in text
    )
    assert (
        "The article: processes Each piece waits for 0 % of its time: it computes, and computing goes to processes."
        in text
    )
    assert "They differ. The article's way took 305 ms (300 ms to 310 ms), 3.03 times as long." in text
    assert "/compare?ids=f1,p1,t1" in answer.text, "what is advised first"
    rows = re.findall(r'scope="row">(.*?)<td[^>]*>(.*?)\s*<svg', answer.text, re.DOTALL)
    assert [(re.sub(r"<[^>]+>", " ", way).split(), time) for way, time in rows] == [
        (["threads", "3.12.0"], "202 ms (200 ms to 205 ms)"),
        (["free", "threads", "best", "3.13.0t"], "100 ms (100 ms to 101 ms)"),
        (["processes", "3.12.0"], "305 ms (300 ms to 310 ms)"),
    ]
    assert 'name="pieces" type="text"' in answer.text
    assert re.search(r'name="pieces"[^>]*value="16"', answer.text), "the form describes the same work"
    assert re.search(r"<option selected>2</option>", answer.text), "as often"


def test_the_same_way_is_said_once(asking: httpx.Client) -> None:
    """Where they agree, and where nothing is known of a run."""
    text = text_of(asking.get("/lab/p1-p2-nowhere"))
    assert "They agree." in text and "Nothing is known any more of 1 run." in text and "Continue" not in text


@pytest.mark.parametrize("address", ["nowhere", "p1-other", "silent", "P1", "p1-", "-".join(["p1"] * 51)])
def test_an_address_that_is_no_result(address: str, asking: httpx.Client) -> None:
    """Nothing left, other work, a recording without the parameters, no address at all: 404 with what to do."""
    answer = asking.get(f"/lab/{address}")
    assert answer.status_code == 404
    assert re.search("[Rr]un it again|mistyped", text_of(answer))


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"pieces": "0"}, "pieces must be a whole number from 1 to 1,000, not '0'."),
        ({"pieces": "1000", "waiting_ms": "100"}, "One piece after the other, this takes 102 s."),
        ({"waiting_ms": "0", "computing_ms": "0"}, "A piece neither waits nor computes. Let it do one of them."),
        ({"repeats": "7"}, "repeats must be one of 1, 2, 3, 5."),
        ({"python": "2.7"}, "There is no CPython '2.7' here."),
    ],
)
def test_what_can_not_be_is_said_at_its_field(changes: dict[str, str], sentence: str, asking: httpx.Client) -> None:
    """Before anything runs, with everything that was given."""
    answer = asking.post("/lab", data={**WORK, **changes})
    assert answer.status_code == 422
    assert sentence in text_of(answer)
    assert re.search(r'name="computing_ms"[^>]*value="' + changes.get("computing_ms", "2"), answer.text)


def test_one_run_at_a_time_stands_in_the_queue(server: Served, asking: httpx.Client) -> None:
    """Round after round; the next follows when one has ended; Stop takes everything back; Continue begins what is left."""
    runs, plans = server.state["runs"], server.state["plans"]
    answer = asking.post("/lab", data={**WORK, "repeats": "2"})
    assert answer.status_code == 303
    address = answer.headers["location"]
    ids = address.removeprefix("/lab/").split("-")
    half = len(ids) // 2
    ways = [runs.find(ids[0]).values["way"], *(plans.planned(id).values["way"] for id in ids[1:])]
    assert ways[:half] == ways[half:] and ways[:5] == ["serial", "threads", "asyncio", "processes", "mixed"]
    assert runs.running() == ids[:1]
    text = text_of(asking.get(address, headers={"HX-Request": "true"}))
    assert f"0 of {len(ids)} runs have ended" in text and "Which one" not in text
    asking.post(f"/runs/{ids[0]}/stop")
    wait_until(lambda: runs.running() == ids[1:2])
    assert asking.post(f"{address}/stop").status_code == 303
    assert (runs.running(), [plans.planned(id) for id in ids]) == ([], [None] * len(ids))
    assert f"{len(ids)} of {len(ids)} runs are missing: stopped, deleted, or" in text_of(asking.get(address))
    answer = asking.post(f"{address}/resume")
    assert (answer.status_code, answer.headers["location"]) == (303, address)
    assert (runs.running(), plans.planned(ids[0])) == (ids[:1], None)
    assert [plans.planned(id).values["way"] for id in ids[1:]] == ways[1:]
    assert asking.post(f"{address}/resume").headers["location"] == address
    assert runs.running() == ids[:1], "nothing begins twice"
    asking.post(f"{address}/stop")


def test_what_goes_on_is_not_begun_twice(tmp_path: Path) -> None:
    """Two presses of Continue may come at once: two runs of one id would write one file."""

    async def twice() -> list[str]:
        runs = Runs(settings(tmp_path), Store(tmp_path / "recordings", tmp_path / "index.sqlite"))
        plans, scenario = Plans(runs), scenarios.find(lab.SCENARIO)
        own = interpreters.describe(sys.executable)
        plan = [Planned(id, scenario, scenario.defaults, own, "me") for id in ("first", "second")]
        plans.begin(plan)
        plans.begin(plan)
        waiting = [run.id for run in runs.queue.order()]
        await plans.close()
        return waiting

    assert asyncio.run(twice()) == ["first"]


def test_what_was_planned_outlives_the_server(tmp_path: Path) -> None:
    """With what was measured. A run that was cut short is run again as another one; an interpreter that is gone is named."""
    with served(settings(tmp_path)) as running, client(running) as asking:
        address = asking.post("/lab", data={**WORK, "repeats": "1"}).headers["location"]
        with running.state["store"].transaction() as database:
            values = {**scenarios.find(lab.SCENARIO).defaults, "pieces": 2, "waiting_ms": 1.0, "computing_ms": 2.0}
            lab_kept.keep(database, [("gone", {**values, "way": "mixed"}, "3.12.99")])
    ids = address.removeprefix("/lab/").split("-")
    whole = recording(ids[0], "serial", 300, pieces=2, waiting_ms=1.0, computing_ms=2.0)
    own = platform.python_version()
    cut = recording(ids[1], "threads", 200, own, pieces=2, waiting_ms=1.0, computing_ms=2.0)[:-30]
    for id, file in zip(ids, (whole, cut), strict=False):
        (tmp_path / "recordings" / f"{id}.gilscope").write_bytes(file)
    with served(settings(tmp_path)) as running, client(running) as asking:
        wait_until(lambda: all(each.analysed for each in running.state["store"].newest()))
        text = text_of(asking.get(f"{address}-gone"))
        assert f"{len(ids) - 1} of {len(ids) + 1} runs are missing" in text and "Continue" in text
        assert "CPython 3.12.99 isn’t on this machine any more: its runs stay missing." in text
        assert "Measured here: serial It took 300 ms." in text
        again = asking.post(f"{address}/resume").headers["location"].removeprefix("/lab/").split("-")
        assert [new == old for new, old in zip(again, ids, strict=True)] == [True, False, *[True] * (len(ids) - 2)]
        assert running.state["runs"].running() == again[1:2]
        assert [bool(running.state["plans"].planned(id)) for id in again] == [False, False, *[True] * (len(ids) - 2)]
        assert running.state["plans"].planned(again[2]).values == {**values, "way": "asyncio"}
        assert f"1 of {len(ids)} runs have ended" in text_of(asking.get(f"/lab/{'-'.join(again)}"))


def test_an_interpreter_that_vanishes_takes_only_its_own_runs_along(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It isn't offered any more, and what is planned goes on with the others."""
    twin = tmp_path / "python"
    twin.symlink_to(sys.executable)
    with served(settings(tmp_path / "data")) as running, client(running) as asking:
        asking.get("/lab")
        interpreters, runs, plans = (running.state[name] for name in ("interpreters", "runs", "plans"))
        vanishing = replace(interpreters._usable[0], path=twin, version=(3, 11, 99))
        interpreters._usable = (*interpreters._usable, vanishing)
        assert "CPython 3.11.99" in asking.get("/lab").text
        monkeypatch.setattr(
            lab, "ways", lambda chosen, _: [("serial", chosen), ("threads", vanishing), ("mixed", chosen)]
        )
        ids = asking.post("/lab", data={**WORK, "repeats": "1"}).headers["location"].removeprefix("/lab/").split("-")
        twin.unlink()
        assert "CPython 3.11.99" not in asking.get("/lab").text
        asking.post(f"/runs/{ids[0]}/stop")
        wait_until(lambda: runs.running() == ids[2:3])
        assert plans.planned(ids[1]) is None


def test_a_full_queue_is_said_and_waited_for(
    server: Served, asking: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before the first: nothing is planned. After it: the others wait until there is room."""
    runs, plans = server.state["runs"], server.state["plans"]
    monkeypatch.setattr("app.runs.AGAIN_SECONDS", 0.01)
    monkeypatch.setattr(server.state["runs"], "settings", replace(server.settings, waiting=0))
    answer = asking.post("/lab", data=WORK)
    assert (answer.status_code, plans._planned) == (429, {})
    assert "The queue is full" in answer.text
    monkeypatch.setattr(runs, "settings", server.settings)
    address = asking.post("/lab", data=WORK).headers["location"]
    ids = address.removeprefix("/lab/").split("-")
    monkeypatch.setattr(runs, "settings", replace(server.settings, waiting=0))
    asking.post(f"/runs/{ids[0]}/stop")
    assert plans.planned(ids[1]) is not None
    monkeypatch.setattr(runs, "settings", server.settings)
    wait_until(lambda: runs.running() == ids[1:2])
    asking.post(f"{address}/stop")


def test_for_real(browser: Browser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two ways, once each, in a browser: it shows what goes on, goes on after a reload, and ends in advice, on a phone too."""
    monkeypatch.setattr(lab, "ways", lambda chosen, usable: [("serial", chosen), ("threads", chosen)])
    with served(settings(tmp_path, slots=1)) as running:
        page, errors = opened(browser, viewport={"width": 390, "height": 800}, reduced_motion="reduce")
        page.goto(f"{running.base}/lab?pieces=2&waiting_ms=1&computing_ms=2")
        expect(page.get_by_label("pieces", exact=True).first).to_have_value("2")
        page.get_by_label("repeats").select_option("1")
        page.get_by_role("button", name="Run").click()
        expect(page.get_by_label("of 2 runs have ended")).to_be_visible()
        page.reload()
        expect(page.get_by_role("heading", name="Measured here")).to_be_visible(timeout=60_000)
        expect(page.get_by_role("heading", name="The article: mixed")).to_have_count(0)
        expect(page.get_by_role("heading", name="The article: asyncio with a pool of processes")).to_be_visible()
        expect(page.get_by_role("rowheader")).to_have_count(2)
        expect(page.get_by_role("button", name="Stop")).to_have_count(0)
        for scheme in ("dark", "light"):
            page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
            assert [text for text in page.evaluate(TEXTS) if text["size"] < 12 or text["contrast"] < 4.5] == []
        for width in (1280, 390):
            page.set_viewport_size({"width": width, "height": 800})
            assert page.evaluate("document.documentElement.scrollWidth") == width
        page.get_by_role("link", name="run 1 of threads: timeline").click()
        expect(page.locator("gil-timeline")).to_be_visible()
        page.close()
        assert errors == []


def test_the_share_of_waiting_moves_both_times(browser: Browser, server: Served) -> None:
    """They stay as long together, by key too; what is typed moves it back; where there is no time, there is no share."""
    page, errors = opened(browser)
    page.goto(f"{server.base}/lab?waiting_ms=20&computing_ms=5")
    share, waiting, computing = (
        page.get_by_label(name, exact=True) for name in ("share of waiting", "waiting", "computing")
    )
    expect(share).to_have_value("80")
    share.press("ArrowLeft")
    expect(waiting.first).to_have_value("19.8")
    expect(computing.first).to_have_value("5.2")
    expect(page.locator("#lab-share output")).to_have_text("79 %")
    waiting.first.fill("5.2")
    expect(share).to_have_value("50")
    waiting.last.fill("0")
    expect(share).to_have_value("0")
    computing.first.fill("0")
    expect(share).to_be_hidden()
    assert errors == []
    page.close()
