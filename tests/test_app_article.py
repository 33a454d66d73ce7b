"""The article's page: its verdicts in the index, and rounds that are run, cancelled, resumed and that outlive the server."""

import re
import shutil
import sqlite3
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from app import verdicts
from app.recordings_kept import Analysis
from app.store import SHIPPED, Store
from app.verdicts import KEPT, Kept
from gilscope.claims import Claim, Verdict, claim_of
from gilscope.scenarios import FOLDER
from tests.app_client import client, served, settings
from tests.app_recordings import file
from tests.browsing import opened

CLAIM = claim_of("convoy")
assert CLAIM is not None
SMALL = ("starting_gun", "two_counters", "own_gil_each")


def report(**changes: Any) -> dict[str, Any]:
    claim = {"usual": True, "version": CLAIM.version, "verdict": "confirmed", "sentence": "It took 5 ms."}
    told = {"scenario": "convoy", "python": "3.13.0", "verdict": "ok", **changes}
    return {**told, "claim": {**claim, **changes.get("claim", {})}}


def entered(store: Store, id: str, minute: int = 0, **changes: Any) -> None:
    """A recording of its own, with what its report says."""
    store.path(id).write_bytes(file(started=f"2026-01-01T00:{minute:02}:00Z", scenario="convoy", id=id))
    store.take_in(id)
    store.put_analysis(id, Analysis(0, [], [], "", report(**changes), f"from=1&to=2&track={minute}"))


def read(store: Store, claims: dict[str, Claim] | None = None) -> dict[tuple[str, str], list[Kept]]:
    with store.transaction() as database:
        return verdicts.read(database, claims or {"convoy": CLAIM})


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = Store(tmp_path / "recordings", tmp_path / "index.sqlite")
    yield store
    store.close()


def test_a_verdict_is_kept_by_claim_and_interpreter(store: Store) -> None:
    """With the recording it comes from and where it is seen there; the newest first."""
    entered(store, "a0", 0)
    entered(store, "a1", 1, claim={"verdict": "refuted"})
    entered(store, "a2", 2, python="3.13.0t")
    assert read(store) == {
        ("convoy", "3.13.0t"): [Kept(Verdict("confirmed", "It took 5 ms."), "a2", "from=1&to=2&track=2")],
        ("convoy", "3.13.0"): [
            Kept(Verdict("refuted", "It took 5 ms."), "a1", "from=1&to=2&track=1"),
            Kept(Verdict("confirmed", "It took 5 ms."), "a0", "from=1&to=2&track=0"),
        ],
    }


@pytest.mark.parametrize(
    ("id", "changes"),
    [
        ("changed", {"claim": {"usual": False}}),
        ("stopped", {"verdict": "stopped"}),
        ("older", {"claim": {"version": "0"}}),
        ("other", {"scenario": "two_counters"}),
        (f"{SHIPPED}convoy", {}),
    ],
)
def test_what_does_not_count(store: Store, id: str, changes: dict[str, Any]) -> None:
    """Other parameters, a run that somebody ended, another version of the claim, another scenario, another machine."""
    entered(store, "counts", 0)
    entered(store, id, 1, **changes)
    assert [kept.recording for kept in read(store)["convoy", "3.13.0"]] == ["counts"]


def test_a_verdict_outlives_its_recording_unless_somebody_deletes_it(store: Store) -> None:
    """What was deleted to make room was measured all the same; the older of many go."""
    for minute in range(KEPT + 2):
        entered(store, f"a{minute:02}", minute)
    assert [kept.recording for kept in read(store)["convoy", "3.13.0"]] == [f"a{n:02}" for n in range(KEPT + 1, 1, -1)]
    store.retain(store.total_bytes() // 2, list)
    left = [kept.recording for kept in read(store)["convoy", "3.13.0"]]
    assert len(left) == KEPT and left[0] == "a10" and left[-1] is None
    store.delete("a10")
    assert len(read(store)["convoy", "3.13.0"]) == KEPT - 1


def test_an_index_of_an_earlier_version_gets_verdicts(tmp_path: Path) -> None:
    """Its recordings stay, and what comes now is kept."""
    old = Store(tmp_path / "recordings", tmp_path / "index.sqlite")
    entered(old, "a0")
    old.close()
    with sqlite3.connect(tmp_path / "index.sqlite") as database:
        database.executescript("DROP TABLE verdicts; DROP TABLE round;")
    store = Store(tmp_path / "recordings", tmp_path / "index.sqlite")
    assert store.reconcile() == 0
    assert [recording.id for recording in store.newest()] == ["a0"]
    assert read(store) == {}
    entered(store, "a1", 1)
    assert [kept.recording for kept in read(store)["convoy", "3.13.0"]] == ["a1"]
    store.close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A catalogue of few and quick scenarios."""
    for name in SMALL:
        for path in FOLDER.glob(f"*/{name}*.py"):
            if path.stem.removesuffix("_claim") == name:
                (tmp_path / "small" / path.parent.name).mkdir(parents=True, exist_ok=True)
                shutil.copy(path, tmp_path / "small" / path.parent.name)
    return tmp_path / "small"


ANEW = """() => new Promise((done) => {
  document.querySelector('#statement-17 summary').textContent = 'old';
  new MutationObserver(() => done()).observe(document.querySelector('#statement-17 summary'), { childList: true, characterData: true, subtree: true });
  document.querySelector('#round-python').dispatchEvent(new Event('change', { bubbles: true }));
})"""
"""Fetches the table anew; done when it has come."""


def until(true: Callable[[], object], what: str) -> None:
    deadline = time.monotonic() + 60
    while not true():
        assert time.monotonic() < deadline, what
        time.sleep(0.02)


def test_run_all_cancel_resume_and_a_server_that_ends(browser: Browser, tmp_path: Path, folder: Path) -> None:
    """From nothing to a verdict for each claim, in spite of a reload and of another server in between."""
    given = settings(tmp_path / "data", slots=1, folder=folder)
    with served(given) as running:
        page, errors = opened(browser)
        page.goto(f"{running.base}/article")
        tally, progress = page.locator(".tally"), page.locator("#progress")
        expect(tally).to_have_text(re.compile(r"^\s*3\s+○\s*not yet run\s*$"))
        expect(page.locator("#statement-1")).to_contain_text("No scenario measures it yet.")
        page.get_by_role("button", name="Run all").click()
        expect(progress).to_contain_text(re.compile(r"now .+ on CPython 3\."))
        expect(page.locator(".mark-confirmed, .mark-depends, .mark-not-measured").first).to_be_visible(timeout=30_000)
        page.get_by_role("button", name="Cancel").click()
        expect(progress).to_contain_text("cancelled; Resume goes on")
        page.reload()
        expect(progress).to_contain_text("cancelled; Resume goes on")
        done = running.state["rounds"].round.done
        assert 1 <= done < 3
        page.get_by_role("button", name="Resume").click()
        expect(progress).to_contain_text("now ")
        assert running.state["rounds"].round.done >= done, "what was done isn't done again"
        page.goto("about:blank")
    with served(given) as running:
        page.goto(f"{running.base}/article")
        expect(page.locator("#progress")).to_contain_text("broken off. The server was ended meanwhile.")
        page.get_by_role("button", name="Resume").click()
        expect(progress).to_have_text(re.compile(r"3 of 3 runs · all done"), timeout=60_000)
        expect(page.locator(".tally")).not_to_contain_text("not yet run")
        expect(page.get_by_role("button", name="Run all")).to_be_visible()
        seen = page.locator("#statement-17 .figures")
        expect(seen).to_contain_text("runners waited for the shot")
        page.get_by_label("interpreter").focus()
        page.get_by_label("interpreter").select_option("all")
        expect(page).to_have_url(re.compile(r"/article\?python=all$"))
        cells = page.locator("#statement-17 td[data-python]")
        expect(cells).to_have_count(1)
        others = [
            one.text for one in running.state["interpreters"]._usable if one.text != cells.get_attribute("data-python")
        ]
        expect(page.get_by_text(f"Nothing was measured yet on {', '.join(others)}.")).to_be_visible(
            visible=bool(others)
        )
        expect(page.get_by_label("interpreter")).to_be_focused()
        page.locator("#statement-17 summary").click()
        expect(page.locator("#statement-17 dd")).to_contain_text("runners waited for the shot")
        page.evaluate(ANEW)
        assert page.locator("#statement-17 details").get_attribute("open") is not None, "it stays open when news come"
        cells.get_by_role("link").click()
        expect(page).to_have_url(re.compile(r"/recordings/\w+#from=\d+&to=\d+&track=\d+"))
        page.goto(f"{running.base}/scenarios/starting_gun")
        page.get_by_role("link", name="statement 17").click()
        expect(page).to_have_url(re.compile(r"/article#statement-17$"))
        assert errors == []
        page.close()


def test_a_round_waits_for_its_turn_and_there_is_one_at_a_time(tmp_path: Path, folder: Path) -> None:
    """Where nothing may run, it waits in the queue like anybody; cancelled, nothing of it is left there."""
    with served(settings(tmp_path / "data", slots=0, folder=folder)) as running, client(running) as asking:
        form = {"python": "all", "repeats": "3"}
        assert asking.post("/article/round/resume").status_code == 503, "there is nothing to resume"
        assert asking.post("/article/round", data={"python": "2.7"}).status_code == 422
        assert asking.post("/article/round", data=form).status_code == 303
        until(lambda: running.state["rounds"].run, "the round doesn't begin")
        usable = running.state["interpreters"]._usable
        assert running.state["rounds"].round.total == 3 * len(SMALL) * len(usable)
        assert "1st in the queue" in asking.get("/article").text
        columns = re.findall(r'<th scope="col">(3[^<]*)</th>', asking.get("/article?python=all").text)
        assert columns[: len(usable)] == [one.text for one in usable], "those that are being measured"
        refused = asking.post("/article/round", data=form)
        assert (refused.status_code, "A round is being run already." in refused.text) == (503, True)
        assert asking.post("/article/round/cancel", data=form).headers["Location"] == "/article?python=all"
        assert running.state["runs"].running() == []
        assert running.state["rounds"].round.done == 0


def test_a_full_queue_is_asked_again(tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The round goes on when there is room."""
    monkeypatch.setattr("app.runs.AGAIN_SECONDS", 0.02)
    given = settings(tmp_path / "data", slots=0, folder=folder)
    with served(replace(given, waiting=1)) as running, client(running) as asking:
        first = asking.post("/scenarios/two_counters/runs").headers["Location"].rpartition("=")[2]
        asking.post("/article/round", data={"python": "all", "repeats": "1"})
        rounds = running.state["rounds"]
        until(lambda: rounds._task, "the round doesn't begin")
        assert rounds.run is None and rounds.round.state == "going"
        asking.post(f"/runs/{first}/stop")
        until(lambda: rounds.run, "the queue isn't asked again")


def test_a_round_goes_on_without_what_was_taken_away(tmp_path: Path, folder: Path) -> None:
    """An interpreter or a scenario that is gone since it was planned doesn't hold up the rest."""
    given = settings(tmp_path / "data", folder=folder)
    Store(given.recordings, given.data / "index.sqlite").close()
    left = [["starting_gun", "3.11.99"], ["no_such", "3.11.99"]]
    told = {"pythons": ["3.11.99"], "total": 2, "left": left, "state": "cancelled", "why": "", "seconds": 0.0}
    with sqlite3.connect(given.data / "index.sqlite") as database:
        verdicts.keep_round(database, told)
    with served(given) as running, client(running) as asking:
        assert asking.post("/article/round/resume", data={"python": "all"}).status_code == 303
        until(lambda: running.state["rounds"].round.state != "going", "the round doesn't end")
        assert (running.state["rounds"].round.state, running.state["rounds"].round.left) == ("over", ())
