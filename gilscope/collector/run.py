"""One run, from the order to its end: starts the program, reads what it and the kernel record, keeps it to its limits."""

import math
import os
import platform
import signal
import time
from collections.abc import Callable, Iterable
from contextlib import closing, suppress
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from gilscope import __version__
from gilscope.analysis.text import duration
from gilscope.collector import interpreters, verdicts
from gilscope.collector.columns import NO_SWITCHES
from gilscope.collector.cores import MARGIN_NS, Cores
from gilscope.collector.interpreters import Interpreter
from gilscope.collector.order import Order
from gilscope.collector.probe import build_probe
from gilscope.collector.rings import FOREVER, Rings
from gilscope.collector.transcript import Transcript
from gilscope.collector.verdicts import Verdict
from gilscope.errors import CoresUnavailable, ProbeUnavailable, Unwritable
from gilscope.events import Kind, State

ROUND_SECONDS = 0.02
"""How often everything is looked at; the file grows as often, at most."""
PATIENCE_SECONDS = 5.0
"""A program that hasn't told so long after its start that it is recorded is recorded from outside alone."""


def perform(
    order: Order,
    told: Callable[[], None] = lambda: None,
    stopped: Callable[[], str | None] = lambda: None,
    printed: Callable[[str, str], None] = lambda stream, text: None,
    last: Callable[[dict[str, Any]], dict[str, Any]] = lambda end: end,
    heard: Callable[[], Iterable[int]] = lambda: (),
) -> dict[str, Any]:
    """Run it to its end; returns what the recording's end chunk says, with how the program ended.

    ``told`` is called when something new was written, ``printed`` with the stream and text of what the program prints.
    ``stopped`` says "stopped" or "interrupted" when the run is to be ended. ``last`` gets the end chunk when nothing of
    the run goes on any more, and gives what is written. ``heard``: signals that came here since its last call, for a program
    of one's own. ``GilscopeError``: it couldn't be started.
    """
    interpreter = interpreters.describe(order.python)
    with order.place() as folder, closing(Rings()) as rings, closing(_Run(order, interpreter, rings, folder)) as run:
        return run.perform(told, stopped, printed, last, heard)


class _Run:
    """A run while it goes on."""

    def __init__(self, order: Order, interpreter: Interpreter, rings: Rings, folder: Path) -> None:
        self.order, self.rings = order, rings
        self.goes_on = False
        """The program does, and the recording has ended."""
        self.transcript = Transcript(
            order.output, _header(order, interpreter), order.scenario.folder, _libraries(interpreter)
        )
        recorder = {"GILSCOPE_RINGS": rings.path, "GILSCOPE_PROBE": self._probe(interpreter)}
        self.program = order.start(interpreter.path, folder, recorder)
        self.cores = self._watch_cores()

    def close(self) -> None:
        """Whatever happened, nothing of the run goes on."""
        self.program.end()
        if self.cores:
            self.cores.close()
        if self.transcript.writer:
            self.transcript.writer.close()

    def perform(
        self,
        told: Callable[[], None],
        stopped: Callable[[], str | None],
        printed: Callable[[str, str], None],
        last: Callable[[dict[str, Any]], dict[str, Any]],
        heard: Callable[[], Iterable[int]],
    ) -> dict[str, Any]:
        """From start to end."""
        self.released = self.program.release()
        verdict: Verdict | None = None
        try:
            while verdict is None and self.program.alive:
                next_round = time.monotonic() + ROUND_SECONDS
                self._look(printed)
                if self.transcript.work(next_round):
                    told()
                verdict = self._verdict(stopped)
                self._hand_on(heard)
                time.sleep(max(0.0, next_round - time.monotonic()))
            self._end(verdict)
            self._look(printed, final=True)
            self.transcript.work()
        except Unwritable as error:
            if self.transcript.writer is None:
                raise
            verdict = verdicts.DISK_FULL._replace(sentence=str(error))
            self._end(verdict)
        told_last = self._conclude(verdict, last)
        while self.goes_on and self.program.alive and self.program.look() is None:
            self._hand_on(heard)
            time.sleep(ROUND_SECONDS)
        self.program.end()
        return {**told_last, "exit_code": self.program.exit_code, "signal": self.program.signal}

    # Starting

    def _probe(self, interpreter: Interpreter) -> str:
        try:
            return str(build_probe(interpreter))
        except ProbeUnavailable as error:
            unmeasured = {"measured": False, "why": str(error)}
            self.transcript.layers.update(gil=unmeasured, program=unmeasured)
            return ""

    def _watch_cores(self) -> Cores | None:
        try:
            cores = Cores(self.program.pid)
        except CoresUnavailable as error:
            self.transcript.layers["cores"] = {"measured": False, "why": str(error)}
            return None
        self.transcript.layers["cores"] = {"measured": True, "why": ""}
        return cores

    # While it runs

    def _look(self, printed: Callable[[str, str], None], final: bool = False) -> None:
        """Take what rings, kernel and program have to tell. ``final``: this is the last look, so take everything."""
        output = self.program.output()
        seen = time.monotonic_ns()  # after that: nothing is told to have been printed before it was
        for stream, text in output:
            self.transcript.print(seen, stream, text)
            printed(stream, text)
        gone = dict.fromkeys(self.program.gone(self.rings.recorded), seen)
        for pid in gone:
            self.rings.bury(pid)
        batch = self.rings.read(final)
        if final and not self.goes_on:
            gone.update(dict.fromkeys({account.pid for account in batch.begun}, seen))
        # Switches are merged with records: of both, up to the same time.
        watermark = FOREVER if final else min(batch.watermark, seen)
        until = FOREVER if final else watermark - MARGIN_NS
        switches, losses = self.cores.read(until) if self.cores else (NO_SWITCHES, [])
        self.transcript.take(replace(batch, watermark=watermark), switches, losses, gone)
        late = time.monotonic_ns() > self.released + PATIENCE_SECONDS * 1e9
        if not self.transcript.begun and (final or late or "gil" in self.transcript.layers):
            self.transcript.begin(self.released)

    def _verdict(self, stopped: Callable[[], str | None]) -> Verdict | None:
        if said := stopped():
            return BY_REQUEST[said]
        if (events := self.transcript.events + self.transcript.switches) > self.order.limits.events:
            return verdicts.exceeded("event-limit", events, self.order.limits)
        return self.program.look()

    def _hand_on(self, heard: Callable[[], Iterable[int]]) -> None:
        for number in heard():
            self.program.hand_on(number)

    # Its end

    def _end(self, verdict: Verdict | None) -> None:
        """End the program, unless it is somebody's own, and only the recording can't go on."""
        self.goes_on = self.order.scenario.own and verdict is not None and verdict.word in ENDS_RECORDING
        if not self.goes_on:
            self.program.end()

    def _conclude(self, verdict: Verdict | None, last: Callable[[dict[str, Any]], dict[str, Any]]) -> dict[str, Any]:
        transcript = self.transcript
        if verdict and self.goes_on:
            verdict = verdicts.recorded_no_further(verdict)
        told = self._told(verdict or self._own_end())
        if not transcript.begun:
            transcript.begin(self.released)
        if self.cores:
            self.cores.close()  # their memory is limited, and what comes last may record, too
        told = last(told)
        with suppress(Unwritable):  # then it ends without an end, complete up to its last whole chunk
            transcript.end(told)
        return told

    def _told(self, verdict: Verdict) -> dict[str, Any]:
        """The end chunk."""
        accounts = self.rings.accounts.values()
        transcript, slotless = self.transcript, self.rings.slotless_lost
        lost = sum(account.lost for account in accounts) + slotless + transcript.switches_lost
        error = transcript.error or {}
        stored = sum(account.stored for account in accounts) + transcript.switches
        emitted = sum(account.emitted for account in accounts) + slotless + transcript.switches
        if self.goes_on:
            emitted = stored + lost - transcript.switches_lost  # what comes later isn't part of the recording
        return {
            "verdict": verdict.word,
            "sentence": verdict.sentence,
            "duration_ns": transcript.duration_ns,
            "exit_code": self.program.exit_code,
            "signal": self.program.signal,
            "traceback": self._shown(error["traceback"]) if error else None,
            "emitted": emitted + transcript.switches_lost,
            "stored": stored,
            "lost": lost,
            "definitions_lost": self.rings.definitions_lost,
            "layers": transcript.layers,
            "peak_memory_bytes": self.program.peak_memory_bytes,
            "cpu_ns": self.program.cpu_ns,
        }

    def _own_end(self) -> Verdict:
        """The program ended by itself: well, with an exception, with an exit code, or by a signal."""
        program, error = self.program, self.transcript.error
        if self.order.scenario.own and program.signal == signal.SIGINT:
            return verdicts.CTRL_C
        if error and program.signal is None:
            message = f": {error['message']}" if error["message"] else ""
            return Verdict("failed", self._shown(f"It raised {error['type']}{message}"[:500].rstrip(".") + "."))
        verdict = verdicts.ended(program.exit_code, program.signal)
        if verdict.word == "ok":
            return verdict._replace(sentence=f"It ended by itself after {duration(self.transcript.duration_ns)}.")
        return verdict

    def _shown(self, text: str) -> str:
        """Without the names of this machine's folders."""
        return text.replace(f"{self.order.scenario.folder}{os.sep}", "")


BY_REQUEST = {"stopped": verdicts.STOPPED, "interrupted": verdicts.INTERRUPTED}
"""By what ``stopped`` says."""
ENDS_RECORDING = ("event-limit", "disk-full")
"""Verdicts that are about the recording alone."""


def _libraries(interpreter: Interpreter) -> tuple[str, ...]:
    """Folders of its standard library: files in them are named from there."""
    major, minor, _ = interpreter.version
    name = f"python{major}.{minor}" + ("t" if interpreter.free_threaded else "")
    folder = Path(interpreter.prefix) / "lib" / name
    return tuple(dict.fromkeys(f"{path}{os.sep}" for path in (folder, folder.resolve())))


def _header(order: Order, interpreter: Interpreter) -> dict[str, Any]:
    """What is known before the program starts."""
    return {
        "id": order.id,
        "scenario": order.scenario.name,
        "title": order.scenario.title,
        "parameters": dict(order.parameters),
        "python": {
            "version": interpreter.text,
            "implementation": interpreter.implementation,
            "build": interpreter.build,
            "free_threaded": interpreter.free_threaded,
        },
        "machine": {
            "cores": os.cpu_count(),
            "system": f"{platform.system()} {platform.release()}",
            "processor": _processor(),
        },
        "started": datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "limits": {name: limit if limit < math.inf else None for name, limit in asdict(order.limits).items()},
        "gilscope": __version__,
        "states": {state.name.lower(): int(state) for state in State},
        "kinds": {kind.name.lower(): int(kind) for kind in Kind},
    }


def _processor() -> str:
    """Its name, as the kernel tells it; else the machine's kind."""
    with suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.machine()
