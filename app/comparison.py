"""Recordings beside each other: the page, and its table of figures."""

import asyncio
import re
from itertools import groupby

from fastapi import APIRouter, HTTPException, Request, Response

from app import series_kept
from app.beside import MOST, found_at, marked_at, offered, panes
from app.catalogue import read_catalogue
from app.recordings import ended
from app.recordings_kept import Recording
from app.rendering import is_htmx, render
from app.store import Store
from gilscope.analysis import compare as tables
from gilscope.analysis.compare import Figures
from gilscope.marks import Mark

router = APIRouter(prefix="/compare")

LONGEST_DIGITS = 19
MOMENTS = r"\d{1,18}(,\d{1,18})*"
MOST_SECTIONS = 14
"""Of the table: the whole, all threads, and the tracks that lived longest."""


@router.get("")
async def page(request: Request, ids: str = "", add: str = "") -> Response:
    """Up to six recordings in panes; ``add`` is one more."""
    chosen = list(dict.fromkeys(filter(None, [*ids.split(","), *add.split(",")])))
    if len(chosen) > MOST:
        raise HTTPException(422, f"At most {MOST} recordings can stand beside each other, not {len(chosen)}.")
    recordings, gone = await _those_there(request, chosen)
    listed = await asyncio.to_thread(read_catalogue, request.state.settings.folder)
    pairs = {scenario.name: scenario.pair for scenario in listed}
    context = {
        "panes": panes(recordings, await asyncio.to_thread(_marks, request.state.store, chosen)),
        "ids": ",".join(recording.id for recording in recordings),
        "gone": gone,
        "most": MOST,
        "offered": await asyncio.to_thread(offered, request.state.store, recordings, pairs),
    }
    return render("compare.html", context)


async def _those_there(request: Request, ids: list[str]) -> tuple[list[Recording], list[str]]:
    """The recordings, and the ids of those that are gone; 404 where nothing of what was asked for is there."""
    recordings, gone = list[Recording](), list[str]()
    for id in ids:
        try:
            recordings.append(await ended(request, id))
        except HTTPException as error:
            if error.status_code != 404 or (id == ids[-1] and not recordings):
                raise
            gone.append(id)
    return recordings, gone


@router.get("/table")
async def table(request: Request, ids: str = "", parts: str = "", align: str = "start", moments: str = "") -> Response:
    """The figures of recordings beside each other; ``parts``: of stretches of them, ``FROM-TO,…`` in ns.

    ``align`` and ``moments`` (of each, in ns) tell where those stretches lie in runs that are alike.
    """
    chosen = list(dict.fromkeys(filter(None, ids.split(","))))
    if not 1 <= len(chosen) <= MOST:
        raise HTTPException(422, f"1 to {MOST} recordings can be compared, not {len(chosen)}.")
    recordings = [await ended(request, id) for id in chosen]
    stretches = _stretches(parts, len(chosen))
    told = moments.split(",") if re.fullmatch(MOMENTS, moments) else []
    columns = []
    for n, recording in enumerate(recordings):
        if stretches:
            moment = int(told[n]) if n < len(told) else 0
            columns.append(await _part(request, recording, stretches[n], align, moment))
        else:
            columns.append(await _whole(request, recording))
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


async def _whole(request: Request, recording: Recording) -> list[Figures]:
    """Of all of a recording, and of those runs of its series that are like it."""
    store: Store = request.state.store
    told = await asyncio.to_thread(store.report, recording.id)
    if told is None or "tracks" not in told:
        return [await _figures(request, recording, 0, recording.duration_ns)]
    alike = await asyncio.to_thread(_alike, store, recording.id)
    reports = [report for one in alike if (report := await asyncio.to_thread(store.report, one.id))]
    return [tables.whole(each) for each in (told, *reports) if "tracks" in each]


async def _part(
    request: Request, recording: Recording, stretch: tuple[int, int], align: str, moment: int
) -> list[Figures]:
    """Of a stretch of a recording, and of the same stretch of those runs of its series that are like it."""
    found = [await _figures(request, recording, *stretch)]
    for one in await asyncio.to_thread(_alike, request.state.store, recording.id):
        if await request.is_disconnected():  # the reader has gone on
            break
        there = await _there(request, recording, one, stretch, align, moment)
        if there is not None:
            found.append(await _figures(request, one, *there))
    return found


async def _figures(request: Request, recording: Recording, begin: int, end: int) -> Figures:
    path = request.state.store.path(recording.id)
    answer = await request.state.questions.ask(path, "compare", begin=begin, end=end)
    return tables.unpacked(answer["figures"])


async def _there(
    request: Request, recording: Recording, other: Recording, stretch: tuple[int, int], align: str, moment: int
) -> tuple[int, int] | None:
    """Where a stretch of one recording lies in another that is aligned with it; None: it can't be."""
    kind, _, name = align.partition(":")
    stretched = other.duration_ns / max(recording.duration_ns, 1) if kind == "stretch" else 1
    here: int | None = 0
    if kind == "end":
        moment, here = recording.duration_ns, other.duration_ns
    elif kind == "finding":
        here = found_at(other).get(name)
    elif kind == "mark":
        here = marked_at(await asyncio.to_thread(request.state.store.marks, other.id)).get(name)
    elif kind == "state" and name.isdecimal() and len(name) < LONGEST_DIGITS:
        path = request.state.store.path(other.id)
        here = (await request.state.questions.ask(path, "first", state=int(name)))["at"]
    elif kind not in ("start", "stretch"):  # moments that a reader has chosen are of that recording alone
        here = None
    if here is None:
        return None
    begin, end = (round((at - moment) * stretched) + here for at in stretch)
    return (min(max(begin, 0), other.duration_ns), min(max(end, 0), other.duration_ns))


def _alike(store: Store, id: str) -> list[Recording]:
    """The other runs of a recording's series that are like it."""
    with store.transaction() as database:
        series = series_kept.of_recording(database, id)
    if series is None:
        return []
    points = dict(zip(series.members, (run.point for run in series.plan.runs()), strict=True))
    alike = [member for member, point in points.items() if point == points[id] and member != id]
    return [recording for member in alike if (recording := store.get(member))]


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
