"""Catalogue and scenarios: what there is to run, and running it."""

import asyncio
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, HTTPException, Request, Response
from fastapi.responses import RedirectResponse

from app import words
from app.beside import Way, ways
from app.catalogue import find_scenario, read_catalogue
from app.followed import Followed
from app.forms import Form, client, cookie, make_form, read_form, runs_observed
from app.interpreters import Interpreters
from app.recordings_kept import Recording
from app.rendering import is_htmx, render
from app.runs import QueueFull, Run, Runs
from app.store import ID, Store
from gilscope import scenarios, tours
from gilscope.claims import claim_of
from gilscope.errors import BadInterpreter, BadParameters, Refused
from gilscope.predictions import prediction_of
from gilscope.scenarios import Scenario

router = APIRouter()

PAST = 8


@dataclass(frozen=True)
class Shown:
    """The recording that a page shows: an ended one or a run that goes on. ``header`` says what was measured."""

    id: str
    scenario: str
    title: str
    state: str
    verdict: str
    sentence: str
    recording: Recording | None
    header: dict[str, Any] | None
    python: str
    parameters: dict[str, Any]
    position: int = 0
    observe: int = 0
    observing: tuple[int, int] | None = None
    begun: Recording | None = None
    """What is known of one that isn't this server's: it can't be stopped from here."""

    @property
    def live(self) -> bool:
        return self.state != "ended"

    @property
    def layers(self) -> dict[str, Any]:
        if self.recording:
            return self.recording.layers
        return dict((self.header or {}).get("layers") or {})

    @property
    def pending(self) -> bool:
        """The analysis is still to come."""
        return not self.live and self.recording is not None and not self.recording.analysed


def shown_run(run: Run, runs: Runs) -> Shown:
    position = runs.position(run) if run.state == "queued" else 0
    return Shown(
        id=run.id,
        scenario=run.scenario.name,
        title=run.scenario.title,
        # Without a place in the queue it has begun, though its state doesn't say so yet.
        state="running" if run.state == "queued" and not position else run.state,
        verdict=run.verdict,
        sentence=run.sentence,
        recording=None,
        header=run.tail.header,
        python=f"CPython {run.interpreter.text}",
        parameters=dict(run.values),
        position=position,
        observe=run.observe,
        observing=run.observing,
    )


def shown_followed(followed: Followed) -> Shown:
    begun = followed.begun
    return Shown(
        id=begun.id,
        scenario=begun.scenario,
        title=begun.title,
        state=followed.state,
        verdict=followed.verdict,
        sentence=followed.sentence,
        recording=None,
        header=followed.tail.header,
        python=begun.python,
        parameters=begun.parameters,
        begun=begun,
    )


def shown_recording(recording: Recording) -> Shown:
    return Shown(
        id=recording.id,
        scenario=recording.scenario,
        title=recording.title,
        state="ended",
        verdict=recording.verdict,
        sentence=recording.sentence,
        recording=recording,
        header=None,
        python=recording.python,
        parameters=recording.parameters,
    )


async def find_shown(request: Request, id: str) -> Shown:
    """A run or a recording by its id; 404 with a sentence when there is none."""
    if ID.fullmatch(id):
        going: Run | Followed | None = request.state.runs.find(id) or request.state.following.find(id)
        recording = await asyncio.to_thread(request.state.store.get, id)
        if recording is not None and (going is None or going.state == "ended"):
            return shown_recording(recording)
        if going is not None:
            return shown_run(going, request.state.runs) if isinstance(going, Run) else shown_followed(going)
    raise HTTPException(
        404, f"There is no recording {id[:40]!r}. It may have been deleted to make room for newer ones."
    )


@router.get("/")
async def index(request: Request, q: str = "", chapter: str = "") -> Response:
    """The catalogue; ``q`` are words to look for."""
    store: Store = request.state.store
    listed = await asyncio.to_thread(read_catalogue, request.state.settings.folder)
    newest = await asyncio.to_thread(store.newest_by_scenario)
    soon = await asyncio.to_thread(store.being_analysed) - newest.keys()
    wanted = q.lower().split()[:8]
    found = [
        scenario
        for scenario in listed
        if (not chapter or scenario.chapter == chapter)
        and all(word in f"{scenario.name} {scenario.title} {scenario.story}".lower() for word in wanted)
    ]
    context = {
        "found": {
            name: [one for one in found if one.chapter == name] for name in dict.fromkeys(s.chapter for s in found)
        },
        "all_chapters": list(dict.fromkeys(scenario.chapter for scenario in listed)),
        "newest": newest,
        "soon": soon & {one.name for one in found},
        "q": q[:200],
        "chapter": chapter,
        "total": len(listed),
    }
    return render("_partials/catalogue.html" if is_htmx(request) else "index.html", context)


@router.get("/scenarios/{name}")
async def scenario(request: Request, name: str, recording: str = "") -> Response:
    """A scenario's page, with one of its recordings: the one named, else the newest."""
    found = await find_scenario(request, name)
    past = await asyncio.to_thread(request.state.store.newest, name, "", PAST)
    shown = await find_shown(request, recording) if recording else None
    if shown is not None and shown.scenario != name:
        return RedirectResponse(f"/recordings/{shown.id}", 303)
    if shown is None and past:
        shown = shown_recording(past[0])
    texts = {key: words.value(given) for key, given in shown.parameters.items()} if shown else {}
    python = shown.python.rpartition(" ")[2] if shown else ""
    form = await make_form(request, found, texts, python)
    return render("scenario.html", await _context(request, form, shown, past), headers=cookie(request))


@router.post("/scenarios/{name}/runs")
async def run(request: Request, name: str) -> Response:
    """Start a run, or say at its field what is wrong."""
    found = await find_scenario(request, name)
    given = dict(await read_form(request))
    python, observe = given.pop("python", ""), given.pop("observe", "")
    interpreters: Interpreters = request.state.interpreters
    try:
        values = scenarios.validate(found, given)
        interpreter = await interpreters.choose(python)
        started = request.state.runs.submit(found, values, interpreter, client(request), runs_observed(observe))
    except (BadParameters, BadInterpreter, Refused) as error:
        form = await make_form(request, found, given, python, error, observe)
        return await _refused(request, form, error)
    address = f"/scenarios/{name}?recording={started.id}"
    if not is_htmx(request):
        return RedirectResponse(address, 303)
    texts = {key: words.value(value) for key, value in values.items()}
    form = await make_form(request, found, texts, interpreter.text, observe=observe)
    past = await asyncio.to_thread(request.state.store.newest, name, "", PAST)
    context = await _context(request, form, shown_run(started, request.state.runs), past)
    return render("_partials/started.html", context, headers={"HX-Push-Url": address})


@router.post("/runs/{id}/stop")
async def stop(request: Request, id: str) -> Response:
    """End a run; its recording is kept. One that waited leaves nothing: its scenario's page is shown instead."""
    run = request.state.runs.find(id)
    waited = run is not None and request.state.runs.position(run) > 0
    if not await request.state.runs.stop(id):
        shown = await find_shown(request, id)
        if not is_htmx(request):
            return RedirectResponse(f"/recordings/{shown.id}", 303)
    there = f"/scenarios/{run.scenario.name}" if run and waited else ""
    if is_htmx(request):
        return Response(status_code=204, headers={"HX-Redirect": there} if there else {})
    return RedirectResponse(there or request.headers.get("referer", "/"), 303)


def has_tour(request: Request, scenario: str) -> bool:
    """Whether a tour lies beside a scenario of this name."""
    return tours.path_of(scenario, request.state.settings.folder) is not None


async def _refused(request: Request, form: Form, error: Exception) -> Response:
    """The form again, with the error where it belongs."""
    status, headers = 422, dict[str, str]()
    if isinstance(error, Refused):
        retry = error.retry_seconds if isinstance(error, QueueFull) else 10
        status, headers = (429 if isinstance(error, QueueFull) else 503), {"Retry-After": str(retry)}
    past = await asyncio.to_thread(request.state.store.newest, form.scenario.name, "", PAST)
    shown = shown_recording(past[0]) if past else None
    if is_htmx(request):
        return render(
            "_partials/form.html",
            {"form": form, "shown": shown, "asked": _asked(request, form, shown)},
            status,
            headers,
        )
    return render("scenario.html", await _context(request, form, shown, past), status, headers)


async def _context(request: Request, form: Form, shown: Shown | None, past: list[Recording]) -> dict[str, Any]:
    listed = await asyncio.to_thread(read_catalogue, request.state.settings.folder)
    return {
        "form": form,
        "scenario": form.scenario,
        "pair": next((one for one in listed if one.name == form.scenario.pair), None),
        "ways": await offered_ways(request, form.scenario, shown, past),
        "shown": shown,
        "past": past,
        "tour": has_tour(request, form.scenario.name),
        "asked": _asked(request, form, shown),
        "lines": words.source_below(form.scenario.source),
        "rows": claim.rows if (claim := claim_of(form.scenario.name, request.state.settings.folder)) else (),
    }


async def offered_ways(request: Request, scenario: Scenario, shown: Shown | None, past: list[Recording]) -> list[Way]:
    """What can stand beside the recording that is shown."""
    recording = shown.recording if shown else None
    return await asyncio.to_thread(ways, request.state.store, recording, scenario.pair, past)


def _asked(request: Request, form: Form, shown: Shown | None) -> dict[str, Any] | None:
    """What is asked before a run, with the parameters that stand in the form; where one is wrong, as it was before."""
    prediction = prediction_of(form.scenario.name, request.state.settings.folder)
    if prediction is None:
        return None
    before = {**form.scenario.defaults, **(shown.parameters if shown else {})}
    texts = {
        one.parameter.name: words.value(before[one.parameter.name]) if one.error else one.text for one in form.fields
    }
    asked = prediction.asked(texts)
    choices = zip(prediction.choices, asked["choices"], strict=True)
    return {"form": prediction.question, "question": asked["question"], "choices": list(choices)}
