"""Series as the index keeps them: which runs belong together, and what was asked for. Part of the index."""

import json
import sqlite3
from dataclasses import dataclass
from datetime import UTC, datetime

from gilscope.parameters import Value
from gilscope.series import Plan

SCHEMA = """
CREATE TABLE IF NOT EXISTS series (
    id TEXT PRIMARY KEY,
    scenario TEXT NOT NULL,
    python TEXT NOT NULL,
    plan TEXT NOT NULL,
    begun TEXT NOT NULL,
    pinned INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE TABLE IF NOT EXISTS members (
    recording TEXT PRIMARY KEY,
    series TEXT NOT NULL,
    number INTEGER NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS by_series ON members (series, number);
CREATE INDEX IF NOT EXISTS series_by_scenario ON series (scenario, begun);
"""


@dataclass(frozen=True, slots=True)
class Kept:
    """A series. ``members``: the recordings' ids, in the order of the plan's runs; ``begun`` in UTC, ISO."""

    id: str
    plan: Plan
    python: str
    begun: str
    pinned: bool
    members: tuple[str, ...]


def keep(database: sqlite3.Connection, id: str, plan: Plan, python: str, members: tuple[str, ...]) -> None:
    """Enter a new one, before anything of it runs."""
    told = {
        "values": plan.values,
        "repeats": plan.repeats,
        "parameter": plan.parameter,
        "points": plan.points,
    }
    now = datetime.now(UTC).isoformat(timespec="milliseconds")
    database.execute(
        "INSERT INTO series (id, scenario, python, plan, begun) VALUES (?, ?, ?, ?, ?)",
        (id, plan.scenario, python, json.dumps(told), now),
    )
    rows = [(recording, id, number) for number, recording in enumerate(members)]
    database.executemany("INSERT INTO members (recording, series, number) VALUES (?, ?, ?)", rows)


def find(database: sqlite3.Connection, id: str) -> Kept | None:
    """The series of this id."""
    return next(iter(_select(database, "WHERE id = ?", (id,))), None)


def of_recording(database: sqlite3.Connection, recording: str) -> Kept | None:
    """The series that a recording is a member of."""
    return next(
        iter(_select(database, "WHERE id = (SELECT series FROM members WHERE recording = ?)", (recording,))), None
    )


def newest(database: sqlite3.Connection, scenario: str, most: int) -> list[Kept]:
    """Of a scenario, newest first."""
    return _select(database, "WHERE scenario = ? ORDER BY begun DESC LIMIT ?", (scenario, most))


def pin(database: sqlite3.Connection, id: str, pinned: bool) -> None:
    """Members of a pinned series are never deleted to make room."""
    database.execute("UPDATE series SET pinned = ? WHERE id = ?", (pinned, id))


def pinned_members(database: sqlite3.Connection) -> set[str]:
    """Recordings that stay because their series does."""
    rows = database.execute("SELECT recording FROM members JOIN series ON series.id = members.series WHERE pinned")
    return {row["recording"] for row in rows}


def _select(database: sqlite3.Connection, condition: str, values: tuple[object, ...]) -> list[Kept]:
    found = []
    for row in database.execute(f"SELECT * FROM series {condition}", values).fetchall():
        told = json.loads(row["plan"])
        points: tuple[Value, ...] = tuple(told["points"])
        plan = Plan(row["scenario"], told["values"], told["repeats"], told["parameter"], points)
        members = database.execute("SELECT recording FROM members WHERE series = ? ORDER BY number", (row["id"],))
        ids = tuple(member["recording"] for member in members)
        found.append(Kept(row["id"], plan, row["python"], row["begun"], bool(row["pinned"]), ids))
    return found
