"""The collector of one run of the server: ``python -m gilscope.collector``.

The order is one line of JSON on standard input. A later line "stop" ends the run; so does the end of the input, which
means that whoever ordered it is gone. A line on standard output says that there is something new in the file, or, as
"observing 3 10", which run for the observer effect begins, and of how many.
"""

import json
import os
import select
import signal
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

from gilscope import scenarios
from gilscope.collector.observe import perform
from gilscope.collector.order import Order
from gilscope.collector.verdicts import Limits
from gilscope.errors import GilscopeError


class Control:
    """What the server says after its order."""

    def __init__(self) -> None:
        self._said: str | None = None

    def stopped(self) -> str | None:
        """``stopped``, ``interrupted``, or None; never waits."""
        while self._said is None and select.select([0], [], [], 0)[0]:
            told = os.read(0, 4096)
            if not told:
                self._said = "interrupted"
            elif b"stop" in told:
                self._said = "stopped"
        return self._said

    def terminate(self, *_: object) -> None:
        """The machine is shut down, or somebody ended this process."""
        self._said = self._said or "interrupted"


def order(told: dict[str, Any]) -> Order:
    """The order that a line of JSON describes."""
    scenario = scenarios.load(Path(told["scenario"]))
    return Order(
        id=told["id"],
        scenario=scenario,
        parameters=told["parameters"],
        python=Path(told["python"]),
        output=Path(told["output"]),
        limits=Limits(**told["limits"]),
    )


def read_line() -> bytes:
    """The first line of standard input, and no byte more: what follows is read as it comes."""
    line = bytearray()
    while not line.endswith(b"\n") and (byte := os.read(0, 1)):
        line += byte
    return bytes(line)


def tell(line: str = "new") -> None:
    """Say that there is something new. A server that is gone doesn't hear it: the end of the input tells that."""
    with suppress(BrokenPipeError):
        os.write(1, f"{line}\n".encode())


def main() -> int:
    """Perform the order; an error that we know is one sentence on standard error, and exit code 2."""
    control = Control()
    signal.signal(signal.SIGTERM, control.terminate)
    signal.signal(signal.SIGINT, control.terminate)
    try:
        told = json.loads(read_line())
        perform(
            order(told),
            told.get("observe", 0),
            tell,
            control.stopped,
            progress=lambda number, of: tell(f"observing {number} {of}"),
        )
    except GilscopeError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
