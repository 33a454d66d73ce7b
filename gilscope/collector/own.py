"""A program of one's own: a file or a module, run as plain Python runs it, in the terminal where one is."""

import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from gilscope.parameters import Value

LONGEST_TITLE = 100


@dataclass(frozen=True, slots=True)
class OwnProgram:
    """``words``: what Python is given, ``FILE ARGUMENT…`` or ``-m MODULE ARGUMENT…``."""

    words: tuple[str, ...]
    own: ClassVar[bool] = True

    @property
    def is_module(self) -> bool:
        return self.words[0] == "-m"

    @property
    def name(self) -> str:
        """``server.py`` or ``-m http.server``: the name of no scenario."""
        return f"-m {self.words[1]}" if self.is_module else Path(self.words[0]).name

    @property
    def title(self) -> str:
        """Its command line, cut off where that is long."""
        text = shlex.join(("python", *self.words))
        return text if len(text) <= LONGEST_TITLE else f"{text[: LONGEST_TITLE - 1]}…"

    @property
    def folder(self) -> Path:
        """From where its files are named: this folder, unless it lies elsewhere."""
        here = Path.cwd()
        beside = here if self.is_module else Path(self.words[0]).resolve().parent
        return here if beside.is_relative_to(here) else beside

    def command(self, parameters: Mapping[str, Value]) -> tuple[str, ...]:
        """What the recorder's child is given. ``parameters``: it has none, its words say it all."""
        return ("--module", *self.words[1:]) if self.is_module else ("--script", *self.words)
