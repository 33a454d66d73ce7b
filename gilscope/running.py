"""The command ``run``: a scenario, or a program of one's own. Exit codes are those of ``cli.py``; of one's own program, its own."""

import argparse
import math
import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from gilscope import scenarios
from gilscope.analysis import observer
from gilscope.collector.own import OwnProgram
from gilscope.collector.verdicts import OWN, Limits
from gilscope.errors import BadParameter, BadParameters, BadScenario, Refused
from gilscope.terminal import FAILED, OK, SIGNALLED, asked, noticed, say, show, signals
from gilscope.watching import Page, page_of

ENDING = {signal.SIGTERM, signal.SIGHUP}
"""Who sends these to the command wants all of it to end, its page, too."""
MOST_FINDINGS = 3
"""So many are told after a run; the report has all of them."""
VALUED = ("--set", "--limit", "--python", "--observe", "-o", "--output")
"""Options of this command that are followed by a value …"""
ALONE = ("-h", "--help", "-q", "--quiet", "--show", "--no-browser")
"""… and those that stand by themselves."""
RULE = (
    "A FILE.py of the form of a scenario (a docstring, and run() whose parameters have types and defaults) is run as one, "
    "if nothing follows it but options of this command. Everything else runs as under plain Python, and what follows it "
    "is the program's own; `--` before the file says that it is to be run so in any case."
)

_KNOWS = """
import importlib.util, sys
sys.exit(importlib.util.find_spec(sys.argv[1].partition(".")[0]) is None)
"""


def apart(given: Sequence[str]) -> tuple[list[str], OwnProgram | str]:
    """Of the words behind ``gilscope``: what is for this command, and what it is to run, a program of one's own or a
    scenario by name or file. Empty: nothing, or it is another command."""
    if given[:1] != ["run"]:
        return list(given), ""
    first = 1
    while first < len(given) and given[first].startswith("-") and given[first] not in ("-m", "--"):
        first += 2 if given[first] in VALUED else 1
    options, words = list(given[:first]), tuple(given[first:])
    if words in ((), ("-m",), ("--",)):
        return options, ""
    if words[0] == "--":
        return options, OwnProgram(words[1:])
    if words[0] == "-m" or (_is_file(words[0]) and not (_ours(words[1:2]) and _is_scenario(Path(words[0])))):
        return options, OwnProgram(words)
    return [*options, *words[1:]], words[0]


def _ours(following: Sequence[str]) -> bool:
    return all(word.partition("=")[0] in (*VALUED, *ALONE) or word.startswith("-o") for word in following)


def _is_file(word: str) -> bool:
    return word.endswith((".py", ".pyz")) or os.sep in word


def _is_scenario(path: Path) -> bool:
    try:
        scenarios.of_file(path)
    except BadScenario:
        return False
    return True


def run(chosen: argparse.Namespace) -> int:
    """Run it here, and say at the end what was found."""
    what: OwnProgram | str = chosen.what
    if not what:
        raise Refused("What is to be run? Expected a scenario's NAME, a FILE.py, or -m MODULE: gilscope run --help.")
    if chosen.no_browser and not chosen.show:
        raise Refused("--no-browser is for --show: without that, no page is opened.")
    return _run_scenario(chosen, what) if isinstance(what, str) else _run_own(chosen, what)


def _run_scenario(chosen: argparse.Namespace, name: str) -> int:
    """With its output on this terminal, up to limits."""
    from gilscope.collector import interpreters
    from gilscope.collector.observe import perform
    from gilscope.collector.order import Order

    scenario = scenarios.of_file(Path(name)) if _is_file(name) else scenarios.find(name)
    order = Order(
        id=secrets.token_hex(6),
        scenario=scenario,
        parameters=scenarios.validate(scenario, dict(chosen.set)),
        python=interpreters.describe(shutil.which(chosen.python or sys.executable) or chosen.python).path,
        output=writable(chosen.output or Path(f"{scenario.path.stem}.gilscope")),
        limits=limits(dict(chosen.limit), Limits()),
        folder=Path.cwd(),
        environment=os.environ,
        light=False,
    )
    with _page(chosen, order.output) as page:
        with signals() as received:
            end = perform(
                order,
                chosen.observe,
                told=page.begin if page else lambda: None,
                stopped=lambda: asked(received),
                printed=show,
                progress=lambda number, of: say(f"Observer effect: run {number} of {of}"),
            )
        if not chosen.quiet:
            tell(order.output, end)
        if page and asked(received) != "interrupted":
            page.stay()
    if received:
        return SIGNALLED + received[0]
    return OK if end["verdict"] == "ok" else FAILED


def _run_own(chosen: argparse.Namespace, program: OwnProgram) -> int:
    """As plain Python runs it: its terminal, its signals, its exit code."""
    from gilscope.collector import interpreters
    from gilscope.collector.guardian import HANDED_ON
    from gilscope.collector.order import Order
    from gilscope.collector.run import perform

    _refuse_what_scenarios_have(chosen, program)
    python = chosen.python or _python_of_environment()
    interpreter = interpreters.describe(shutil.which(python) or python)
    _refuse_what_is_not_there(program, interpreter.path)
    order = Order(
        id=secrets.token_hex(6),
        scenario=program,
        parameters={},
        python=interpreter.path,
        output=writable(chosen.output or Path(f"{_stem(program)}.gilscope")),
        limits=limits(dict(chosen.limit), OWN),
        folder=Path.cwd(),
        environment=os.environ,
        light=False,
    )
    came: list[int] = []
    with _page(chosen, order.output) as page:
        with noticed(HANDED_ON) as heard:

            def hear() -> list[int]:
                new = heard()
                came.extend(new)
                return new

            end = perform(order, told=page.begin if page else lambda: None, heard=hear)
        if not chosen.quiet:
            tell(order.output, end)
            say(f"Look at it: gilscope show {order.output}")
        if page and not ENDING.intersection(came):
            page.stay()
    return int(SIGNALLED + end["signal"] if end["exit_code"] is None else end["exit_code"])


@contextmanager
def _page(chosen: argparse.Namespace, recording: Path) -> Iterator[Page | None]:
    """Where it can be watched meanwhile, if that is wanted."""
    if not chosen.show:
        yield None
        return
    with page_of(recording, not chosen.no_browser) as page:
        yield page


def _refuse_what_scenarios_have(chosen: argparse.Namespace, program: OwnProgram) -> None:
    option = "--set" if chosen.set else "--observe" if chosen.observe else ""
    if not option:
        return
    reason = "it is a module" if program.is_module else "arguments follow it" if len(program.words) > 1 else ""
    if not reason:
        try:
            scenarios.of_file(Path(program.words[0]))
        except BadScenario as error:
            reason = str(error).rstrip(".")
    raise Refused(
        f"{option} is for scenarios, and {program.name} is run as a program of your own ({reason or 'because of --'}). "
        "Give its arguments behind it, as under plain Python."
    )


def _refuse_what_is_not_there(program: OwnProgram, python: Path) -> None:
    if program.is_module:
        name = program.words[1]
        known = subprocess.run([python, "-c", _KNOWS, name], stdin=subprocess.DEVNULL, capture_output=True, check=False)
        if known.returncode == 1 and not known.stderr:
            raise Refused(
                f"There is no module {name.partition('.')[0]} for {python}. Install it there, or name the interpreter that has it "
                "with --python (before -m)."
            )
        return
    try:
        path = Path(program.words[0])
        if not path.is_dir():
            path.open("rb").close()
    except OSError as error:
        raise Refused(f"{program.words[0]} can't be read: {error.strerror}. Expected a Python file.") from None


def _python_of_environment() -> str:
    """The interpreter of the virtual environment that is active, else the one that runs this."""
    environment = os.environ.get("VIRTUAL_ENV")
    path = Path(environment or "", "bin", "python")
    return str(path) if environment and path.exists() else sys.executable


def _stem(program: OwnProgram) -> str:
    return program.words[1] if program.is_module else Path(program.words[0]).resolve().stem


def limits(given: Mapping[str, str], otherwise: Limits) -> Limits:
    """Those given, and otherwise these; ``BadParameters`` has one error for each that can't be."""
    usual, values, errors = asdict(otherwise), dict[str, float](), list[BadParameter]()
    for name, text in given.items():
        try:
            if name not in usual:
                raise BadParameter(name, f"There is no limit {name[:80]!r}. There are: {', '.join(usual)}.")
            values[name] = limit(name, text)
        except BadParameter as error:
            errors.append(error)
    if errors:
        raise BadParameters(errors)
    return Limits(**{**usual, **values})


def limit(name: str, text: str) -> float:
    """Seconds may have a fraction; everything else is counted."""
    seconds = name.endswith("_seconds")
    try:
        value = float(text) if seconds else int(text)
    except ValueError:
        value = 0
    if not 0 < value < math.inf:
        raise BadParameter(name, f"{name} must be {'a' if seconds else 'a whole'} number above 0, not {text[:80]!r}.")
    return value


def writable(path: Path) -> Path:
    """The same path; ``Refused`` when no recording can be written there, or something else would be lost."""
    from gilscope.recording import is_held, is_recording

    try:
        tempfile.TemporaryFile(dir=path.parent).close()
        if is_held(path):
            raise Refused(f"{path} is being recorded by another run. Wait for its end, or choose another file with -o.")
        if path.exists() and not is_recording(path) and (path.stat().st_size or not path.is_file()):
            raise Refused(f"{path} is there already and isn't a recording. Choose another file with -o.")
    except OSError as error:
        raise Refused(f"{path} can't be written: {error.strerror}. Choose another file with -o.") from None
    return path


def tell(path: Path, end: Mapping[str, Any]) -> None:
    """How it ended, the most important findings and the claim, and what is missing, in a few lines."""
    from gilscope import claims
    from gilscope.recording import read

    say(f"{path}: {end['sentence']}")
    if effect := end.get("observer"):
        say(f"Observer effect: {observer.sentence(effect)}")
    told = claims.report(read(path))
    for finding in told["findings"][:MOST_FINDINGS]:
        say(f"{finding['title']}\n  {finding['sentence']}")
    if claim := told["claim"]:
        say(f"{claim['verdict'].capitalize()}: {claim['statement']}\n  {claim['sentence']}")
    if end["lost"]:
        say(f"Lost: {end['lost']:,} of {end['emitted']:,} events. They are told where they are missing.")
    for layer, each in end["layers"].items():
        if not each["measured"]:
            say(f"Not measured: {layer}. {each['why']}")
