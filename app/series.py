"""Series of runs: a scenario repeated, or swept over one parameter or all interpreters. A result is a link that stays."""

import asyncio
from typing import Any

from fastapi import APIRouter, HTTPException, Request, Response
from fastapi.responses import RedirectResponse

from app import series_kept, words
from app.catalogue import find_scenario
from app.forms import Form, client, cookie, make_form, read_form
from app.pages import find_shown
from app.plans import Planned, Plans
from app.rendering import is_htmx, render
from app.series_kept import Kept
from app.series_result import HEIGHT, LEFT, RIGHT, SMALL_HEIGHT, SMALL_WIDTH, WIDTH, Result, look
from app.store import ID, Store, new_id
from gilscope import scenarios, series
from gilscope.errors import BadInterpreter, BadParameters, Refused
from gilscope.parameters import Value
from gilscope.scenarios import Scenario
from gilscope.series import PYTHON, Plan

router = APIRouter()

PREFIX = "series-"
"""Fields of the form that aren't the scenario's: no parameter has such a name."""
USUAL = {"kind": "sweep", "times": "3", "parameter": "", "from": "", "to": "", "steps": "4", "repeats": "2"}
OLDER = 6


@router.get("/scenarios/{name}/series")
async def form(request: Request, name: str, recording: str = "") -> Response:
    """What to run many times; as a recording was run, where one is named."""
    found = await find_scenario(request, name)
    texts, python = dict[str, str](), ""
    if recording:
        shown = await find_shown(request, recording)
        texts = {key: words.value(given) for key, given in shown.parameters.items()}
        python = shown.python.rpartition(" ")[2]
    return await _form(request, await make_form(request, found, texts, python), {})


@router.post("/scenarios/{name}/series")
async def begin(request: Request, name: str) -> Response:
    """Plan all of it and start, or say at its field what can't be."""
    found = await find_scenario(request, name)
    given = dict(await read_form(request))
    asked = {key.removeprefix(PREFIX): given.pop(key) for key in list(given) if key.startswith(PREFIX)}
    python = given.pop("python", "")
    try:
        values = scenarios.validate(found, given)
    except BadParameters as error:
        return await _form(request, await make_form(request, found, given, python, error), asked, status=422)
    filled = await make_form(request, found, given, python)
    try:
        interpreter = await request.state.interpreters.choose(python)
        beside = asked.get("beside", "")
        pythons = (interpreter.text, beside) if beside else filled.pythons[-series.MOST_STEPS :]
        plan = _plan(found, values, asked, pythons)
        kept = await _start(request, found, plan, interpreter.text)
    except BadParameters as error:
        return await _form(request, filled, asked, _at_fields(error, asked), 422)
    except (BadInterpreter, Refused) as error:
        return await _form(request, await make_form(request, found, given, python, error), asked, status=503)
    return RedirectResponse(f"/series/{kept}{'?then=beside' if beside else ''}", 303, cookie(request))


def _plan(scenario: Scenario, values: dict[str, Value], asked: dict[str, str], pythons: tuple[str, ...]) -> Plan:
    asked = {**USUAL, **asked}
    if asked["kind"] == "repeat":
        return series.repeat(scenario, values, asked["times"].strip())
    repeats = asked["repeats"].strip()
    if asked["parameter"] == PYTHON:
        return series.over_pythons(scenario, values, pythons, repeats)
    known = {one.name: one for one in scenario.parameters}.get(asked["parameter"])
    over = ""
    if known is not None and known.type in ("int", "float"):
        low = asked["from"].strip() or words.value(known.minimum)
        high = asked["to"].strip() or words.value(known.maximum)
        over = f"{low}..{high}:{asked['steps'].strip()}"
    return series.sweep(scenario, values, asked["parameter"], over, repeats)


def _at_fields(error: BadParameters, asked: dict[str, str]) -> dict[str, str]:
    """By the field that they stand at."""
    repeat = asked.get("kind") == "repeat"
    return {
        "times" if repeat and each.parameter == "repeats" else each.parameter: str(each).replace(
            "repeats must", "must", 1
        )
        if each.parameter == "repeats"
        else str(each)
        for each in error.errors
    }


async def _start(request: Request, scenario: Scenario, plan: Plan, python: str) -> str:
    """Its id; ``Refused`` leaves nothing."""
    id, members = new_id(), tuple(new_id() for _ in plan.runs())
    planned = await _planned(request, scenario, Kept(id, plan, python, "", False, members), set(members))
    request.state.plans.begin(planned)
    await asyncio.to_thread(_keep, request.state.store, id, plan, python, members)
    return id


def _keep(store: Store, id: str, plan: Plan, python: str, members: tuple[str, ...]) -> None:
    with store.transaction() as database:
        series_kept.keep(database, id, plan, python, members)


async def _planned(request: Request, scenario: Scenario, kept: Kept, wanted: set[str]) -> list[Planned]:
    choose, who = request.state.interpreters.choose, client(request)
    return [
        Planned(id, scenario, run.values, await choose(run.python or kept.python), who)
        for id, run in zip(kept.members, kept.plan.runs(), strict=True)
        if id in wanted
    ]


async def _form(
    request: Request, form: Form, asked: dict[str, str], errors: dict[str, str] | None = None, status: int = 200
) -> Response:
    numeric = [one for one in form.scenario.parameters if one.type in ("int", "float")]
    usual = {**USUAL, "parameter": numeric[0].name if numeric else PYTHON}
    context = {
        "form": form,
        "scenario": form.scenario,
        "asked": {**usual, **{key: text[:80] for key, text in asked.items()}},
        "errors": errors or {},
        "older": await asyncio.to_thread(_older, request.state.store, form.scenario.name),
        "PYTHON": PYTHON,
        "series": series,
    }
    return render("series_form.html", context, status, cookie(request))


def _older(store: Store, scenario: str) -> list[Kept]:
    with store.transaction() as database:
        return series_kept.newest(database, scenario, OLDER)


@router.get("/series/{id}")
async def page(request: Request, id: str, figure: str = "duration", then: str = "") -> Response:
    """A series, finished or not; for htmx without the page around it. ``then=beside``: once it is finished, its recordings beside each other."""
    kept = await _find(request, id)
    context = await _context(request, kept, figure) | {"then": then == "beside"}
    result: Result = context["result"]
    if context["then"] and result.compared and not (result.going or result.counts["missing"]):
        if is_htmx(request):
            return Response(status_code=204, headers={"HX-Redirect": result.compared})
        return RedirectResponse(result.compared, 303)
    return render("_partials/series.html" if is_htmx(request) else "series.html", context)


@router.post("/series/{id}/stop")
async def stop(request: Request, id: str) -> Response:
    """Begin nothing more of it and end what runs; what was recorded stays."""
    kept = await _find(request, id)
    await request.state.plans.stop(kept.members)
    return RedirectResponse(f"/series/{id}", 303)


@router.post("/series/{id}/resume")
async def resume(request: Request, id: str) -> Response:
    """Run what is missing."""
    kept = await _find(request, id)
    result = await _look(request, kept)
    missing = _missing(result)
    gone = await _vanished(request, kept, missing)
    missing -= {
        id for id, run in zip(kept.members, kept.plan.runs(), strict=True) if (run.python or kept.python) in gone
    }
    if missing:
        scenario = await find_scenario(request, kept.plan.scenario)
        request.state.plans.begin(await _planned(request, scenario, kept, missing))
    return RedirectResponse(f"/series/{id}", 303)


def _missing(result: Result) -> set[str]:
    return {member.id for point in result.points for member in point.members if member.state == "missing"}


async def _vanished(request: Request, kept: Kept, missing: set[str]) -> set[str]:
    """Interpreters that missing runs need, and that are no longer here."""
    here = {interpreter.text for interpreter in await request.state.interpreters.all()}
    needed = {
        run.python or kept.python for id, run in zip(kept.members, kept.plan.runs(), strict=True) if id in missing
    }
    return needed - here - {""}


@router.post("/series/{id}/pin")
async def pin(request: Request, id: str) -> Response:
    """Keep its recordings, however full it gets; again: no longer."""
    kept = await _find(request, id)
    await asyncio.to_thread(_pin, request.state.store, id, not kept.pinned)
    return RedirectResponse(f"/series/{id}", 303)


def _pin(store: Store, id: str, pinned: bool) -> None:
    with store.transaction() as database:
        series_kept.pin(database, id, pinned)


async def _find(request: Request, id: str) -> Kept:
    def found(store: Store) -> Kept | None:
        with store.transaction() as database:
            return series_kept.find(database, id)

    kept = await asyncio.to_thread(found, request.state.store) if ID.fullmatch(id) else None
    if kept is None:
        raise HTTPException(404, f"There is no series {id[:40]!r}. Start one from a scenario's page.")
    return kept


async def _look(request: Request, kept: Kept) -> Result:
    plans: Plans = request.state.plans
    return await asyncio.to_thread(look, kept, request.state.store, request.state.runs, plans)


async def _context(request: Request, kept: Kept, figure: str) -> dict[str, Any]:
    scenario = await find_scenario(request, kept.plan.scenario)
    result = await _look(request, kept)
    missing = _missing(result)
    gone = await _vanished(request, kept, missing)
    return {
        "vanished": sorted(gone),
        "can_resume": any(
            (run.python or kept.python) not in gone
            for id, run in zip(kept.members, kept.plan.runs(), strict=True)
            if id in missing
        ),
        "scenario": scenario,
        "result": result,
        "kept": kept,
        "plan": kept.plan,
        "swept": "interpreter" if kept.plan.parameter == PYTHON else words.label(kept.plan.parameter),
        "others": {name: value for name, value in kept.plan.values.items() if name != kept.plan.parameter},
        "figures": result.figures,
        "figure": figure if figure in result.figures else "duration",
        "PYTHON": PYTHON,
        "box": {"width": WIDTH, "height": HEIGHT, "left": LEFT, "right": WIDTH - RIGHT},
        "small": {"width": SMALL_WIDTH, "height": SMALL_HEIGHT},
    }
