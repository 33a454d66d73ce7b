"""The catalogue: finds, describes and validates the scenarios that lie in ``simulations/``.

A scenario is one file: a docstring (first line the title, then the story, then a ``Parameters:``
section), and a function ``run`` whose signature makes the form. Files are read with ``ast``;
nothing here imports or executes them.
"""

import ast
import difflib
import inspect
import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, ClassVar, NoReturn

from gilscope.errors import BadParameter, BadParameters, BadScenario, UnknownScenario
from gilscope.parameters import NUMBER, UNITS, Parameter, Type, Value

FOLDER = Path(__file__).resolve().parent.parent / "simulations"
CLAIM_SUFFIX = "_claim"
"""``convoy_claim.py`` holds the claim of ``convoy.py``; it isn't a scenario."""
PREDICTION_SUFFIX = "_prediction"
"""``convoy_prediction.py`` holds what is asked before a run of ``convoy.py``."""
BESIDE = (CLAIM_SUFFIX, PREDICTION_SUFFIX)

SECTION = re.compile(r"^Parameters:\s*$", re.MULTILINE)
RANGE = re.compile(rf"(?P<low>{NUMBER})\.\.(?P<high>{NUMBER})\s*(?:,\s*|$)", re.IGNORECASE)


@dataclass(frozen=True)
class Scenario:
    """One scenario as its file describes it."""

    name: str
    chapter: str
    title: str
    story: str
    path: Path
    source: str
    parameters: tuple[Parameter, ...] = ()
    pair: str | None = None
    """The scenario to be seen beside this one: ``deadlock`` and ``deadlock_ordered``."""
    own: ClassVar[bool] = False
    """It is no program of one's own: it runs apart, at its limits."""

    @property
    def defaults(self) -> dict[str, Value]:
        """The parameters as they are when nobody sets any."""
        return {parameter.name: parameter.default for parameter in self.parameters}

    @property
    def folder(self) -> Path:
        """From where its files are named."""
        return self.path.resolve().parent

    def command(self, parameters: Mapping[str, Value]) -> tuple[str | Path, ...]:
        """What the recorder's child is given."""
        return "--scenario", self.path.resolve(), "--params", json.dumps(dict(parameters))

    def as_json(self) -> dict[str, object]:
        """What a page or a script needs to know, without source and path."""
        described = asdict(self)
        del described["path"], described["source"]
        return described


def catalogue(folder: Path = FOLDER) -> list[Scenario]:
    """All scenarios of the folder, by chapter and name, each with its pair."""
    paths = sorted(path for path in folder.glob("*/*.py") if not path.stem.endswith(BESIDE))
    scenarios: dict[str, Scenario] = {}
    for path in paths:
        scenario = replace(load(path), chapter=path.parent.name)
        if earlier := scenarios.get(scenario.name):
            raise BadScenario(f"{path}: {scenario.name} is also the name of {earlier.path}. Rename one of the two.")
        scenarios[scenario.name] = scenario
    return [replace(scenario, pair=_pair(scenario.name, scenarios)) for scenario in scenarios.values()]


def find(name: str, folder: Path = FOLDER) -> Scenario:
    """The scenario of that name; ``UnknownScenario`` names near ones."""
    scenarios = {scenario.name: scenario for scenario in catalogue(folder)}
    if name in scenarios:
        return scenarios[name]
    near = difflib.get_close_matches(name, scenarios, n=3, cutoff=0.5)
    hint = f"Did you mean {' or '.join(near)}?" if near else f"There are: {', '.join(scenarios)}."
    raise UnknownScenario(f"There is no scenario {name[:80]!r}. {hint}")


def of_file(path: Path, folder: Path = FOLDER) -> Scenario:
    """The scenario in this file. Outside the catalogue its name is the file's, ``mine.py``, so that nobody takes it for another."""
    resolved = path.resolve()
    if resolved.parent.parent == folder.resolve() and not path.stem.endswith(BESIDE):
        return find(path.stem, folder)
    return replace(load(path), name=path.name)


def beside(name: str, ending: str, folder: Path = FOLDER) -> Path | None:
    """The file beside a scenario of the catalogue that is called as it is, with this ending: ``convoy_claim.py``; None where there is none."""
    return next(folder.glob(f"*/{name}{ending}"), None) if re.fullmatch(r"\w+", name) else None


def load(path: Path) -> Scenario:
    """Describe any file of the scenario form; ``BadScenario`` says where it departs from it."""
    try:
        source = path.read_bytes().decode("utf-8")
    except OSError as error:
        raise BadScenario(f"{path}: can't be read ({error.strerror}). Expected a Python file.") from None
    except UnicodeDecodeError as error:
        raise BadScenario(f"{path}: isn't text in UTF-8 (byte {error.start}). Expected a Python file.") from None
    try:
        module = ast.parse(source, filename=str(path))
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        line = getattr(error, "lineno", None) or 1
        reason = getattr(error, "msg", None) or str(error)
        raise BadScenario(f"{path}:{line}: isn't valid Python ({reason}).") from None
    return _Reader(path, source, module).scenario()


def validate(scenario: Scenario, given: Mapping[str, str]) -> dict[str, Value]:
    """All parameters with their values, defaults where nothing is given; ``BadParameters`` has one error a field."""
    known = {parameter.name: parameter for parameter in scenario.parameters}
    values, errors = scenario.defaults, []
    for name, text in given.items():
        try:
            if name not in known:
                raise BadParameter(name, _unknown_parameter(scenario, name))
            values[name] = known[name].parse(text)
        except BadParameter as error:
            errors.append(error)
    if errors:
        raise BadParameters(errors)
    return values


def _unknown_parameter(scenario: Scenario, name: str) -> str:
    names = [parameter.name for parameter in scenario.parameters]
    if not names:
        return f"{scenario.name} has no parameters, so {name[:80]!r} can't be set."
    near = difflib.get_close_matches(name, names, n=1)
    hint = f"Did you mean {near[0]}?" if near else f"It has: {', '.join(names)}."
    return f"{scenario.name} has no parameter {name[:80]!r}. {hint}"


def _pair(name: str, scenarios: Mapping[str, Scenario]) -> str | None:
    """``deadlock`` for ``deadlock_ordered`` and the other way round."""
    bases = [base for base in scenarios if name.startswith(base + "_")]
    variants = [variant for variant in scenarios if variant.startswith(name + "_")]
    return next(iter(bases + variants), None)


@dataclass(frozen=True)
class _Reader:
    """Reads one parsed file; every departure from the form names its line."""

    path: Path
    source: str
    module: ast.Module

    def scenario(self) -> Scenario:
        document = ast.get_docstring(self.module)
        if not document:
            self.refuse(1, "has no docstring. Expected one: its first line is the title, the rest the story.")
        text, *section = SECTION.split(document, maxsplit=1)
        title, _, story = text.strip().partition("\n")
        return Scenario(
            name=self.path.stem,
            chapter="",
            title=title.strip().removesuffix("."),
            story=story.strip(),
            path=self.path,
            source=self.source,
            parameters=self.parameters(self.sentences("".join(section))),
        )

    def sentences(self, section: str) -> dict[str, str]:
        """By name, what the docstring says of a parameter: ``1..16, how many counters run``."""
        found: dict[str, str] = {}
        name = ""
        for line in inspect.cleandoc("\n" + section).splitlines():
            if entry := re.match(r"(\w+):\s*(.*)", line):
                name = entry[1]
                found[name] = entry[2]
            elif line.startswith(" ") and name:
                found[name] += " " + line.strip()
            elif line.strip():
                expected = "Expected lines like 'threads: 1..16, how many run'."
                self.refuse(self.line_of(line), f"can't read {line.strip()!r} among the parameters. {expected}")
        return found

    def parameters(self, sentences: Mapping[str, str]) -> tuple[Parameter, ...]:
        run = next((node for node in self.module.body if getattr(node, "name", "") == "run"), None)
        if not isinstance(run, ast.FunctionDef):
            self.refuse(
                getattr(run, "lineno", 1), "has no function 'def run(…)' at its top level. It is what a run calls."
            )
        signature = run.args
        if signature.vararg or signature.kwarg or signature.posonlyargs:
            self.refuse(run.lineno, "run takes *, ** or positional-only arguments. Expected named ones with defaults.")
        arguments = signature.args + signature.kwonlyargs
        missing: list[ast.expr | None] = [None] * (len(signature.args) - len(signature.defaults))
        defaults = [*missing, *signature.defaults, *signature.kw_defaults]
        for name in sentences.keys() - {argument.arg for argument in arguments}:
            self.refuse(self.line_of(f"{name}:"), f"describes a parameter {name!r} that run doesn't take.")
        return tuple(
            self.parameter(argument, default, sentences.get(argument.arg, ""))
            for argument, default in zip(arguments, defaults, strict=True)
        )

    def parameter(self, argument: ast.arg, default: ast.expr | None, sentence: str) -> Parameter:
        name, line = argument.arg, argument.lineno
        kind, choices = self.kind(argument)
        try:
            value: Any = ast.literal_eval(default) if default else None
        except (ValueError, TypeError):
            value = None
        if kind == "float" and type(value) is int:
            value = float(value)
        if type(value).__name__ != ("str" if kind == "choice" else kind):
            self.refuse(line, f"{name} has no default of its type. Expected {name}: … = a plain value.")
        low, high, sentence = self.limits(name, kind, sentence)
        parameter = Parameter(
            name=name,
            type=kind,
            default=value,
            minimum=low,
            maximum=high,
            choices=choices,
            unit=UNITS.get(name.rpartition("_")[2], "") if "_" in name else "",
            sentence=sentence,
        )
        try:
            parameter.parse(str(value))
        except BadParameter as error:
            self.refuse(line, f"the default is outside what is allowed: {error}")
        return parameter

    def limits(self, name: str, kind: Type, sentence: str) -> tuple[float | None, float | None, str]:
        """The range that a parameter's sentence begins with, if it does, and the rest of the sentence."""
        found = RANGE.match(sentence)
        if not found:
            return None, None, sentence
        try:
            number = {"int": int, "float": float}[kind]
            low, high = number(found["low"]), number(found["high"])
        except (KeyError, ValueError):
            self.refuse(self.line_of(f"{name}:"), f"{name} is of type {kind} and can't have the range {found[0]!r}.")
        return low, high, sentence[found.end() :]

    def kind(self, argument: ast.arg) -> tuple[Type, tuple[str, ...]]:
        """The type that an annotation names, and the choices of a ``Literal``."""
        match argument.annotation:
            case ast.Name(id="int" | "float" | "bool" as name):
                return name, ()
            case ast.Subscript(value=ast.Name(id="Literal") | ast.Attribute(attr="Literal"), slice=inside):
                elements = inside.elts if isinstance(inside, ast.Tuple) else [inside]
                choices = [element.value for element in elements if isinstance(element, ast.Constant)]
                texts = tuple(choice for choice in choices if isinstance(choice, str))
                if len(texts) == len(elements):
                    return "choice", texts
        self.refuse(argument.lineno, f'{argument.arg} needs a type: int, float, bool or Literal["this", "that"].')

    def line_of(self, text: str) -> int:
        """The first line of the file that has this text: good enough to point at a docstring's line."""
        lines = self.source.splitlines()
        return next((number for number, line in enumerate(lines, 1) if line.strip().startswith(text.strip())), 1)

    def refuse(self, line: int, reason: str) -> NoReturn:
        raise BadScenario(f"{self.path}:{line}: {reason}")
