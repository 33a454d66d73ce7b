"""What recording costs: one event of each family, and whole programs, beside other tools on the same programs in the same rounds."""

import json
from collections.abc import Callable, Iterator

from benchmarks import measure, operations
from benchmarks.measure import Figure, NotMeasured
from tests import recorded as under_probe

EVENT = """
def took(n):
    begin = time.perf_counter_ns()
    moves.churn(n)
    return time.perf_counter_ns() - begin

N = 20_000
took(N)
before, after = [], []
for _ in range(10):
    before.append(took(N))
    probe.install()
    after.append(took(N))
    probe.uninstall()
    time.sleep(0.05)
print(json.dumps([(b - a) / (2 * N) for a, b in zip(before, after)]))
"""


def figures(quick: bool) -> Iterator[Figure | str]:
    """All of this family."""
    yield from event(quick)
    yield from operations.figures()
    rounds = 3 if quick else 9
    scale = 1 if quick else 3
    yield from program("two CPU-bound threads", "two_counters", 2_000_000 * scale, rounds, 1.03)
    yield from program("lock ping-pong", "lock_ping_pong", 20_000 * scale, rounds, 1.5)
    yield from program("pipe ping-pong", "pipe_ping_pong", 150_000 * scale, rounds, 1.25, without_lines=1.15)
    yield from program("a thousand tasks", "thousand_tasks", 20_000 * scale, rounds, 1.25)
    yield from program("ProcessPoolExecutor.map()", "executor_map", 100 * scale, rounds, 1.05)
    yield from program("multiprocessing.Pool.map()", "pool_map", 100 * scale, rounds, 1.05)
    yield from program("two threads, two pipes", "two_pipes", 250_000 * scale, rounds, 1.25, without_lines=1.15)


def event(quick: bool) -> Iterator[Figure]:
    """An acquire or release of a GIL that nobody else wants, with the hooks and without, in turns in one process."""
    for interpreter in measure.pythons() if not quick else (measure.reference(),):
        with measure.scratch() as folder:
            (folder / "run").mkdir()
            done = under_probe.record(interpreter, EVENT, folder / "run")
        costs = json.loads(done.output.splitlines()[-1])
        yield Figure(f"cost of a GIL event, Python {interpreter.text}", tuple(costs), "ns", 40)


def program(
    title: str,
    name: str,
    n: int,
    rounds: int,
    bar: float,
    without_lines: float | None = None,
    viztracer: tuple[str, ...] = (),
    sampling: bool = True,
) -> Iterator[Figure | str]:
    """Ratios to the plain run of the same round. ``viztracer``: its options; ``sampling``: whether the program runs
    where profiling.sampling does."""
    interpreter = measure.reference()
    events: list[tuple[int, int]] = []

    def recorded(lines: bool) -> int:
        took, accounts = measure.recorded(interpreter, name, n, lines)
        events.append((sum(each.emitted for each in accounts), sum(each.lost for each in accounts)))
        return took

    ways: dict[str, tuple[Callable[[], int], Callable[[], int], float | None]] = {}
    own = lambda: measure.plain(interpreter, name, n)  # noqa: E731
    if without_lines is not None:
        ways["recorded, without lines"] = (lambda: recorded(False), own, without_lines)
    ways["recorded" if without_lines is None else "recorded, with lines"] = (lambda: recorded(True), own, bar)
    way = " ".join(("under VizTracer", *viztracer))
    ways[way] = (lambda: measure.viztracer(name, n, *viztracer), own, None)
    if sampling:
        newest = lambda: measure.plain(measure.python((3, 15)), name, n)  # noqa: E731
        ways["under profiling.sampling 10 kHz, 3.15"] = (lambda: measure.sampled(name, n), newest, None)

    ratios: dict[str, list[float]] = {way: [] for way in ways}
    refused: dict[str, str] = {}
    for _ in range(rounds):
        for way, (tool, base, _bar) in ways.items():
            if way in refused:
                continue
            try:
                before = base()
                took = tool()
            except NotMeasured as error:
                refused[way] = str(error)
                continue
            ratios[way].append(took / ((before + base()) / 2))  # between two plain runs: a drift of the machine cancels
    for way, (_tool, _base, limit) in ways.items():
        if way in refused:
            yield f"{title}, {way}: not measured. {refused[way]}"
        else:
            yield Figure(f"{title}, {way}", tuple(ratios[way]), "×", limit)
    if events:
        most = max(emitted for emitted, _ in events)
        yield f"    {title}: up to {most:,} events a run, {sum(lost for _, lost in events):,} lost in all runs"
