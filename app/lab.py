"""The decision lab: describe some work, do it for real in every way there is here, and see which is the best for it.

A result is its address: the ids of its runs. What they measured stands in their recordings, so a link to a result needs
nothing but these; what hasn't run yet stands in the index, so that it can be continued after the server has ended.
"""

import asyncio

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from app import lab_kept, words
from app.catalogue import find_scenario
from app.forms import client, cookie, make_form, read_form
from app.interpreters import Interpreters
from app.lab_result import Result, ids_of, look
from app.plans import Planned
from app.rendering import is_htmx, render
from app.runs import QueueFull
from app.store import new_id
from gilscope import advice, scenarios
from gilscope.collector.ways import SCENARIO, refuse_too_long, ways
from gilscope.errors import BadInterpreter, BadParameter, BadParameters, Refused
from gilscope.parameters import Value
from gilscope.scenarios import Scenario

router = APIRouter(prefix="/lab")

REPEATS = ("1", "2", "3", "5")
USUAL_REPEATS = "3"
PRESETS: dict[str, tuple[str, dict[str, Value]]] = {
    "many HTTP requests": ("many_requests", {"pieces": 200, "waiting_ms": 20, "computing_ms": 0.5, "payload_kb": 1}),
    "50 pages to fetch and read": ("fifty_pages", {"pieces": 50, "waiting_ms": 60, "computing_ms": 6, "payload_kb": 1}),
    "a million CSV rows": ("csv_rows", {"pieces": 16, "waiting_ms": 0, "computing_ms": 40, "payload_kb": 2000}),
    "database writes": (
        "background_writer",
        {"pieces": 60, "waiting_ms": 8, "computing_ms": 0.2, "payload_kb": 1, "chain": 30},
    ),
    "batch inference": (
        "batch_inference",
        {"pieces": 16, "waiting_ms": 0, "computing_ms": 30, "payload_kb": 2000, "language": "c"},
    ),
    "a websocket server": ("websocket_server", {"pieces": 1000, "waiting_ms": 5, "computing_ms": 0.1, "payload_kb": 1}),
    "a parallel map": ("parallel_map", {"pieces": 16, "waiting_ms": 0, "computing_ms": 40, "payload_kb": 1}),
}
"""Work as it comes: the scenario that does just that, and what it is like; what isn't given is ``which_way``'s own default."""


@router.get("")
async def lab(request: Request) -> Response:
    """The form, with the work that the address describes."""
    given = {name: text[:200] for name, text in request.query_params.items()}
    return await _page(request, given, None)


@router.post("")
async def begin(request: Request) -> Response:
    """Plan all ways, each as often as asked for, and start."""
    found = await find_scenario(request, SCENARIO)
    given = dict(await read_form(request))
    python, repeats = given.pop("python", ""), given.pop("repeats", USUAL_REPEATS)
    try:
        values = scenarios.validate(found, given)
        refuse_too_long(values)
        if repeats not in REPEATS:
            raise BadParameters([BadParameter("repeats", f"repeats must be one of {', '.join(REPEATS)}.")])
        plan = await _plan(request, found, values, python, int(repeats))
        await _begin(request, plan)
    except (BadParameters, BadInterpreter, Refused) as error:
        return await _page(request, {**given, "python": python, "repeats": repeats}, None, error)
    return RedirectResponse(f"/lab/{'-'.join(planned.id for planned in plan)}", 303)


@router.get("/{ids}")
async def result(request: Request, ids: str) -> Response:
    """A result, finished or not; for htmx without the form around it."""
    found = await look(request, ids)
    if is_htmx(request):
        return render("_partials/lab_result.html", {"result": found})
    texts = {name: words.value(value) for name, value in found.given.items()}
    most = max(len(row.turns) for row in found.rows)
    usual = next((row.python for row in found.rows if row.way == "serial"), "")
    return await _page(request, {**texts, "python": usual, "repeats": str(most)}, found)


@router.post("/{ids}/stop")
async def stop(request: Request, ids: str) -> Response:
    """Begin nothing more of it and end what runs; what was measured stays."""
    await request.state.plans.stop(ids_of(ids))
    if is_htmx(request):
        return render("_partials/lab_result.html", {"result": await look(request, ids)})
    return RedirectResponse(f"/lab/{ids}", 303)


@router.post("/{ids}/resume")
async def resume(request: Request, ids: str) -> Response:
    """Run what is left of it. Where a recording is there that was cut short, the run that takes its place has another id."""
    found, scenario = await look(request, ids), await find_scenario(request, SCENARIO)
    if not found.left:
        return RedirectResponse(f"/lab/{ids}", 303)
    address, plan = ids, list[Planned]()
    for turn in found.left:
        id = turn.id if turn.state == "missing" else new_id()
        values = scenarios.validate(scenario, {name: words.value(value) for name, value in turn.values.items()})
        interpreter = await request.state.interpreters.choose(turn.python)
        plan.append(Planned(id, scenario, values, interpreter, client(request)))
        address = address.replace(turn.id, id)
    await _begin(request, plan)
    return RedirectResponse(f"/lab/{address}", 303)


async def _begin(request: Request, plan: list[Planned]) -> None:
    """Start it, and keep what it is to be; ``Refused`` leaves nothing."""

    def keep() -> None:
        with request.state.store.transaction() as database:
            lab_kept.keep(database, [(each.id, each.values, each.interpreter.text) for each in plan])

    request.state.plans.begin(plan)
    await asyncio.to_thread(keep)


async def _page(
    request: Request, given: dict[str, str], found: Result | None, error: Exception | None = None
) -> Response:
    scenario = await find_scenario(request, SCENARIO)
    form = await make_form(request, scenario, given, given.get("python", ""), error)
    status, headers = 200, cookie(request)
    if error is not None:
        status = 429 if isinstance(error, QueueFull) else 503 if isinstance(error, Refused) else 422
    repeats = given.get("repeats", "")
    presets = {name: {**scenario.defaults, **changes} for name, (_, changes) in PRESETS.items()}
    shown = {field.parameter.name: field.text for field in form.fields}
    context = {
        "form": form,
        "result": found,
        "presets": presets,
        "preset": next((name for name, values in presets.items() if _same(shown, values)), ""),
        "rules": {
            name: (PRESETS[name][0], advice.by_the_article(advice.work(given))) for name, given in presets.items()
        },
        "repeats": REPEATS,
        "repeat": repeats if repeats in REPEATS else USUAL_REPEATS,
    }
    return render("lab.html", context, status, headers)


def _same(shown: dict[str, str], values: dict[str, Value]) -> bool:
    return all(shown[name] == words.value(value) for name, value in values.items() if name != "way")


async def _plan(
    request: Request, scenario: Scenario, values: dict[str, Value], python: str, repeats: int
) -> list[Planned]:
    """Each way once, then each again, so that a drift of the machine falls on all of them."""
    interpreters: Interpreters = request.state.interpreters
    chosen, usable = await interpreters.choose(python), await interpreters.all()
    return [
        Planned(new_id(), scenario, {**values, "way": way}, interpreter, client(request))
        for _ in range(repeats)
        for way, interpreter in ways(chosen, usable)
    ]
