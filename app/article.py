"""The page *The article, measured*: every statement, and what was measured of it here, on one interpreter or on all."""

import asyncio
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, HTTPException, Request, Response
from fastapi.responses import RedirectResponse

from app import verdicts
from app.catalogue import read_catalogue
from app.forms import read_form
from app.rendering import is_htmx, render
from app.rounds import REPEATS, Rounds
from app.verdicts import Kept
from gilscope import article, repeats
from gilscope.article import Statement
from gilscope.claims import Claim, claim_of
from gilscope.repeats import Judged
from gilscope.scenarios import Scenario

router = APIRouter(prefix="/article")

ALL = "all"
"""Stands for all interpreters, side by side."""


@dataclass(frozen=True)
class Cell:
    """What one interpreter says about a claim. ``link``: to where it is seen; empty where no recording is left."""

    python: str
    judged: Judged
    link: str


@dataclass(frozen=True)
class Line:
    """One claim, beside a statement that it measures."""

    claim: Claim
    title: str
    cells: tuple[Cell, ...]

    @property
    def said(self) -> list[Cell]:
        """Those that have figures, or say why not."""
        return [cell for cell in self.cells if cell.judged.sentence]


@dataclass(frozen=True)
class Table:
    """All of it, by chapter and statement, on these interpreters. ``tally``: how many verdicts of each word."""

    pythons: tuple[str, ...]
    chapters: list[tuple[str, list[tuple[Statement, list[Line]]]]]
    tally: Counter[str]


@router.get("")
async def page(request: Request, python: str = "") -> Response:
    """The whole page, or for htmx its table."""
    return render("_partials/article.html" if is_htmx(request) else "article.html", await _whole(request, python))


@router.get("/round")
async def progress(request: Request, python: str = "", seen: str = "") -> Response:
    """How far the round is, with the table, if a verdict has come since ``seen``; another interpreter, if that is empty."""
    context = await _round(request, python)
    if seen and context["round"] and context["round"].state == "going":
        if context["stamp"] == seen:
            return render("_partials/progress.html", context)
        return render("_partials/going.html", await _whole(request, python))
    headers = {"HX-Retarget": "#round"} if seen else {"HX-Replace-Url": f"/article?python={context['python']}"}
    return render("_partials/round.html", {**await _whole(request, python), "news": True}, headers=headers)


@router.post("/round")
async def start(request: Request) -> Response:
    """Run all."""
    form = dict(await read_form(request))
    python, times = form.get("python", ""), form.get("repeats", "1")
    usable = await _usable(request)
    if python not in (*usable, ALL) or times not in map(str, REPEATS):
        raise HTTPException(422, "Which interpreter, and how often? Open the page again and choose both.")
    await request.state.rounds.start(await _claims(request), usable if python == ALL else (python,), int(times))
    return await _answer(request, python)


@router.post("/round/cancel")
async def cancel(request: Request) -> Response:
    """End the round, and keep what is left of it for later."""
    await request.state.rounds.cancel()
    return await _answer(request, dict(await read_form(request)).get("python", ""))


@router.post("/round/resume")
async def resume(request: Request) -> Response:
    """Go on with it."""
    await request.state.rounds.resume(await _claims(request))
    return await _answer(request, dict(await read_form(request)).get("python", ""))


async def _answer(request: Request, python: str) -> Response:
    context = await _whole(request, python)
    if not is_htmx(request):
        return RedirectResponse(f"/article?python={context['python']}", 303)
    return render("_partials/round.html", {**context, "news": True})


async def _usable(request: Request) -> tuple[str, ...]:
    return tuple(one.text for one in await request.state.interpreters.all())


async def _claims(request: Request) -> dict[str, Claim]:
    return {name: claim for name, (claim, _) in (await asyncio.to_thread(_catalogue, request)).items()}


def _catalogue(request: Request) -> dict[str, tuple[Claim, Scenario]]:
    """By name, every scenario that has a claim."""
    folder = request.state.settings.folder
    there = ((claim_of(scenario.name, folder), scenario) for scenario in read_catalogue(folder))
    return {scenario.name: (claim, scenario) for claim, scenario in there if claim}


async def _round(request: Request, python: str) -> dict[str, Any]:
    """What is chosen, and how far the round is."""
    rounds: Rounds = request.state.rounds
    usable = await _usable(request)
    if python not in (*usable, ALL):
        python = (await request.state.interpreters.default()).text if usable else ""

    def stamp() -> str:
        with request.state.store.transaction() as database:
            return verdicts.stamp(database)

    return {
        "python": python,
        "usable": usable,
        "repeats": REPEATS,
        "round": rounds.round,
        "at": rounds.run,
        "place": rounds.runs.position(rounds.run) if rounds.run else 0,
        "stamp": await asyncio.to_thread(stamp),
    }


async def _whole(request: Request, python: str) -> dict[str, Any]:
    """With the table; it may be newer than the stamp, never older."""
    context = await _round(request, python)
    going = context["round"].pythons if context["round"] and context["round"].state == "going" else ()
    table = await asyncio.to_thread(_table, request, context["python"], set(going), context["usable"])
    return {**context, "table": table}


def _table(request: Request, python: str, going: set[str], usable: Sequence[str]) -> Table:
    """Side by side stand those of which there are verdicts, also where they are gone, and those of the round that goes on."""
    catalogue = _catalogue(request)
    with request.state.store.transaction() as database:
        found = verdicts.read(database, {name: claim for name, (claim, _) in catalogue.items()})
    pythons: tuple[str, ...] = (python,) if python else ()
    if python == ALL:
        pythons = tuple(sorted({one for _, one in found} | going or usable, key=_by_version))
    lines = [
        Line(claim, scenario.title, tuple(_cell(python, found.get((name, python), [])) for python in pythons))
        for name, (claim, scenario) in catalogue.items()
    ]
    chapters = [
        (chapter, [(one, [line for line in lines if one.number in line.claim.rows]) for one in statements])
        for chapter, statements in article.chapters()
    ]
    return Table(pythons, chapters, Counter(cell.judged.verdict for line in lines for cell in line.cells))


def _by_version(python: str) -> tuple[list[int], str]:
    return [int(number) for number in re.findall(r"\d+", python)], python


def _cell(python: str, kept: Sequence[Kept]) -> Cell:
    """The link is to a run with just this verdict, where there is one, and to a place in it."""
    judged = repeats.together([one.verdict for one in kept])
    there = [one for one in kept if one.recording]
    there.sort(key=lambda one: (one.verdict.verdict == judged.verdict, bool(one.address)), reverse=True)
    links = [f"/recordings/{one.recording}" + (f"#{one.address}" if one.address else "") for one in there]
    return Cell(python, judged, links[0] if links else "")
