"""The command line: ``gilscope serve | scenarios | run | show | report | compare | sweep | lab | claims | interpreters | doctor``.

Exit codes (``run`` of a program of one's own has that program's): 0 all right, 1 the run's verdict isn't ok or a claim is refuted, 2 it couldn't be done, or not wholly; then one sentence says
why. 128 and the signal's number: ended by a signal, 130 by Ctrl-C.
"""

import argparse
import io
import json
import signal
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from pathlib import Path

from gilscope import __version__, running, scenarios
from gilscope.analysis.observer import FEWEST, MOST
from gilscope.arguments import moment, number_of_runs, pair
from gilscope.collector.verdicts import OWN, Limits
from gilscope.commands import compare, sweep
from gilscope.deciding import lab
from gilscope.errors import BadRecording, GilscopeError
from gilscope.terminal import FAILED, OK, SIGNALLED, USAGE, let_go, say


def main(arguments: Sequence[str] | None = None) -> int:
    """The entry point: an error that we know is one sentence, never a traceback."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a terminal without such letters is no reason to fail
    ours, what = running.apart(sys.argv[1:] if arguments is None else arguments)
    chosen = parser().parse_args(ours)
    chosen.what = what
    try:
        code = int(chosen.call(chosen))
        sys.stdout.flush()
        return code
    except GilscopeError as error:
        print(f"gilscope: {error}", file=sys.stderr)
        return USAGE
    except BrokenPipeError:  # as in `gilscope report … | head`: who reads has had enough
        let_go(sys.stdout)
        return OK
    except KeyboardInterrupt:
        return SIGNALLED + signal.SIGINT


Command = Callable[[str, Callable[[argparse.Namespace], int], str], argparse.ArgumentParser]
"""Adds one: its name, what it calls, and what it does, in a sentence."""


def parser() -> argparse.ArgumentParser:
    """All commands, their options and their help."""
    root = argparse.ArgumentParser(
        prog="gilscope",
        description="Runs real Python scenarios, records who holds the GIL and which lock, and shows who waits and why.",
    )
    root.add_argument("--version", action="version", version=f"gilscope {__version__}")
    commands = root.add_subparsers(title="commands", required=True, metavar="COMMAND")

    def command(name: str, call: Callable[[argparse.Namespace], int], sentence: str) -> argparse.ArgumentParser:
        added = commands.add_parser(name, help=sentence, description=sentence)
        added.set_defaults(call=call)
        return added

    for some in (_serving, _running, _reading, _comparing, _measuring, _examining):
        some(command)
    return root


def _serving(command: Command) -> None:
    serving = command("serve", serve, "Start the web application.")
    serving.add_argument("--host", help="the address to listen on (127.0.0.1: this machine only)")
    serving.add_argument("--port", type=int, help="the port (8000); 0: any that is free")
    serving.add_argument("--data", type=Path, metavar="FOLDER", help="where recordings are kept")

    listing = command("scenarios", list_scenarios, "List the scenarios of the catalogue and their parameters.")
    listing.add_argument("--json", action="store_true", help="for programs")


def _running(command: Command) -> None:
    performing = command("run", running.run, "Run a scenario, or a program of your own, and record it.")
    performing.usage = (
        "gilscope run [OPTION…] NAME|FILE.py [ARGUMENT…]\n       gilscope run [OPTION…] -m MODULE [ARGUMENT…]"
    )
    performing.epilog = running.RULE
    performing.allow_abbrev = False
    limits = ", ".join(asdict(Limits()))
    how_far = f"how far it may go: {limits}. Programs of your own have none but of recorded events ({OWN.events:,})"
    for option, sentence in (("--set", "a scenario's parameter"), ("--limit", how_far)):
        performing.add_argument(option, action="append", default=[], type=pair, metavar="NAME=VALUE", help=sentence)
    performing.add_argument(
        "--python",
        metavar="PATH",
        help="the interpreter (the one of this; for a program of your own, that of the active virtual environment)",
    )
    performing.add_argument(
        "--observe",
        type=number_of_runs,
        default=0,
        metavar="N",
        help=f"measure a scenario's observer effect too: N more runs with the recorder and N without ({FEWEST} to {MOST})",
    )
    performing.add_argument("-o", "--output", type=Path, metavar="FILE", help="the recording (NAME.gilscope)")
    performing.add_argument("-q", "--quiet", action="store_true", help="say nothing at the end")
    performing.add_argument(
        "--show", action="store_true", help="watch it in the browser while it runs; the page stays until Ctrl-C"
    )
    performing.add_argument(
        "--no-browser", action="store_true", help="with --show: print the address, and open nothing"
    )


def _reading(command: Command) -> None:
    showing = command("show", show, "Show recordings in the browser: one on its page, several beside each other.")
    showing.add_argument(
        "files", nargs="+", type=Path, metavar="FILE", help="a recording; one that still grows is followed live"
    )
    showing.add_argument("--host", help="the address to listen on (127.0.0.1: this machine only)")
    showing.add_argument("--port", type=int, default=0, help="the port (any that is free)")
    showing.add_argument("--no-browser", action="store_true", help="print the address, and open nothing")

    reporting = command("report", report, "Say what a recording shows: findings, figures, what was lost.")
    reporting.add_argument("file", type=Path, metavar="FILE", help="a recording")
    for option, sentence in (("--from", "only what lies after this time"), ("--to", "and before this one")):
        reporting.add_argument(
            option, dest=option[2:], type=moment, metavar="TIME", help=f"{sentence}: 12ms, 1.5s, 800us"
        )
    reporting.add_argument("--json", action="store_true", help="for programs")


def _comparing(command: Command) -> None:
    comparing = command("compare", compare, "Put the figures of recordings beside each other.")
    comparing.add_argument(
        "files",
        nargs="+",
        type=Path,
        metavar="FILE|FOLDER",
        help="a recording; a folder: those in it, as one run repeated",
    )
    comparing.add_argument("--json", action="store_true", help="for programs")

    sweeping = command(
        "sweep", sweep, "Run a scenario for several values of one parameter, or on several interpreters, and compare."
    )
    sweeping.add_argument("scenario", metavar="NAME", help="a scenario of the catalogue")
    sweeping.add_argument("--over", type=pair, metavar="NAME=FROM..TO:STEPS", help="the parameter; or NAME=A,B,C")
    sweeping.add_argument("--set", action="append", default=[], type=pair, metavar="NAME=VALUE", help="of the others")
    sweeping.add_argument("--repeats", default="1", metavar="N", help="runs of each value (1 to 5)")
    sweeping.add_argument(
        "--python",
        action="append",
        metavar="PATH",
        help="the interpreter (the one of this); given again, or all: instead of --over, the same on each",
    )
    sweeping.add_argument("-o", "--output", type=Path, metavar="FOLDER", help="for the recordings (NAME-sweep)")
    sweeping.add_argument("--json", action="store_true", help="for programs")


def _measuring(command: Command) -> None:
    deciding = command(
        "lab", lab, "Do work that you describe in every way there is here, and say which is the best for it."
    )
    deciding.add_argument(
        "--set", action="append", default=[], type=pair, metavar="NAME=VALUE", help="pieces, waiting_ms, computing_ms …"
    )
    deciding.add_argument("--repeats", default="3", metavar="N", help="how often each way does all of it (1 to 20)")
    deciding.add_argument("--python", default=sys.executable, metavar="PATH", help="the interpreter (the one of this)")
    deciding.add_argument("--json", action="store_true", help="for programs")

    measuring = command(
        "claims", claims, "Measure here what is taught about concurrency in Python, and tell the verdicts."
    )
    measuring.add_argument("names", nargs="*", metavar="NAME", help="scenarios (all)")
    measuring.add_argument(
        "--python", action="append", metavar="PATH", help="an interpreter, or all; can be given again (the one of this)"
    )
    measuring.add_argument("--repeats", default="1", metavar="N", help="runs of each scenario")
    measuring.add_argument(
        "--data", type=Path, metavar="FOLDER", help="keep it for a server's page, and measure only what isn't there yet"
    )
    measuring.add_argument("--json", action="store_true", help="for programs")


def _examining(command: Command) -> None:
    finding = command(
        "interpreters", list_interpreters, "List the Pythons found here, and what can be measured on each."
    )
    finding.add_argument("--json", action="store_true", help="for programs")

    examining = command("doctor", doctor, "Say what this machine can measure, and why not more.")
    examining.add_argument("--data", type=Path, metavar="FOLDER", help="where recordings are to be kept")


def claims(chosen: argparse.Namespace) -> int:
    """Judge scenarios by what they show here."""
    from app.claims_kept import ClaimsKept
    from app.settings import from_environment
    from gilscope import measuring

    data = chosen.data and chosen.data.expanduser().resolve()
    return measuring.claims(chosen, ClaimsKept(replace(from_environment(), data=data)) if data else None)


def serve(chosen: argparse.Namespace) -> int:
    """Start the web application."""
    from gilscope import serving

    return serving.serve(chosen)


def show(chosen: argparse.Namespace) -> int:
    """Show recordings."""
    from gilscope import serving

    return serving.show(chosen)


def list_scenarios(chosen: argparse.Namespace) -> int:
    """Chapter by chapter, with what can be set."""
    catalogue = scenarios.catalogue()
    if chosen.json:
        print(json.dumps([scenario.as_json() for scenario in catalogue], indent=2, ensure_ascii=False))
        return OK
    for number, scenario in enumerate(catalogue):
        if number == 0 or scenario.chapter != catalogue[number - 1].chapter:
            print(scenario.chapter)
        print(f"  {scenario.name:<26}{scenario.title}")
        for parameter in scenario.parameters:
            print(f"      {parameter.name}={parameter.default}: {parameter.sentence} ({parameter.allowed()})")
    return OK


def list_interpreters(chosen: argparse.Namespace) -> int:
    """Each with what a trial on it measured; told one by one, because a probe may have to be built first."""
    from gilscope.collector import trial

    if chosen.json:
        print(json.dumps([*trial.found()], indent=2, ensure_ascii=False))
        return OK
    for told in trial.found():
        print(f"{told['version']:<10}{told['path']}")
        print(f"          {told['implementation']} {' '.join(told['build'].split())}")
        measured = [layer for layer, each in told["layers"].items() if each["measured"]]
        print(f"          measured: {', '.join(measured) or 'nothing'}")
        for layer, each in told["layers"].items():
            if not each["measured"]:
                print(f"          {layer} not measured: {each['why']}")
        sys.stdout.flush()
    return OK


def report(chosen: argparse.Namespace) -> int:
    """Everything that can be read; what can't is named on standard error, and makes the exit code 2."""
    from gilscope import claims
    from gilscope.analysis import ranges
    from gilscope.analysis.report import UNFINISHED, as_text
    from gilscope.analysis.text import duration
    from gilscope.analysis.timeline import Timeline
    from gilscope.marks import read_marks
    from gilscope.recording import read

    try:
        recording = read(chosen.file)
    except OSError as error:
        raise BadRecording(f"{chosen.file} can't be read: {error.strerror}. Expected a recording.") from None
    begin, end = getattr(chosen, "from"), chosen.to
    if begin is None and end is None:
        marks = read_marks(chosen.file)
        told = claims.report(recording) | {"marks": [asdict(mark) for mark in marks]}
        text = as_text(told) + "".join(f"Mark at {duration(mark.at)}: {mark.text}\n" for mark in marks)
    else:
        told = ranges.of(Timeline(recording), begin or 0, recording.duration_ns if end is None else end)
        text = ranges.as_text(told)
    sys.stdout.write(json.dumps(told, indent=2, ensure_ascii=False) + "\n" if chosen.json else text)
    sys.stdout.flush()
    missing = [damage.what for damage in recording.damage] or ([] if recording.end else [UNFINISHED])
    for sentence in missing:
        say(f"gilscope: {chosen.file}: {sentence}")
    return USAGE if missing else OK


def doctor(chosen: argparse.Namespace) -> int:
    """Every line says whether it works, and if not, what to do. Exit code 1 when no run is possible here."""
    from app.settings import from_environment
    from gilscope.doctor import examine

    lines = []
    for line in examine(chosen.data or from_environment().data):
        lines.append(line)
        print(f"{'ok ' if line.ok else 'not' if line.needed else 'no '}  {line.subject:<16}{line.sentence}", flush=True)
    return FAILED if any(line.needed and not line.ok for line in lines) else OK


if __name__ == "__main__":
    sys.exit(main())
