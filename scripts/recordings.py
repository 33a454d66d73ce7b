"""Make the recordings that come with Gilscope anew, one of each scenario: ``make recordings``.

    python scripts/recordings.py [NAME…]

Each is a real run with the scenario's own parameters, on a machine that has nothing else to do: its load is looked at
first. With names, only those are made, whatever the load.
"""

import os
import sys
from pathlib import Path

from gilscope import scenarios
from gilscope.analysis.check import check
from gilscope.collector import interpreters
from gilscope.collector.order import Order
from gilscope.collector.run import perform
from gilscope.recording import read

FOLDER = Path(__file__).resolve().parent.parent / "recordings"
MOST_LOAD = 1.0
"""Programs that want a core, on average over the last minute."""

NEEDS = {"own_gil_each": (3, 14)}
"""Scenarios about something that only interpreters from here on have: recorded on the oldest of these."""


def python_for(name: str) -> Path:
    """Ours, where it will do."""
    needed = NEEDS.get(name, (3, 11))
    if sys.version_info >= needed:
        return Path(sys.executable)
    newer = [each for each in interpreters.find() if each.version >= needed and not each.free_threaded]
    if not newer:
        sys.exit(f"{name} shows what it is about from Python {needed[0]}.{needed[1]} on, and none was found.")
    return newer[0].path


def main() -> None:
    """Record, check, keep."""
    load, names = os.getloadavg()[0], sys.argv[1:]
    if load > MOST_LOAD and not names:
        sys.exit(f"The load of this machine is {load:.1f}: a recording of it would show that, too. Wait, or say which.")
    FOLDER.mkdir(exist_ok=True)
    for scenario in map(scenarios.find, names) if names else scenarios.catalogue():
        path = FOLDER / f"{scenario.name}.gilscope"
        end = perform(
            Order(scenario.name.replace("_", ""), scenario, scenario.defaults, python_for(scenario.name), path)
        )
        wrong = [each.sentence for each in check(read(path))]
        if end["verdict"] != "ok" or end["lost"] or wrong:
            sys.exit(f"{scenario.name}: {end['verdict']}, {end['lost']} lost, {wrong}")
        print(f"{path.name}: {path.stat().st_size:,} bytes. {end['sentence']}")


if __name__ == "__main__":
    main()
