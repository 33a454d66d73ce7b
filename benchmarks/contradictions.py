"""Every scenario on every interpreter, again and again: no recording may contradict itself."""

import json
import subprocess
import sys
from collections.abc import Iterator

from benchmarks import measure
from benchmarks.measure import Figure
from gilscope import scenarios

CLI = [sys.executable, "-P", "-m", "gilscope.cli"]


def figures(quick: bool) -> Iterator[Figure | str]:
    """By interpreter, over all scenarios."""
    runs = 1 if quick else 20
    for interpreter in measure.pythons():
        counts: list[int] = []
        told: list[str] = []
        for scenario in scenarios.catalogue():
            for _ in range(runs):
                found, why = record(scenario.name, str(interpreter.path))
                counts.append(len(found))
                told += [f"    {scenario.name}: {sentence}" for sentence in found]
                if why:
                    told.append(f"    {scenario.name}: not recorded. {why}")
                    counts.pop()
                    break
        if counts:
            name = f"contradictions, {len(counts)} runs, Python {interpreter.text}"
            yield Figure(name, (sum(counts),), "", 0)
        yield from dict.fromkeys(told)


def record(scenario: str, python: str) -> tuple[list[str], str]:
    """The contradictions in one recording of it; or why there is none."""
    with measure.scratch() as folder:
        file = folder / "run.gilscope"
        ran = subprocess.run(
            [*CLI, "run", scenario, "--python", python, "-o", file],
            capture_output=True,
            text=True,
            check=False,
            cwd=measure.ROOT,
        )
        if not file.exists():
            return [], (ran.stderr.strip().splitlines() or [f"exit code {ran.returncode}"])[-1]
        report = subprocess.run(
            [*CLI, "report", file, "--json"], capture_output=True, text=True, check=False, cwd=measure.ROOT
        )
        if report.returncode:
            return [], (report.stderr.strip().splitlines() or [f"exit code {report.returncode}"])[-1]
        return [str(each) for each in json.loads(report.stdout)["contradictions"]], ""
