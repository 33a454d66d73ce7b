"""The index of recordings: SQLite beside the files. The files are the truth; the index can be made again from them.

One connection, one lock: whoever writes waits for the other. Everything here blocks and belongs into a thread.
"""

import json
import logging
import re
import secrets
import shutil
import sqlite3
import threading
import time
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from app import lab_kept, recordings_kept, series_kept, verdicts
from app.recordings_kept import COLUMNS, OUTCOME, SOUGHT, Analysis, Recording, as_row, described, of_row
from gilscope.errors import Refused
from gilscope.marks import Mark, read_marks, write_marks
from gilscope.recording import is_held

log = logging.getLogger("gilscope")

SUFFIX = ".gilscope"
ID = re.compile(r"[0-9a-z]{1,40}")
SHIPPED = "shipped"
"""Ids of recordings that come with Gilscope begin so."""
SEEDED = "seeded.txt"
"""In the folder of the recordings: the names of those that came along."""
_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"

BUSY_SECONDS = 5.0
"""So long another process may keep the index: `gilscope claims --data` beside a server."""


def new_id() -> str:
    """A name for a recording that nobody guesses: who knows it may look at it."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(12))


class Store:
    """Recordings: their files in one folder, and the index of them."""

    def __init__(self, folder: Path, index: Path) -> None:
        self.folder = folder
        self.index = index
        self._lock = threading.RLock()
        folder.mkdir(parents=True, exist_ok=True)
        self._database = self._open()

    def path(self, id: str) -> Path:
        return self.folder / f"{id}{SUFFIX}"

    def _pin(self, id: str) -> Path:
        return self.folder / f"{id}.pinned"

    def close(self) -> None:
        with self._lock:
            self._database.close()

    # Opening, from any wreck

    def _open(self) -> sqlite3.Connection:
        try:
            return self._connect()
        except sqlite3.DatabaseError as error:
            if getattr(error, "sqlite_errorcode", 0) == sqlite3.SQLITE_BUSY:
                raise Refused(
                    f"{self.index} is held by another process. Try again in a moment, or choose another folder with --data."
                ) from None
            aside = self.index.with_name(f"{self.index.name}.damaged-{time.time_ns()}")
            log.warning("The index of recordings is damaged (%s). It is kept as %s and made anew.", error, aside.name)
            for suffix in ("", "-wal", "-shm"):
                with suppress(FileNotFoundError):
                    Path(f"{self.index}{suffix}").rename(f"{aside}{suffix}")
            return self._connect()

    def _connect(self) -> sqlite3.Connection:
        database = sqlite3.connect(self.index, timeout=BUSY_SECONDS, check_same_thread=False, isolation_level=None)
        try:
            database.row_factory = sqlite3.Row
            database.execute("PRAGMA journal_mode=WAL")
            database.execute("PRAGMA synchronous=NORMAL")
            if database.execute("PRAGMA quick_check").fetchone()[0] != "ok":
                raise sqlite3.DatabaseError("quick_check found errors")
            database.executescript(recordings_kept.SCHEMA + verdicts.SCHEMA + series_kept.SCHEMA + lab_kept.SCHEMA)
            database.execute(f"SELECT {COLUMNS}, report FROM recordings LIMIT 1")
        except BaseException:
            database.close()
            raise
        return database

    def seed(self, folder: Path) -> None:
        """Take the recordings that come with Gilscope, each once: every scenario shows a true picture, also after an
        update, and one that was deleted stays away."""
        note = self.folder / SEEDED
        seen = set(note.read_text(encoding="utf-8").split()) if note.exists() else set()
        coming = {path.stem: path for path in sorted(folder.glob(f"*{SUFFIX}"))}
        for name in coming.keys() - seen:
            target = self.path(SHIPPED + name.replace("_", ""))
            if not target.exists():
                shutil.copyfile(coming[name], target)
        if coming.keys() - seen:
            note.write_text("\n".join(sorted(seen | coming.keys())), encoding="utf-8")

    def growing(self) -> list[str]:
        """Recordings that somebody writes now."""
        return [id for id, path in self._files().items() if is_held(path)]

    def reconcile(self, growing: Collection[str] = ()) -> int:
        """Make the index fit the files, after whatever happened; the number of entries that changed. What is ``growing`` has
        none until it has ended."""
        files = {id: path for id, path in self._files().items() if id not in growing}
        known = {recording.id: recording for recording in self.newest()}
        with self.transaction() as database:
            gone = known.keys() - files.keys()
            database.executemany("DELETE FROM recordings WHERE id = ?", [(id,) for id in gone])
        changed = len(gone)
        for id, path in files.items():
            with suppress(FileNotFoundError):
                if id not in known or known[id].bytes != path.stat().st_size:
                    changed += self.take_in(id) is not None
        return changed

    def _files(self) -> dict[str, Path]:
        return {path.stem: path for path in self.folder.glob(f"*{SUFFIX}") if ID.fullmatch(path.stem)}

    def take_in(self, id: str) -> Recording | None:
        """Index a file as it is now; one without an end becomes an interrupted recording. None: it holds nothing."""
        recording = described(id, self.path(id))
        if recording is not None:
            recording = replace(recording, pinned=self._pin(id).exists())
            self.put(recording)
        return recording

    # Reading

    def get(self, id: str) -> Recording | None:
        return next(self._select("WHERE id = ?", (id,)), None)

    def newest(
        self, scenario: str | None = None, words: str = "", limit: int = 10_000, before: str | None = None
    ) -> list[Recording]:
        """Newest first; ``words`` are looked for in title, scenario, interpreter and how it ended, as pages say it."""
        terms, values = ["1"], list[Any]()
        if scenario is not None:
            terms.append("scenario = ?")
            values.append(scenario)
        for word in words.split()[:8]:
            terms.append(f"instr(lower({SOUGHT}), lower(?)) > 0")
            values.append(word)
        if before is not None:
            terms.append("started < ?")
            values.append(before)
        condition = f"WHERE {' AND '.join(terms)} ORDER BY started DESC, id LIMIT ?"
        return list(self._select(condition, (*values, limit)))

    def newest_by_scenario(self) -> dict[str, Recording]:
        """For each scenario, its newest recording that has a picture."""
        condition = (
            "WHERE miniature != '' AND started = (SELECT max(started) FROM recordings AS other "
            "WHERE other.scenario = recordings.scenario AND other.miniature != '' AND other.verdict = 'ok')"
        )
        return {recording.scenario: recording for recording in self._select(condition, ())}

    def being_analysed(self) -> set[str]:
        """Scenarios of recordings whose analysis is still to come."""
        with self._lock:
            rows = self._database.execute("SELECT DISTINCT scenario FROM recordings WHERE NOT analysed").fetchall()
        return {row[0] for row in rows}

    def report(self, id: str) -> dict[str, Any] | None:
        with self._lock:
            found = self._database.execute("SELECT report FROM recordings WHERE id = ? AND analysed", (id,)).fetchone()
        return json.loads(found[0]) if found else None

    def total_bytes(self) -> int:
        with self._lock:
            return int(self._database.execute("SELECT coalesce(sum(bytes), 0) FROM recordings").fetchone()[0])

    def _select(self, condition: str, values: tuple[Any, ...]) -> Iterator[Recording]:
        with self._lock:
            rows = self._database.execute(f"SELECT {COLUMNS} FROM recordings {condition}", values).fetchall()
        return map(of_row, rows)

    # Writing

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All of what is done inside, or nothing."""
        with self._lock:
            self._database.execute("BEGIN IMMEDIATE")
            try:
                yield self._database
            except BaseException:
                self._database.execute("ROLLBACK")
                raise
            self._database.execute("COMMIT")

    def put(self, recording: Recording) -> None:
        """Enter a recording, or what is new of one; a pin stays."""
        values = as_row(recording)
        names = ", ".join(values)
        places = ", ".join(f":{name}" for name in values)
        news = ", ".join(f"{name} = excluded.{name}" for name in OUTCOME)
        with self.transaction() as database:
            database.execute(
                f"INSERT INTO recordings ({names}) VALUES ({places}) ON CONFLICT (id) DO UPDATE SET {news}", values
            )

    def put_analysis(self, id: str, analysis: Analysis) -> None:
        with self.transaction() as database:
            database.execute(
                "UPDATE recordings SET analysed = 1, handoffs = ?, contradictions = ?, findings = ?, miniature = ?, "
                "report = ? WHERE id = ?",
                (
                    analysis.handoffs,
                    json.dumps(analysis.contradictions),
                    json.dumps(analysis.findings),
                    analysis.miniature,
                    json.dumps(analysis.report),
                    id,
                ),
            )
            row = database.execute("SELECT started FROM recordings WHERE id = ?", (id,)).fetchone()
            if row and not id.startswith(SHIPPED):  # those were recorded on another machine
                verdicts.enter(database, id, analysis.report, row["started"], analysis.address)

    def marks(self, recording: str) -> list[Mark]:
        """By time. They lie in the recording's file."""
        with self._lock, suppress(FileNotFoundError):
            return read_marks(self.path(recording))
        return []

    def put_mark(self, recording: str, mark: Mark, most: int) -> bool:
        """Set or change a mark; False: there are ``most`` already. ``OSError`` when the file can't take it."""
        with self._lock:
            others = [other for other in self.marks(recording) if other.id != mark.id]
            if len(others) >= most:
                return False
            self._write_marks(recording, [*others, mark])
        return True

    def delete_mark(self, recording: str, id: str) -> None:
        with self._lock:
            marks = self.marks(recording)
            left = [mark for mark in marks if mark.id != id]
            if len(left) < len(marks):
                self._write_marks(recording, left)

    def _write_marks(self, recording: str, marks: list[Mark]) -> None:
        size = write_marks(self.path(recording), marks)
        with self.transaction() as database:
            database.execute("UPDATE recordings SET bytes = ? WHERE id = ?", (size, recording))

    def pin(self, id: str, pinned: bool) -> None:
        """The mark lies beside the file, so that a pin outlives the index."""
        if pinned:
            self._pin(id).touch()
        else:
            self._pin(id).unlink(missing_ok=True)
        with self.transaction() as database:
            database.execute("UPDATE recordings SET pinned = ? WHERE id = ?", (pinned, id))

    def delete(self, id: str, forget: bool = True) -> None:
        """The entry first: a file without entry is found again at the next start, an entry without file misleads.
        ``forget``: its verdict, too."""
        with self.transaction() as database:
            database.execute("DELETE FROM recordings WHERE id = ?", (id,))
            if forget:
                database.execute("DELETE FROM verdicts WHERE recording = ?", (id,))
        self.path(id).unlink(missing_ok=True)
        self._pin(id).unlink(missing_ok=True)

    def retain(self, bytes_at_most: int, running: Callable[[], Iterable[str]]) -> list[str]:
        """Delete the oldest recordings that are neither pinned, nor of a pinned series, nor running, until the rest fits; their ids."""
        gone: list[str] = []
        total = self.total_bytes()
        with self.transaction() as database:
            kept = series_kept.pinned_members(database)
        for recording in reversed(self.newest()):
            if total <= bytes_at_most:
                break
            if recording.pinned or recording.id in kept or recording.id in set(running()):
                continue
            self.delete(recording.id, forget=False)
            gone.append(recording.id)
            total -= recording.bytes
        return gone
