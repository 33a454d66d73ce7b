"""Recordings beside each other: the page, and its table of figures."""

import asyncio
from itertools import groupby
from typing import Any

from fastapi import APIRouter, HTTPException, Request, Response

from app import series_kept
from app.beside import MOST, offered, panes
from app.catalogue import read_catalogue
from app.recordings import ended
from app.rendering import is_htmx, render
from app.store import Store
from gilscope.analysis import compare as tables
from gilscope.analysis.compare import Figures
from gilscope.marks import Mark

router = APIRouter(prefix="/compare")

LONGEST_DIGITS = 19
MOST_SECTIONS = 14
"""Of the table: the whole, all threads, and the tracks that lived longest."""


@router.get("")
async def page(request: Request, ids: str = "", add: str = "") -> Response:
    """Up to six recordings in panes; ``add`` is one more."""
    chosen = list(dict.fromkeys(filter(None, [*ids.split(","), *add.split(",")])))
    if len(chosen) > MOST:
        raise HTTPException(422, f"At most {MOST} recordings can stand beside each other, not {len(chosen)}.")
    recordings = [await ended(request, id) for id in chosen]
    listed = await asyncio.to_thread(read_catalogue, request.state.settings.folder)
    pairs = {scenario.name: scenario.pair for scenario in listed}
    context = {
        "panes": panes(recordings, await asyncio.to_thread(_marks, request.state.store, chosen)),
        "ids": ",".join(chosen),
        "most": MOST,
        "offered": await asyncio.to_thread(offered, request.state.store, recordings, pairs),
    }
    return render("compare.html", context)


@router.get("/table")
async def table(request: Request, ids: str = "", parts: str = "") -> Response:
    """The figures of recordings beside each other; ``parts``: of stretches of them, ``FROM-TO,…`` in ns."""
    chosen = list(dict.fromkeys(filter(None, ids.split(","))))
    if not 1 <= len(chosen) <= MOST:
        raise HTTPException(422, f"1 to {MOST} recordings can be compared, not {len(chosen)}.")
    recordings = [await ended(request, id) for id in chosen]
    stretches = _stretches(parts, len(chosen))
    store: Store = request.state.store
    columns = []
    for n, recording in enumerate(recordings):
        told = None if stretches else await asyncio.to_thread(store.report, recording.id)
        if told is not None and "tracks" in told:
            columns.append(await asyncio.to_thread(_repeated, store, recording.id, told))
        else:
            begin, end = stretches[n] if stretches else (0, recording.duration_ns)
            answer = await request.state.questions.ask(store.path(recording.id), "compare", begin=begin, end=end)
            columns.append([tables.unpacked(answer["figures"])])
    sections = [(about, list(rows)) for about, rows in groupby(tables.compare(columns), lambda row: row.name.about)]
    left_out = max(len(sections) - MOST_SECTIONS, 0)
    counts = [len(column) for column in columns]
    context = {
        "panes": panes(recordings),
        "counts": counts,
        "sections": sections[:MOST_SECTIONS],
        "left_out": left_out,
        "tables": tables,
    }
    return render("_partials/figures.html" if is_htmx(request) else "figures.html", context)


def _marks(store: Store, ids: list[str]) -> dict[str, list[Mark]]:
    return {id: store.marks(id) for id in ids}


def _repeated(store: Store, id: str, told: dict[str, Any]) -> list[Figures]:
    """Of a recording, and of those runs of its series that are like it."""
    with store.transaction() as database:
        series = series_kept.of_recording(database, id)
    if series is None:
        return [tables.whole(told)]
    points = dict(zip(series.members, (run.point for run in series.plan.runs()), strict=True))
    alike = [member for member, point in points.items() if point == points[id] and member != id]
    others = [report for member in alike if (report := store.report(member)) and "tracks" in report]
    return [tables.whole(each) for each in (told, *others)]


def _stretches(text: str, count: int) -> list[tuple[int, int]]:
    """Empty: the whole of each."""
    if not text:
        return []
    pairs = [part.split("-") for part in text.split(",")]
    if len(pairs) != count or not all(
        len(pair) == 2 and all(each.isdecimal() and len(each) < LONGEST_DIGITS for each in pair) for pair in pairs
    ):
        raise HTTPException(422, "Which part of each recording? Expected parts=FROM-TO,FROM-TO,… in ns, one for each.")
    stretches = [(int(begin), int(end)) for begin, end in pairs]
    if any(begin > end for begin, end in stretches):
        raise HTTPException(422, "A part begins before it ends: expected parts=FROM-TO,… with FROM not above TO.")
    return stretches
