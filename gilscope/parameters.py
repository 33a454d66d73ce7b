"""Parameters of a scenario: what each may be, and what a text says it is to be."""

import math
from dataclasses import dataclass
from typing import Literal

from gilscope.errors import BadParameter

Value = int | float | bool | str
Type = Literal["int", "float", "bool", "choice"]

UNITS = {"ns": "ns", "us": "µs", "ms": "ms", "s": "s", "bytes": "bytes", "kb": "kB", "mb": "MB"}
TRUE, FALSE = ("true", "on", "yes", "1"), ("false", "off", "no", "0")
NUMBER = r"[+-]?(?:\d[\d_]*)?\.?\d+(?:e[+-]?\d+)?"


@dataclass(frozen=True)
class Parameter:
    """One argument of ``run``: a field of the form."""

    name: str
    type: Type
    default: Value
    minimum: int | float | None = None
    maximum: int | float | None = None
    choices: tuple[str, ...] = ()
    unit: str = ""
    sentence: str = ""

    def allowed(self) -> str:
        """What the value may be, as the end of the sentence "must be …"."""
        if self.type == "choice":
            return "one of " + ", ".join(self.choices)
        if self.type == "bool":
            return "true or false"
        number = "a whole number" if self.type == "int" else "a number"
        if self.minimum is None or self.maximum is None:
            return number
        return f"{number} from {self.minimum:,.10g} to {self.maximum:,.10g}" + (f" {self.unit}" if self.unit else "")

    def parse(self, text: str) -> Value:
        """The value that a text stands for; ``BadParameter`` says what would be allowed."""
        value = self._read(text.strip())
        if value is None or not self._within(value):
            raise BadParameter(self.name, f"{self.name} must be {self.allowed()}, not {text[:80]!r}.")
        return value

    def _within(self, value: Value) -> bool:
        if isinstance(value, str) or self.minimum is None or self.maximum is None:
            return True
        return self.minimum <= value <= self.maximum

    def _read(self, text: str) -> Value | None:
        if self.type == "choice":
            return text if text in self.choices else None
        if self.type == "bool":
            return {**dict.fromkeys(TRUE, True), **dict.fromkeys(FALSE, False)}.get(text.lower())
        try:
            value = int(text) if self.type == "int" else float(text)
            return value if math.isfinite(value) else None
        except (ValueError, OverflowError):
            return None
