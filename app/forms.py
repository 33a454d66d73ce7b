"""The form of a scenario: its fields with what stands in them and what is wrong with it, and what browsers send of it."""

import secrets
from dataclasses import dataclass
from urllib.parse import parse_qsl

from fastapi import HTTPException, Request

from app import words
from app.interpreters import Interpreters
from gilscope.errors import BadInterpreter, BadParameter, BadParameters, Refused
from gilscope.parameters import Parameter
from gilscope.scenarios import Scenario

CLIENT = "client"
"""Cookie: tells browsers apart, so that their runs take turns. It says nothing about anybody."""
MOST_FIELDS = 64
MOST_BYTES = 64 << 10
OBSERVE = ("", "3", "5", "10")
"""How many runs of each kind may measure the observer effect; none, unless somebody asks for it."""
STEPS = 100
"""A slider of fractions has about so many positions."""


@dataclass(frozen=True)
class Field:
    """One field of the form: a parameter, what stands in it, and what is wrong with that."""

    parameter: Parameter
    text: str
    error: str = ""

    @property
    def step(self) -> str:
        """How far a slider moves at once."""
        low, high = self.parameter.minimum, self.parameter.maximum
        if self.parameter.type == "int" or low is None or high is None:
            return "1"
        exact = (high - low) / STEPS
        return f"{10 ** int(f'{exact:e}'.partition('e')[2]):.10g}"


@dataclass(frozen=True)
class Form:
    """The form of a scenario as it is shown."""

    scenario: Scenario
    fields: tuple[Field, ...]
    pythons: tuple[str, ...]
    python: str
    observe: str = ""
    error: str = ""
    python_error: str = ""

    observes = OBSERVE

    @property
    def others(self) -> list[tuple[str, str]]:
        """The other interpreters, with what they are called: first those that differ in having the GIL, newest first."""
        alike = self.python.endswith("t")
        known = sorted(self.pythons, key=lambda text: (text.endswith("t") == alike, -self.pythons.index(text)))
        return [
            (text, f"CPython {text}{', without the GIL' if text.endswith('t') else ''}")
            for text in known
            if text != self.python
        ]


async def make_form(
    request: Request,
    scenario: Scenario,
    texts: dict[str, str],
    python: str,
    error: Exception | None = None,
    observe: str = "",
) -> Form:
    """The form with these texts in its fields, defaults elsewhere."""
    interpreters: Interpreters = request.state.interpreters
    pythons = tuple(interpreter.text for interpreter in await interpreters.all())
    errors = error.errors if isinstance(error, BadParameters) else ()
    wrong = {one.parameter: str(one).replace(one.parameter, words.label(one.parameter), 1) for one in errors}
    known = {parameter.name for parameter in scenario.parameters}
    general = [text for name, text in wrong.items() if name not in known]
    if isinstance(error, Refused):
        general.append(str(error))
    return Form(
        scenario=scenario,
        fields=tuple(
            Field(one, texts.get(one.name, words.value(one.default))[:200], wrong.get(one.name, ""))
            for one in scenario.parameters
        ),
        pythons=pythons,
        python=python if python in pythons else (await interpreters.default()).text if pythons else "",
        observe=observe if observe in OBSERVE else "",
        error=" ".join(general),
        python_error=str(error) if isinstance(error, BadInterpreter) else "",
    )


def runs_observed(text: str) -> int:
    if text not in OBSERVE:
        raise BadParameters([BadParameter("observe", f"observe must be one of {', '.join(OBSERVE[1:])}, or empty.")])
    return int(text or 0)


async def read_form(request: Request) -> list[tuple[str, str]]:
    """What a form sent, empty fields too: a form's own defaults stand in its fields already."""
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > MOST_BYTES:
            raise HTTPException(413)
    try:
        pairs = parse_qsl(body.decode("utf-8"), max_num_fields=MOST_FIELDS, keep_blank_values=True)
    except ValueError:
        raise HTTPException(422, "The form couldn't be read. Open the scenario's page again and press Run.") from None
    return pairs


def cookie(request: Request) -> dict[str, str]:
    if CLIENT in request.cookies:
        return {}
    return {"Set-Cookie": f"{CLIENT}={secrets.token_hex(8)}; Path=/; HttpOnly; SameSite=Strict; Max-Age=31536000"}


def client(request: Request) -> str:
    """Who asks: runs of one take turns with those of others."""
    return request.cookies.get(CLIENT, "")[:64] or (request.client.host if request.client else "")
