"""What runs said about the claims, by claim and interpreter: part of the index, and there longer than the recordings.

Only whole runs count that were made here with the scenario's default parameters. A verdict by another version of a
scenario or of its claim isn't shown: it is about something else.
"""

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gilscope.claims import Claim, Verdict

KEPT = 9
"""Of each claim and interpreter: the newest."""
CUT_SHORT = ("stopped", "interrupted")
"""Runs that somebody ended: they say nothing about anything."""

SCHEMA = """
CREATE TABLE IF NOT EXISTS verdicts (
    recording TEXT PRIMARY KEY,
    scenario TEXT NOT NULL,
    python TEXT NOT NULL,
    version TEXT NOT NULL,
    started TEXT NOT NULL,
    verdict TEXT NOT NULL,
    sentence TEXT NOT NULL,
    address TEXT NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS by_claim ON verdicts (scenario, python, started);
CREATE TABLE IF NOT EXISTS round (one INTEGER PRIMARY KEY CHECK (one = 1), told TEXT NOT NULL) STRICT;
"""


@dataclass(frozen=True, slots=True)
class Kept:
    """One verdict. ``recording``: where it comes from; None: that was deleted to make room. ``address``: the part of its
    page's address that shows where it is seen."""

    verdict: Verdict
    recording: str | None
    address: str


def enter(database: sqlite3.Connection, id: str, told: Mapping[str, Any], started: str, address: str) -> None:
    """Take the claim out of a report, if it counts; ``told`` is the report."""
    claim = told.get("claim")
    if not claim or not claim.get("usual") or told["verdict"] in CUT_SHORT:
        return
    key = (told["scenario"], told["python"])
    database.execute(
        "INSERT OR REPLACE INTO verdicts VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (id, *key, claim["version"], started, claim["verdict"], claim["sentence"], address),
    )
    database.execute(
        "DELETE FROM verdicts WHERE recording IN (SELECT recording FROM verdicts WHERE scenario = ? AND python = ? "
        "ORDER BY started DESC, recording LIMIT -1 OFFSET ?)",
        (*key, KEPT),
    )


def read(database: sqlite3.Connection, claims: Mapping[str, Claim]) -> dict[tuple[str, str], list[Kept]]:
    """By scenario and interpreter, the newest first; ``claims``: by scenario, as they are now."""
    found: dict[tuple[str, str], list[Kept]] = {}
    rows = database.execute(
        "SELECT verdicts.*, recordings.id FROM verdicts LEFT JOIN recordings ON id = recording "
        "ORDER BY verdicts.started DESC, recording"
    )
    for row in rows.fetchall():
        claim = claims.get(row["scenario"])
        if claim and claim.version == row["version"]:
            verdict = Verdict(row["verdict"], row["sentence"])
            found.setdefault((row["scenario"], row["python"]), []).append(Kept(verdict, row["id"], row["address"]))
    return found


def stamp(database: sqlite3.Connection) -> str:
    """Another one whenever a verdict has come."""
    return str(database.execute("SELECT count(*) || '-' || coalesce(max(rowid), 0) FROM verdicts").fetchone()[0])


def round_told(database: sqlite3.Connection) -> dict[str, Any] | None:
    """What was kept of the last round; None: there was none."""
    row = database.execute("SELECT told FROM round").fetchone()
    return dict(json.loads(row[0])) if row else None


def keep_round(database: sqlite3.Connection, told: Mapping[str, Any]) -> None:
    """Of the round that goes on, or the last one."""
    database.execute("INSERT OR REPLACE INTO round VALUES (1, ?)", (json.dumps(told),))
