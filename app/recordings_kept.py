"""Recordings as the index keeps them, and what a file tells of itself. Part of the index."""

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app import words
from app.tail import Tail

SCHEMA = """
CREATE TABLE IF NOT EXISTS recordings (
    id TEXT PRIMARY KEY,
    scenario TEXT NOT NULL,
    title TEXT NOT NULL,
    parameters TEXT NOT NULL,
    python TEXT NOT NULL,
    started TEXT NOT NULL,
    duration_ns INTEGER NOT NULL,
    verdict TEXT NOT NULL,
    sentence TEXT NOT NULL,
    bytes INTEGER NOT NULL,
    rows INTEGER NOT NULL,
    lost INTEGER NOT NULL,
    layers TEXT NOT NULL,
    pinned INTEGER NOT NULL DEFAULT 0,
    analysed INTEGER NOT NULL DEFAULT 0,
    handoffs INTEGER,
    contradictions TEXT NOT NULL DEFAULT '[]',
    findings TEXT NOT NULL DEFAULT '[]',
    miniature TEXT NOT NULL DEFAULT '',
    report TEXT NOT NULL DEFAULT '{}'
) STRICT;
CREATE INDEX IF NOT EXISTS by_scenario ON recordings (scenario, started);
CREATE INDEX IF NOT EXISTS by_start ON recordings (started);
"""
COLUMNS = (
    "id, scenario, title, parameters, python, started, duration_ns, verdict, sentence, bytes, rows, lost, layers, "
    "pinned, analysed, handoffs, contradictions, findings, miniature"
)
_ENDED = " ".join(f"WHEN '{verdict}' THEN '{text}'" for verdict, text in words.VERDICTS.items())
SOUGHT = " || ' ' || ".join(
    ("title", "scenario", "python", "verdict", f"CASE verdict {_ENDED} ELSE '' END", "sentence")
)
"""What can be read of a recording on its page can be looked for."""
_JSON = ("parameters", "layers", "contradictions", "findings")
OUTCOME = ("duration_ns", "verdict", "sentence", "bytes", "rows", "lost")


@dataclass(frozen=True, slots=True)
class Recording:
    """What the index knows of one recording. Times in ns; ``started`` in UTC, ISO."""

    id: str
    scenario: str
    title: str
    parameters: dict[str, Any]
    python: str
    started: str
    duration_ns: int
    verdict: str
    sentence: str
    bytes: int
    rows: int
    lost: int
    layers: dict[str, Any]
    pinned: bool = False
    analysed: bool = False
    """False: findings and miniature are still to come."""
    handoffs: int | None = None
    contradictions: tuple[str, ...] = ()
    findings: tuple[dict[str, Any], ...] = ()
    miniature: str = ""

    def said(self, kind: str) -> str:
        """What the first finding of this kind says; empty where there is none."""
        return str(self.note(kind).get("sentence", ""))

    def note(self, kind: str) -> dict[str, Any]:
        """The first finding of this kind; empty where there is none."""
        return next((finding for finding in self.findings if finding.get("kind") == kind), {})


@dataclass(frozen=True, slots=True)
class Analysis:
    """What the analysis found in one recording."""

    handoffs: int | None
    contradictions: list[str]
    findings: list[dict[str, Any]]
    miniature: str
    report: dict[str, Any]
    address: str = ""
    """The part of its page's address that shows where its claim is seen."""


def of_row(row: sqlite3.Row) -> Recording:
    """A row of the index."""
    fields: dict[str, Any] = {name: row[name] for name in row.keys()}  # noqa: SIM118  a Row iterates over values
    fields.update({name: json.loads(fields[name]) for name in _JSON})
    fields.update(pinned=bool(fields["pinned"]), analysed=bool(fields["analysed"]))
    fields.update(contradictions=tuple(fields["contradictions"]), findings=tuple(fields["findings"]))
    return Recording(**fields)


def as_row(recording: Recording) -> dict[str, Any]:
    """The contrary of ``of_row``."""
    values = {name: getattr(recording, name) for name in COLUMNS.split(", ")}
    return {**values, **{name: json.dumps(values[name]) for name in _JSON}}


def described(id: str, path: Path) -> Recording | None:
    """A recording file's own account of itself: its header and its end. None: not even a whole header."""
    tail = Tail(path)
    tail.advance(keep=False)
    if tail.header is None:
        return None
    header, end = tail.header, tail.end
    missing = tail.damage or "It broke off before its end. What was recorded until then is kept."
    python = header.get("python") or {}
    return Recording(
        id=id,
        scenario=str(header.get("scenario", "")),
        title=str(header.get("title", "")),
        parameters=_object(header.get("parameters")),
        python=f"{python.get('implementation', 'Python')} {python.get('version', '')}".strip(),
        started=str(header.get("started", "")),
        duration_ns=int(end["duration_ns"]) if end else tail.last_at,
        verdict=str(end["verdict"]) if end else "interrupted",
        sentence=str(end.get("sentence", "")) if end else missing,
        bytes=path.stat().st_size,
        rows=tail.rows,
        lost=int(end.get("lost", 0)) if end else 0,
        layers=_object((end or {}).get("layers")) or _object(header.get("layers")),
    )


def _object(value: object) -> dict[str, Any]:
    return dict(value) if isinstance(value, Mapping) else {}
