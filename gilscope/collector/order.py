"""The order of a run: what to run, how, within which limits, and where its recording goes."""

import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from gilscope.collector.supervisor import Program
from gilscope.collector.verdicts import Limits
from gilscope.parameters import Value

CHILD = Path(__file__).resolve().parent.parent / "recorder" / "__main__.py"
KEPT_VARIABLES = ("PATH", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "TMPDIR", "LD_LIBRARY_PATH")


def plain_environment() -> dict[str, str]:
    """What a program gets to know of this one's environment when that isn't its user's own: no secrets."""
    return {name: os.environ[name] for name in KEPT_VARIABLES if name in os.environ}


class Runnable(Protocol):
    """What can be run: a scenario, or a program of one's own."""

    @property
    def name(self) -> str: ...

    @property
    def title(self) -> str: ...

    @property
    def own(self) -> bool:
        """It has the terminal, and goes on when only its recording has come to its limit."""

    @property
    def folder(self) -> Path:
        """From where its files are named."""

    def command(self, parameters: Mapping[str, Value]) -> tuple[str | Path, ...]:
        """What the recorder's child is given."""


@dataclass(frozen=True, slots=True)
class Order:
    """What to run, how, and where its recording goes."""

    id: str
    scenario: Runnable
    parameters: Mapping[str, Value]
    python: Path
    output: Path
    limits: Limits = field(default_factory=Limits)
    folder: Path | None = None
    """Where the program runs; None: in a folder of its own, which is gone afterwards."""
    environment: Mapping[str, str] = field(default_factory=plain_environment)
    light: bool = True
    """The run gets less weight than what else this machine does, so that a server beside it stays alive."""

    @contextmanager
    def place(self) -> Iterator[Path]:
        """The folder where the program runs."""
        folder = self.folder or Path(tempfile.mkdtemp(prefix="gilscope-run-"))
        try:
            yield folder
        finally:
            if self.folder is None:
                shutil.rmtree(folder, ignore_errors=True)

    def start(self, python: Path, folder: Path, more: Mapping[str, str]) -> Program:
        """Start its program, which waits for its release. ``more``: what its environment says to the recorder."""
        return Program(
            [python, CHILD, *self.scenario.command(self.parameters)],
            {**self.environment, **more},
            folder,
            self.limits,
            self.light,
            self.scenario.own,
        )
