"""What a page of a recording offers: marks of readers, kept with it, checked, limited and gone with it; and to run it again."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.marks import LONGEST_TEXT, MOST_MARKS
from app.store import Store
from gilscope.marks import Mark
from tests import app_recordings
from tests.app_client import Served, client, served, settings


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    data = tmp_path_factory.mktemp("data")
    (data / "recordings").mkdir()
    for id, changes in {"a": {}, "b": {}, "own": {"scenario": "a_program_of_ones_own"}}.items():
        (data / "recordings" / f"{id}.gilscope").write_bytes(app_recordings.file(id=id, **changes))
    with served(settings(data)) as running:
        yield running


def test_a_mark_is_kept_changed_and_deleted(server: Served) -> None:
    """By time; each recording has its own; a frame is told them too, and can change nothing."""
    with client(server) as http:
        assert http.get("/recordings/a/marks").json() == {"marks": []}
        for id, at, text in (("m1", 9_000, " later "), ("m2", 5_000, "é <b>"), ("m1", 9_001, "changed")):
            assert http.put(f"/recordings/a/marks/{id}", json={"at": at, "text": text}).status_code == 204
        expected = [{"id": "m2", "at": 5_000, "text": "é <b>"}, {"id": "m1", "at": 9_001, "text": "changed"}]
        assert http.get("/recordings/a/marks").json() == {"marks": expected}
        assert http.get("/embed/a/marks").json() == {"marks": expected}
        assert http.put("/embed/a/marks/m3", json={"at": 1, "text": "x"}).status_code == 404
        assert http.get("/recordings/b/marks").json() == {"marks": []}
        assert http.delete("/recordings/a/marks/m2").status_code == 204
        assert http.delete("/recordings/a/marks/m2").status_code == 204
        assert http.get("/recordings/a/marks").json() == {"marks": expected[1:]}


def test_a_downloaded_recording_has_its_marks_elsewhere(server: Served, tmp_path: Path) -> None:
    """As they are now; another server that is given the file shows them."""
    with client(server) as http:
        sizes = []
        for text in ("first", "changed, and longer"):
            assert http.put("/recordings/b/marks/m", json={"at": 7, "text": text}).status_code == 204
            answer = http.get("/recordings/b/file?download=1")
            assert answer.headers["cache-control"] == "no-cache"
            sizes.append(len(answer.content))
        assert sizes[0] < sizes[1]
        assert server.state["store"].get("b").bytes == sizes[1]
        there = Store(tmp_path / "recordings", tmp_path / "index.sqlite")
        there.path("copy").write_bytes(answer.content)
        there.reconcile()
        assert there.marks("copy") == [Mark("m", 7, "changed, and longer")]
        assert there.reconcile() == 0
        there.close()
        assert http.delete("/recordings/b/marks/m").status_code == 204
        assert len(http.get("/recordings/b/file?download=1").content) < sizes[0]


@pytest.mark.parametrize(
    ("mark", "body", "status", "said"),
    [
        ("m", '{"at": 5, "text": "  "}', 422, "needs a text"),
        ("m", '{"at": 5, "text": "%s"}' % ("x" * (LONGEST_TEXT + 1)), 422, f"{LONGEST_TEXT} at most"),
        ("m", '{"at": 5, "text": "a\\nb"}', 422, "one line"),
        ("m", '{"at": -1, "text": "x"}', 422, "between 0 and 421000000"),
        ("m", '{"at": 421000001, "text": "x"}', 422, "between 0 and 421000000"),
        ("m", '{"at": 1.5, "text": "x"}', 422, "whole number"),
        ("m", '{"at": true, "text": "x"}', 422, "whole number"),
        ("M!", '{"at": 5, "text": "x"}', 422, "letters a to z"),
        ("m", "[]", 422, "Expected JSON"),
        ("m", '{"at": 5}', 422, "Expected JSON"),
        ("m", "\xff", 422, "Expected JSON"),
    ],
)
def test_what_is_no_mark_is_refused_with_a_sentence(
    server: Served, mark: str, body: str, status: int, said: str
) -> None:
    with client(server) as http:
        answer = http.put(f"/recordings/b/marks/{mark}", content=body.encode("latin-1"))
        assert (answer.status_code, said in answer.json()["error"]) == (status, True)
        assert http.get("/recordings/b/marks").json() == {"marks": []}


def test_a_mark_needs_its_recording_and_our_own_page(server: Served) -> None:
    with client(server) as http:
        told = {"at": 5, "text": "x"}
        assert http.put("/recordings/none/marks/m", json=told).status_code == 404
        assert http.get("/recordings/none/marks").status_code == 404
        assert http.put("/recordings/b/marks/m", content="x" * 5000).status_code == 413
        elsewhere = {"Origin": "http://elsewhere.example"}
        assert http.put("/recordings/b/marks/m", json=told, headers=elsewhere).status_code == 403
        assert http.delete("/recordings/b/marks/m", headers=elsewhere).status_code == 403


def test_a_file_that_cannot_be_written_keeps_its_marks(server: Served) -> None:
    """That is said where it is asked for, also of a mark that is to go."""
    path = server.state["store"].path("own")
    aside = path.rename(path.with_suffix(".aside"))
    path.mkdir()
    said = {
        "error": "The recording's file can't be written: Is a directory. Nothing was changed. See that there is room, and try again."
    }
    with client(server) as http:
        set_one = http.put("/recordings/own/marks/m", json={"at": 5, "text": "x"})
        gone = http.delete("/recordings/own/marks/m")
    path.rmdir()
    aside.rename(path)
    assert [(each.status_code, each.json()) for each in (set_one, gone)] == [(507, said)] * 2


def test_there_are_so_many_at_most_and_they_go_with_the_recording(tmp_path: Path) -> None:
    """Changing one of them is still possible; a recording that comes again has none."""
    store = Store(tmp_path / "recordings", tmp_path / "index.sqlite")
    for id in ("a", "b"):
        store.path(id).write_bytes(app_recordings.file(id=id))
    store.reconcile()
    assert all(store.put_mark("a", Mark(f"m{n}", n, "x"), MOST_MARKS) for n in range(MOST_MARKS))
    assert not store.put_mark("a", Mark("more", 1, "x"), MOST_MARKS)
    assert store.put_mark("a", Mark("m0", 7, "y"), MOST_MARKS)
    assert store.put_mark("b", Mark("m0", 7, "y"), MOST_MARKS)
    assert len(store.marks("a")) == MOST_MARKS
    store.delete("a")
    assert store.marks("a") == []
    store.path("b").unlink()
    store.reconcile()
    assert store.marks("b") == []
    store.close()


def test_only_what_is_a_scenario_here_is_offered_to_be_run_again(server: Served) -> None:
    """A recording of one's own program, or from elsewhere, would lead nowhere."""
    with client(server) as http:
        again = "Change and run again"
        assert [again in http.get(f"/recordings/{id}").text for id in ("a", "own")] == [True, False]
