"""Compile the recorder for every interpreter that is found, with all warnings as errors."""

import sys
import tempfile
from pathlib import Path

from gilscope.collector import interpreters
from gilscope.collector.probe import compile_extension, find_compiler, probe_sources
from gilscope.errors import ProbeUnavailable

MOVES = Path(__file__).resolve().parent.parent / "tests" / "_moves.c"


def main() -> int:
    """One line for each interpreter; 1 when one of them doesn't compile."""
    failed = 0
    for interpreter in interpreters.find():
        if interpreter.implementation != "CPython" or interpreter.free_threaded or interpreter.include is None:
            print(f"{interpreter.text}: not checked (no headers, or no GIL)")
            continue
        compiler = find_compiler()
        with tempfile.TemporaryDirectory() as folder:
            for sources in (probe_sources(), [MOVES]):
                try:
                    compile_extension(compiler, interpreter.include, sources, Path(folder) / "built.so")
                except ProbeUnavailable as error:
                    print(f"{interpreter.text}: {error}")
                    failed = 1
        print(f"{interpreter.text}: checked")
    return failed


if __name__ == "__main__":
    sys.exit(main())
