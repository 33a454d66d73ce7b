"""Every scenario on every interpreter: no recording may contradict itself. ``--quick``: each on one of them, in turn."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import product
from math import ceil

from benchmarks import measure
from benchmarks.measure import Figure
from gilscope import scenarios
from gilscope.analysis.check import check_timeline
from gilscope.analysis.timeline import Timeline
from gilscope.collector import interpreters
from gilscope.collector.interpreters import Interpreter
from gilscope.collector.order import Order
from gilscope.collector.run import perform
from gilscope.collector.verdicts import Limits
from gilscope.errors import GilscopeError
from gilscope.events import TrackKind
from gilscope.recording import read
from gilscope.scenarios import Scenario

FEWEST = 200
"""So many runs at least, unless it is to be quick."""
LIMITS = Limits(wall_seconds=measure.LIMIT_SECONDS)
"""A busy machine may take its time."""
COUNTED = (TrackKind.THREAD, TrackKind.TASK, TrackKind.PROCESS)


@dataclass
class Checked:
    """One recording. ``wrong``: where it contradicts itself; ``missing``: why it isn't there, or not the whole of it."""

    scenario: str
    python: str
    wrong: list[str] = field(default_factory=list)
    missing: str = ""
    events: int = 0
    tracks: Counter[TrackKind] = field(default_factory=Counter)


def figures(quick: bool) -> Iterator[Figure | str]:
    """What contradicted itself, by scenario, then how many runs that were, of what."""
    checked = []
    for scenario, python in plan(scenarios.catalogue(), pythons(), quick):
        one = check(scenario, python)
        checked.append(one)
        yield from (f"    {one.scenario}, Python {one.python}: {sentence}" for sentence in one.wrong)
        if one.missing:
            yield f"    {one.scenario}, Python {one.python}: {one.missing}"
    whole = [one for one in checked if not one.missing]
    yield Figure(f"contradictions in {len(whole)} runs", (sum(len(one.wrong) for one in whole),), "", 0)
    yield Figure("runs that didn't come to their end, or lost events", (len(checked) - len(whole),), "", 0)
    yield coverage(whole)


def pythons() -> list[Interpreter]:
    """Of each version the newest release that is here, also without a GIL."""
    found = [each for each in interpreters.find() if each.implementation == "CPython" and each.include]
    return [*{(each.version[:2], each.free_threaded): each for each in found}.values()]


def plan(catalogue: list[Scenario], found: list[Interpreter], quick: bool) -> Iterator[tuple[Scenario, Interpreter]]:
    """What is recorded, in order: all scenarios come before any comes again."""
    turns = 1 if quick else max(len(found), ceil(FEWEST / len(catalogue)))
    for turn, (number, scenario) in product(range(turns), enumerate(catalogue)):
        yield scenario, found[(number + turn) % len(found)]


def check(scenario: Scenario, python: Interpreter) -> Checked:
    """Record it with its default parameters, and check the recording."""
    one = Checked(scenario.name, python.text)
    with measure.scratch() as folder:
        file = folder / "run.gilscope"
        try:
            end = perform(Order(scenario.name, scenario, dict(scenario.defaults), python.path, file, LIMITS))
        except GilscopeError as error:
            one.missing = str(error)
            return one
        timeline = Timeline(read(file))
    one.wrong = [each.sentence for each in check_timeline(timeline)]
    one.events = end["emitted"]
    one.tracks = Counter({kind: len(timeline.ids(kind)) for kind in COUNTED})
    if end["verdict"] != "ok" or end["lost"]:
        one.missing = f"{end['sentence']} Lost: {end['lost']} events."
    return one


def coverage(whole: list[Checked]) -> str:
    """How much was looked at, in a sentence."""
    pythons = list(dict.fromkeys(sorted(one.python for one in whole)))
    most = {kind: max((one.tracks[kind] for one in whole), default=0) for kind in COUNTED}
    return (
        f"    {len(whole)} runs of {len({one.scenario for one in whole})} scenarios on {len(pythons)} interpreters "
        f"({', '.join(pythons)}), {sum(one.events for one in whole):,} events; in one run up to {most[TrackKind.THREAD]} threads, "
        f"{most[TrackKind.TASK]} tasks and {most[TrackKind.PROCESS]} processes"
    )
