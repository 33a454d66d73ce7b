"""What a result of the lab was to be: its runs as the index keeps them, so that they can be begun after the server has ended."""

import json
import sqlite3
from collections.abc import Sequence
from typing import Any

from gilscope.parameters import Value

KEPT = 5000
"""Runs that are kept: the newest."""

SCHEMA = """
CREATE TABLE IF NOT EXISTS lab (
    recording TEXT PRIMARY KEY,
    parameters TEXT NOT NULL,
    python TEXT NOT NULL
) STRICT;
"""


def keep(database: sqlite3.Connection, plan: Sequence[tuple[str, dict[str, Value], str]]) -> None:
    """Enter runs: the id of each, its parameters and its interpreter."""
    rows = [(id, json.dumps(values), python) for id, values, python in plan]
    database.executemany("INSERT OR REPLACE INTO lab VALUES (?, ?, ?)", rows)
    database.execute("DELETE FROM lab WHERE rowid <= (SELECT max(rowid) FROM lab) - ?", (KEPT,))


def find(database: sqlite3.Connection, id: str) -> tuple[dict[str, Any], str] | None:
    """The parameters of a run, and its interpreter."""
    row = database.execute("SELECT parameters, python FROM lab WHERE recording = ?", (id,)).fetchone()
    return (json.loads(row["parameters"]), row["python"]) if row else None
