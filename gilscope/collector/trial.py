"""What can be measured on an interpreter: tried, by recording a program that does nothing."""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from gilscope import scenarios
from gilscope.collector import interpreters
from gilscope.collector.interpreters import Interpreter
from gilscope.collector.order import Order
from gilscope.collector.run import perform
from gilscope.errors import GilscopeError

NOTHING = '"""Nothing."""\n\n\ndef run():\n    pass\n'


def found() -> Iterator[dict[str, Any]]:
    """Every interpreter of this machine, oldest first: what it is, and what can be measured on it."""
    for interpreter in interpreters.find():
        yield {
            "version": interpreter.text,
            "implementation": interpreter.implementation,
            "build": interpreter.build,
            "path": str(interpreter.path),
            "free_threaded": interpreter.free_threaded,
            "layers": layers(interpreter),
        }


def layers(interpreter: Interpreter) -> dict[str, dict[str, Any]]:
    """By layer whether it is measured, and why not. Takes as long as building the probe for it, if that has to be."""
    with tempfile.TemporaryDirectory(prefix="gilscope-trial-") as folder:
        file = Path(folder) / "nothing.py"
        file.write_text(NOTHING, encoding="utf-8")
        try:
            end = perform(Order("trial", scenarios.load(file), {}, interpreter.path, Path(folder) / "trial.gilscope"))
        except GilscopeError as error:
            return {layer: {"measured": False, "why": str(error)} for layer in ("gil", "cores", "program")}
    if end["verdict"] != "ok":
        return {layer: {"measured": False, "why": end["sentence"]} for layer in end["layers"]}
    return {layer: {"measured": told["measured"], "why": told["why"]} for layer, told in sorted(end["layers"].items())}
