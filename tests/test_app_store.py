"""The index of recordings beside their files, after whatever happened to either."""

import os
import random
import signal
import sqlite3
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from app.recordings_kept import Analysis, described
from app.store import ID, Store, new_id
from app.tail import Tail, told_in
from gilscope.errors import BadRecording, Refused
from gilscope.recording import HEAD_BYTES
from tests.app_recordings import BEFORE, CHUNKS, FILE, file, head

ANALYSIS = Analysis(7, [], [{"kind": "convoy", "sentence": "asker waits"}], "<svg/>", {"handoffs": 7})


def opened(folder: Path) -> Store:
    return Store(folder / "recordings", folder / "index.sqlite")


def filled(folder: Path, count: int = 4) -> Store:
    """Recordings a0, a1, …, each a minute younger than the one before."""
    store = opened(folder)
    for number in range(count):
        store.path(f"a{number}").write_bytes(file(started=f"2026-01-01T00:0{number}:00Z", scenario=f"s{number % 2}"))
    store.reconcile()
    return store


def ids(store: Store) -> list[str]:
    return [recording.id for recording in store.newest()]


def test_a_recording_describes_itself(tmp_path: Path) -> None:
    """What the index knows comes from the file: its header and its end."""
    store = filled(tmp_path, 1)
    recording = store.get("a0")
    assert recording is not None
    assert (recording.verdict, recording.duration_ns, recording.rows, recording.bytes) == (
        "ok",
        421_000_000,
        2125,
        store.path("a0").stat().st_size,
    )
    assert recording.python == "CPython 3.13.0"
    assert recording.layers["gil"] == {"measured": True, "why": ""}
    assert not recording.analysed


def test_findings_stay_with_their_recording(tmp_path: Path) -> None:
    """An analysis is entered once, and stays when the file is taken in again."""
    store = filled(tmp_path)
    store.put_analysis("a1", ANALYSIS)
    store.take_in("a1")
    recording = store.get("a1")
    assert recording is not None
    assert (recording.analysed, recording.handoffs, recording.findings) == (
        True,
        7,
        ({"kind": "convoy", "sentence": "asker waits"},),
    )
    assert store.report("a1") == {"handoffs": 7}
    assert store.report("a0") is None


def test_words_find_recordings(tmp_path: Path) -> None:
    """By scenario, interpreter and how it ended, also in the words of its page; every word; newest first."""
    store = filled(tmp_path)
    assert ids(store) == ["a3", "a2", "a1", "a0"]
    assert [one.id for one in store.newest(words="S1 ok")] == ["a3", "a1"]
    assert [one.id for one in store.newest(words="3.13")] == ["a3", "a2", "a1", "a0"]
    assert [one.id for one in store.newest(words="ended itself")] == ["a3", "a2", "a1", "a0"]
    store.put(replace(store.newest()[0], verdict="wall-limit", sentence="It took 31 s, and 30 s is the limit."))
    assert [one.id for one in store.newest(words="time limit")] == ["a3"]
    assert [one.id for one in store.newest(words="took 31")] == ["a3"]
    assert [one.id for one in store.newest(words="'; DROP TABLE recordings; --")] == []
    assert [one.id for one in store.newest("s0", limit=1)] == ["a2"]
    assert [one.id for one in store.newest(before="2026-01-01T00:02:00Z")] == ["a1", "a0"]


def test_an_index_that_another_process_holds_is_no_damaged_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server and `gilscope claims --data` begin at the same moment: it stays where it is, and the later one says so."""
    monkeypatch.setattr("app.store.BUSY_SECONDS", 0.01)
    other = sqlite3.connect(tmp_path / "index.sqlite", isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    with pytest.raises(Refused, match="is held by another process. Try again"):
        opened(tmp_path)
    other.close()
    opened(tmp_path).close()
    assert not list(tmp_path.glob("*.damaged-*"))


@pytest.mark.parametrize("wreck", [b"", b"not a database at all, " * 400, None])
def test_a_damaged_index_is_kept_aside_and_made_again(tmp_path: Path, wreck: bytes | None) -> None:
    """The files are the truth: an empty, foreign or torn index costs nothing, and what was there is kept."""
    store = filled(tmp_path)
    store.close()
    index = tmp_path / "index.sqlite"
    content = index.read_bytes()
    index.write_bytes(content[:100] + b"\xff" * 2000 + content[2100:] if wreck is None else wreck)
    again = opened(tmp_path)
    again.reconcile()
    assert ids(again) == ["a3", "a2", "a1", "a0"]
    assert bool(list(tmp_path.glob("index.sqlite.damaged-*"))) == (wreck != b"")


def test_an_index_of_another_form_is_kept_aside(tmp_path: Path) -> None:
    """A table of the same name with other columns isn't ours."""
    with sqlite3.connect(tmp_path / "index.sqlite") as other:
        other.execute("CREATE TABLE recordings (id TEXT, scenario TEXT, started TEXT)")
    other.close()
    store = filled(tmp_path)
    assert len(store.newest()) == 4
    assert list(tmp_path.glob("index.sqlite.damaged-*"))


def test_the_index_follows_the_files(tmp_path: Path) -> None:
    """Files that came or went while no server ran are found at the next start; nothing else changes."""
    store = filled(tmp_path)
    store.path("a0").unlink()
    store.path("b0").write_bytes(file(started="2026-02-01T00:00:00Z"))
    (store.folder / "notes.txt").write_text("not a recording")
    store.path("b1").write_bytes(b"")
    store.path("b2").write_bytes(BEFORE[:40])
    (store.folder / "UPPER CASE.gilscope").write_bytes(FILE)
    assert store.reconcile() == 2
    assert ids(store) == ["b0", "a3", "a2", "a1"]
    assert store.reconcile() == 0


@pytest.mark.parametrize("share", [0.0, 0.3, 0.6, 0.99])
def test_what_a_dead_run_left_is_an_interrupted_recording(tmp_path: Path, share: float) -> None:
    """A file without an end is kept up to its last whole chunk, and says that it broke off."""
    store = opened(tmp_path)
    whole = b"".join(CHUNKS)
    store.path("a0").write_bytes(BEFORE + whole[: int(len(whole) * share)])
    store.reconcile()
    recording = store.get("a0")
    assert recording is not None
    assert recording.verdict == "interrupted"
    assert "broke off" in recording.sentence
    assert recording.rows <= 2125


def test_retention_deletes_the_oldest_first_but_neither_pinned_nor_running(tmp_path: Path) -> None:
    """Until the rest fits; the file goes with its entry."""
    store = filled(tmp_path)
    each = store.path("a0").stat().st_size
    store.pin("a1", True)
    assert store.retain(2 * each, lambda: ["a0"]) == ["a2", "a3"]
    assert ids(store) == ["a1", "a0"]
    assert sorted(path.name for path in store.folder.glob("*.gilscope")) == ["a0.gilscope", "a1.gilscope"]
    assert store.retain(2 * each, list) == []
    assert store.retain(0, list) == ["a0"]


def test_a_pin_outlives_the_index(tmp_path: Path) -> None:
    """When the index is made again, what was pinned still is; an unpinned one isn't."""
    store = filled(tmp_path)
    store.pin("a1", True)
    store.pin("a2", True)
    store.pin("a2", False)
    store.close()
    (tmp_path / "index.sqlite").unlink()
    again = opened(tmp_path)
    again.reconcile()
    assert [one.id for one in again.newest() if one.pinned] == ["a1"]
    again.delete("a1")
    assert list(again.folder.glob("a1.*")) == []


def test_nobody_guesses_an_id() -> None:
    """Ids are random, all different, and fit an address and a file's name."""
    made = {new_id() for _ in range(1000)}
    assert len(made) == 1000
    assert all(ID.fullmatch(id) and len(id) == 12 for id in made)


WRITER = """
import sys
from pathlib import Path
from app.recordings_kept import described
from app.store import Store
from tests.app_recordings import file
store = Store(Path(sys.argv[1]) / "recordings", Path(sys.argv[1]) / "index.sqlite")
for number in range(100_000):
    id = f"k{number}"
    store.path(id).write_bytes(file())
    store.take_in(id)
    print(id, flush=True)
    if number % 3 == 0:
        store.delete(id)
"""


def test_kill_9_loses_nothing_that_was_entered(tmp_path: Path) -> None:
    """A server that is killed at any moment leaves an index that opens and has every recording that was kept."""
    chance = random.Random(5)
    for turn in range(5):
        folder = tmp_path / str(turn)
        folder.mkdir()
        writer = subprocess.Popen([sys.executable, "-c", WRITER, folder], stdout=subprocess.PIPE, text=True)
        assert writer.stdout
        wanted = chance.randint(5, 120)
        entered = [writer.stdout.readline().strip() for _ in range(wanted)]
        os.kill(writer.pid, signal.SIGKILL)
        entered += writer.stdout.read().split()
        writer.wait()
        writer.stdout.close()
        store = opened(folder)
        assert not list(folder.glob("*.damaged-*"))
        store.reconcile()
        kept = [id for id in entered if int(id[1:]) % 3]
        assert set(kept) <= set(ids(store))
        assert {path.stem for path in store.folder.glob("*.gilscope")} >= set(ids(store))
        store.close()


def test_a_growing_file_is_read_as_it_grows(tmp_path: Path) -> None:
    """Every byte more: the chunks known are those that are whole, each once, in order."""
    path = tmp_path / "a.gilscope"
    tail = Tail(path)
    assert tail.advance() == 0
    edges = [len(BEFORE)]
    for chunk in CHUNKS:
        edges.append(edges[-1] + len(chunk))
    with path.open("wb", buffering=0) as growing:
        for size in range(0, len(FILE) + 1, 37):
            growing.write(FILE[growing.tell() : size])
            assert tail.advance() == sum(edge <= size for edge in edges[1:])
        growing.write(FILE[growing.tell() :])
    assert tail.advance() == len(CHUNKS)
    assert tail.read(0, len(FILE)) == CHUNKS
    assert tail.read(3, 1) == CHUNKS[3:4]
    assert tail.read(len(CHUNKS)) == []
    assert tail.end is not None
    assert tail.end["verdict"] == "ok"


def test_damage_ends_what_is_read_and_is_named(tmp_path: Path) -> None:
    """What comes before a damaged chunk is good; the damage says where it is."""
    path = tmp_path / "a.gilscope"
    place = len(BEFORE) + len(CHUNKS[0]) + len(CHUNKS[1])
    path.write_bytes(FILE[: place + 20] + b"\0" * 8 + FILE[place + 28 :])
    tail = Tail(path)
    assert tail.advance() == 2
    assert tail.damage == f"The file is damaged at byte {place:,}. What comes before it is shown."
    recording = described("a", path)
    assert recording is not None
    assert (recording.verdict, recording.sentence) == ("interrupted", tail.damage)


@pytest.mark.parametrize(
    "content",
    [b"PK\x03\x04 something else\n and more", b"gilscope recording 1 crc32=zz bytes=x\n", head()[:-9] + b"x" * 9],
)
def test_a_foreign_file_is_no_recording(tmp_path: Path, content: bytes) -> None:
    """It is left alone, and says why."""
    path = tmp_path / "a.gilscope"
    path.write_bytes(content)
    tail = Tail(path)
    tail.advance()
    assert tail.damage
    assert described("a", path) is None


def test_states_are_those_of_the_last_rows(tmp_path: Path) -> None:
    """For a snapshot: what each track does at the end of what is there."""
    path = tmp_path / "a.gilscope"
    path.write_bytes(FILE)
    tail = Tail(path)
    tail.advance(keep=False)
    whole = tail.states()
    assert whole[4] == 1
    assert len(whole) == 11
    again = Tail(path)
    again.advance()
    assert again.states() == whole == again.states()


def test_a_chunk_whose_bytes_changed_is_refused(tmp_path: Path) -> None:
    """Its checksum covers the payload."""
    with pytest.raises(BadRecording, match="checksum"):
        told_in(CHUNKS[0][:HEAD_BYTES] + b"\0" + CHUNKS[0][HEAD_BYTES + 1 :])


def test_a_new_data_folder_begins_with_what_comes_with_gilscope(tmp_path: Path) -> None:
    """Each once: who deletes it isn't given it again."""
    shipped = tmp_path / "shipped"
    shipped.mkdir()
    for name in ("convoy", "lost_update"):
        (shipped / f"{name}.gilscope").write_bytes(file(scenario=name))
    store = opened(tmp_path)
    store.seed(shipped)
    store.reconcile()
    assert sorted(ids(store)) == ["shippedconvoy", "shippedlostupdate"]
    store.path("shippedconvoy").unlink()
    store.seed(shipped)
    store.reconcile()
    assert ids(store) == ["shippedlostupdate"]
    # What comes with a later version is given once, too.
    (shipped / "deadlock.gilscope").write_bytes(file(scenario="deadlock"))
    store.seed(shipped)
    store.reconcile()
    assert sorted(ids(store)) == ["shippeddeadlock", "shippedlostupdate"]
