"""The page *The article, measured*: every statement, and what was measured of it here, on one interpreter or on all."""

import asyncio
from collections import Counter
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, HTTPException, Request, Response
from fastapi.responses import RedirectResponse

from app import verdicts
from app.interpreters import Interpreters
from app.pages import read_catalogue, read_form
from app.rendering import is_htmx, render
from app.rounds import REPEATS, Rounds
from app.verdicts import Kept
from gilscope import article, repeats
from gilscope.claims import Claim, claim_of
from gilscope.errors import BadInterpreter
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


async def claims_of(request: Request) -> dict[str, tuple[Claim, Scenario]]:
    """By name, every scenario of the catalogue that has a claim."""
    folder = request.state.settings.folder

    def found() -> dict[str, tuple[Claim, Scenario]]:
        there = ((claim_of(scenario.name, folder), scenario) for scenario in read_catalogue(folder))
        return {scenario.name: (claim, scenario) for claim, scenario in there if claim}

    return await asyncio.to_thread(found)


@router.get("")
async def page(request: Request, python: str = "") -> Response:
    """The whole page, or for htmx its table."""
    context = await _context(request, python)
    return render("_partials/article.html" if is_htmx(request) else "article.html", context)


@router.get("/round")
async def progress(request: Request, python: str = "", seen: str = "") -> Response:
    """How far the round is, with the table, if a verdict has come since ``seen``; another interpreter, if it is empty."""
    context = await _context(request, python)
    context["news"] = context["stamp"] != seen
    if seen and context["round"] and context["round"].state == "going":
        return render("_partials/going.html", context)
    whole = {"HX-Retarget": "#round"} if seen else {"HX-Replace-Url": f"/article?python={context['python']}"}
    return render("_partials/round.html", {**context, "news": True}, headers=whole)


@router.post("/round")
async def start(request: Request) -> Response:
    """Run all."""
    form = dict(await read_form(request))
    python, times = form.get("python", ""), form.get("repeats", "1")
    usable = [one.text for one in await request.state.interpreters.all()]
    if python not in (*usable, ALL) or times not in map(str, REPEATS):
        raise HTTPException(422, "Which interpreter, and how often? Open the page again and choose both.")
    claims = {name: claim for name, (claim, _) in (await claims_of(request)).items()}
    await request.state.rounds.start(claims, tuple(usable) if python == ALL else (python,), int(times))
    return await _answer(request, python)


@router.post("/round/cancel")
async def cancel(request: Request) -> Response:
    """End the round, and keep what is left of it for later."""
    await request.state.rounds.cancel()
    return await _answer(request, dict(await read_form(request)).get("python", ""))


@router.post("/round/resume")
async def resume(request: Request) -> Response:
    """Go on with it."""
    await request.state.rounds.resume({name: claim for name, (claim, _) in (await claims_of(request)).items()})
    return await _answer(request, dict(await read_form(request)).get("python", ""))


async def _answer(request: Request, python: str) -> Response:
    if not is_htmx(request):
        return RedirectResponse(f"/article?python={python}", 303)
    return render("_partials/round.html", {**await _context(request, python), "news": True})


async def _context(request: Request, python: str) -> dict[str, Any]:
    interpreters: Interpreters = request.state.interpreters
    rounds: Rounds = request.state.rounds
    usable = tuple(one.text for one in await interpreters.all())
    if python not in (*usable, ALL):
        try:
            python = (await interpreters.default()).text
        except BadInterpreter:
            python = ""
    pythons = usable if python == ALL else (python,) if python else ()
    claims = await claims_of(request)

    def kept() -> tuple[str, dict[tuple[str, str], list[Kept]]]:
        with request.state.store.transaction() as database:
            return verdicts.stamp(database), verdicts.read(
                database, {name: claim for name, (claim, _) in claims.items()}
            )

    stamp, found = await asyncio.to_thread(kept)
    lines = {
        name: Line(claim, scenario.title, tuple(_cell(one, found.get((name, one), [])) for one in pythons))
        for name, (claim, scenario) in claims.items()
    }
    return {
        "chapters_of_it": [
            (chapter, [(one, [line for line in lines.values() if one.number in line.claim.rows]) for one in statements])
            for chapter, statements in article.chapters()
        ],
        "tally": Counter(cell.judged.verdict for line in lines.values() for cell in line.cells),
        "python": python,
        "pythons": pythons,
        "usable": usable,
        "repeats": REPEATS,
        "round": rounds.round,
        "at": rounds.run,
        "place": rounds.runs.position(rounds.run) if rounds.run else 0,
        "stamp": stamp,
    }


def _cell(python: str, kept: list[Kept]) -> Cell:
    judged = repeats.together([one.verdict for one in kept])
    there = [one for one in kept if one.recording]
    there.sort(key=lambda one: (one.verdict.verdict == judged.verdict, bool(one.address)), reverse=True)
    if not there:
        return Cell(python, judged, "")
    return Cell(
        python, judged, f"/recordings/{there[0].recording}" + (f"#{there[0].address}" if there[0].address else "")
    )
