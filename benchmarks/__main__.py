"""Measure and print all figures: ``python -m benchmarks [--quick] [FAMILY …]``."""

import argparse
import os
import platform
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from benchmarks import (
    acquisitions,
    analysis,
    contradictions,
    cost,
    live,
    measure,
    soak,
    storm,
    timeline,
    viewers,
    web,
    weight,
)
from benchmarks.measure import Figure, NotMeasured
from gilscope import __version__

FAMILIES = {
    "cost": cost,
    "acquisitions": acquisitions,
    "storm": storm,
    "web": web,
    "live": live,
    "timeline": timeline,
    "viewers": viewers,
    "weight": weight,
    "analysis": analysis,
    "contradictions": contradictions,
    "soak": soak,
}


def main() -> int:
    """Exit code 1 when a bar isn't reached."""
    asked = argparse.ArgumentParser(prog="python -m benchmarks", description="Measure what Gilscope promises.")
    asked.add_argument("--quick", action="store_true", help="fewer and shorter runs")
    asked.add_argument("family", nargs="*", choices=[*FAMILIES, []], help="which figures (all)")
    chosen = asked.parse_args()
    print(machine(), flush=True)
    missed = 0
    for name in chosen.family or FAMILIES:
        begin = time.monotonic()
        print(f"\n{name}", flush=True)
        try:
            for figure in FAMILIES[name].figures(chosen.quick):
                print(figure.line() if isinstance(figure, Figure) else figure, flush=True)
                missed += isinstance(figure, Figure) and figure.verdict == "NOT REACHED"
        except NotMeasured as error:
            print(f"not measured: {error}")
        print(f"({time.monotonic() - begin:.0f} s)", flush=True)
    print(f"\n{missed} bars not reached" if missed else "\nall bars reached that were measured")
    return 1 if missed else 0


def machine() -> str:
    """Where and when; the load says whether somebody else was at work here too."""
    names = [
        line.split(":")[1].strip()
        for line in Path("/proc/cpuinfo").read_text().splitlines()
        if line.startswith("model name")
    ]
    versions = ", ".join(each.text for each in measure.pythons())
    return (
        f"Gilscope {__version__}, {datetime.now(UTC):%Y-%m-%d %H:%M} UTC\n"
        f"{names[0] if names else platform.machine()}, {os.cpu_count()} cores, Linux {platform.release()}, "
        f"load {os.getloadavg()[0]:.1f} before\n"
        f"Pythons: {versions}; figures of programs on {measure.reference().text}\n"
        "median, spread (least … most), number of runs, what is promised"
    )


if __name__ == "__main__":
    sys.exit(main())
