"""What options take, as ``argparse`` takes it apart."""

import argparse
import re

from gilscope.analysis.observer import FEWEST, MOST


def pair(text: str) -> tuple[str, str]:
    """``name=value``."""
    name, equals, value = text.partition("=")
    if not equals or not name.strip():
        raise argparse.ArgumentTypeError(f"expected NAME=VALUE, not {text[:80]!r}")
    return name.strip(), value


def moment(text: str) -> int:
    """A time in a recording, in ns: ``12ms``, ``1.5s``, ``800us``, ``40ns``."""
    told = re.fullmatch(r"([0-9]{1,12}(?:\.[0-9]{1,9})?)\s*(ns|us|µs|ms|s)", text.strip())
    if not told:
        raise argparse.ArgumentTypeError(f"expected a time with its unit, such as 12ms, not {text[:80]!r}")
    return round(float(told[1]) * {"ns": 1, "us": 1e3, "µs": 1e3, "ms": 1e6, "s": 1e9}[told[2]])


def number_of_runs(text: str) -> int:
    """How many runs of each kind measure the observer effect."""
    if not text.isdecimal() or not FEWEST <= int(text) <= MOST:
        raise argparse.ArgumentTypeError(f"expected a number from {FEWEST} to {MOST}, not {text[:80]!r}")
    return int(text)
