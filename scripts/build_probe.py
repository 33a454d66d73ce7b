"""Build the probe for the interpreter that runs this, and say in one line what will be measured.

Never fails: without the probe everything works, and pages say "GIL: not measured".
"""

import sys

from gilscope.collector import interpreters
from gilscope.collector.probe import build_probe
from gilscope.errors import GilscopeError


def main() -> None:
    """One line."""
    try:
        build_probe(interpreters.describe(sys.executable))
    except GilscopeError as error:
        print(f"GIL: not measured. {error}")
    else:
        print(f"GIL: measured exactly on this Python {sys.version.split()[0]}.")


if __name__ == "__main__":
    main()
