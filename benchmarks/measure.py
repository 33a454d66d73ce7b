"""Figures with their spread, and the programs that they are taken from: plain, recorded, and under other tools."""

import functools
import json
import os
import shutil
import statistics
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from gilscope.collector import interpreters
from gilscope.collector.interpreters import Interpreter
from gilscope.collector.probe import build_probe
from gilscope.collector.rings import Account, Rings
from gilscope.collector.run import ROUND_SECONDS

ROOT = Path(__file__).resolve().parent.parent
PROGRAMS = ROOT / "benchmarks" / "programs"
CHILD = ROOT / "gilscope" / "recorder" / "__main__.py"
CACHE = ROOT / ".cache"
LIMIT_SECONDS = 300


class NotMeasured(Exception):
    """Why a figure can't be had here."""


@dataclass(frozen=True)
class Figure:
    """One line of the table. ``bar``: what we promise, at most (or at least); None: somebody else's, or for comparison."""

    name: str
    values: tuple[float, ...]
    unit: str
    bar: float | None = None
    at_least: bool = False
    note: str = ""

    @property
    def median(self) -> float:
        return statistics.median(self.values)

    @property
    def verdict(self) -> str:
        if self.bar is None:
            return ""
        reached = self.median >= self.bar if self.at_least else self.median <= self.bar
        return "ok" if reached else "NOT REACHED"

    def line(self) -> str:
        """Name, median, spread, number of runs, bar, verdict, note."""
        bar = "" if self.bar is None else f"{'≥' if self.at_least else '≤'} {self.bar:g}"
        spread = f"{min(self.values):.4g} … {max(self.values):.4g}" if len(self.values) > 1 else ""
        figure = f"{self.median:.4g} {self.unit}".strip()
        return f"{self.name:<62} {figure:>14}  {spread:<20} n={len(self.values):<3} {bar:<9} {self.verdict:<12}{self.note}".rstrip()


@functools.cache
def pythons() -> tuple[Interpreter, ...]:
    """Every CPython with a GIL and its headers."""
    found = interpreters.find()
    return tuple(each for each in found if each.implementation == "CPython" and each.include and not each.free_threaded)


def python(version: tuple[int, int]) -> Interpreter:
    """The one of this version."""
    for each in pythons():
        if each.version[:2] == version:
            return each
    raise NotMeasured(f"Python {version[0]}.{version[1]} with its headers isn't there")


@functools.cache
def environment(name: str) -> Path:
    """The Python of an environment of its own for another tool, by its lock."""
    folder = CACHE / name
    command = folder / "bin" / "python"
    ready = folder / ".ready"
    lock = ROOT / "requirements" / f"{name}.lock"
    if not ready.exists() or ready.stat().st_mtime < lock.stat().st_mtime:
        install = [
            "-m",
            "pip",
            "install",
            "-q",
            "--disable-pip-version-check",
            "--require-hashes",
            "--only-binary",
            ":all:",
        ]
        try:
            subprocess.run([reference().path, "-m", "venv", "--clear", folder], check=True, capture_output=True)
            subprocess.run([command, *install, "-r", lock], check=True, capture_output=True)
        except subprocess.CalledProcessError as error:
            raise NotMeasured(f"{name} couldn't be installed: {error}") from None
        ready.touch()
    return command


def site_packages(name: str) -> Path:
    """Where the packages of a lock are."""
    asked = subprocess.run(
        [environment(name), "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"],
        capture_output=True,
        text=True,
        check=True,
    )
    return Path(asked.stdout.strip())


@contextmanager
def packages(name: str) -> Iterator[None]:
    """Programs find the packages of a lock, whoever runs them: all of it is the same Python."""
    before = os.environ.get("PYTHONPATH")
    os.environ["PYTHONPATH"] = str(site_packages(name))
    try:
        yield
    finally:
        del os.environ["PYTHONPATH"]
        if before is not None:
            os.environ["PYTHONPATH"] = before


def reference() -> Interpreter:
    """The Python that figures are taken on unless they say otherwise: the newest with the tools' packages."""
    candidates = [each for each in pythons() if each.version < (3, 15) and "/usr/bin" not in str(each.path)]
    if not candidates:
        raise NotMeasured("no CPython 3.11 to 3.14 with its headers is there")
    return next((each for each in candidates if each.version[:2] == (3, 13)), candidates[-1])


def drain(process: subprocess.Popen[str], rings: Rings) -> list[Account]:
    """Read the rings as the collector does, until the process is over; the accounts of its threads."""
    end = time.monotonic() + LIMIT_SECONDS
    while process.poll() is None:
        rings.read()
        if time.monotonic() > end:
            process.kill()
            raise NotMeasured(f"the program still ran after {LIMIT_SECONDS} s")
        time.sleep(ROUND_SECONDS)
    rings.bury(process.pid)
    rings.read(final=True)
    return list(rings.accounts.values())


def plain(interpreter: Interpreter, program: str, n: int) -> int:
    """ns that the program says it took, as it is."""
    return _said(_output([interpreter.path, PROGRAMS / f"{program}.py", str(n)]))


def recorded(interpreter: Interpreter, program: str, n: int, lines: bool = True) -> tuple[int, list[Account]]:
    """The same under the whole recorder, while another process reads; with the account of its events."""
    rings = Rings()
    process = subprocess.Popen(
        [interpreter.path, CHILD, "--scenario", PROGRAMS / f"{program}.py", "--params", json.dumps({"n": n})],
        env={
            **os.environ,
            "GILSCOPE_RINGS": rings.path,
            "GILSCOPE_PROBE": str(build_probe(interpreter)),
            "GILSCOPE_LINES": "1" if lines else "0",
        },
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
    )
    accounts = drain(process, rings)
    output, _ = process.communicate()
    rings.close()
    return _said(output), accounts


def viztracer(program: str, n: int, *options: str) -> int:
    """The same under VizTracer, as it comes."""
    with scratch() as folder:
        file = PROGRAMS / f"{program}.py"
        out = folder / "out.json"
        command = [environment("viztracer"), "-m", "viztracer", "--quiet", *options, "-o", out, "--", file, str(n)]
        return _said(_output(command))


def sampling(program: str, arguments: Sequence[str | Path], rate: str = "10khz", *, out: Path) -> str:
    """Output of the program under Python 3.15's profiling.sampling."""
    command = [python((3, 15)).path, "-m", "profiling.sampling", "run", "-r", rate, "-a", "--gecko", "-o", out]
    return _output([*command, PROGRAMS / f"{program}.py", *arguments])


def sampled(program: str, n: int) -> int:
    """ns that the program says it took under profiling.sampling."""
    with scratch() as folder:
        return _said(sampling(program, [str(n)], out=folder / "out.json"))


@contextmanager
def scratch() -> Iterator[Path]:
    """A folder for what is thrown away."""
    folder = Path(tempfile.mkdtemp(prefix="gilscope-bench-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _output(command: Sequence[str | Path]) -> str:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=LIMIT_SECONDS, stdin=subprocess.DEVNULL)
    except subprocess.TimeoutExpired:
        raise NotMeasured(f"{command[0]} still ran after {LIMIT_SECONDS} s") from None
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
        raise NotMeasured(f"{Path(command[0]).name} ended with {done.returncode}: {last}")
    return done.stdout


def _said(output: str) -> int:
    for line in output.splitlines():
        if line.startswith('{"ns"'):
            return int(json.loads(line)["ns"])
    raise NotMeasured("the program ended without saying how long it took")
