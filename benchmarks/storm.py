"""Two million events a second from four threads: nothing may vanish."""

import json
from collections.abc import Iterator

from benchmarks import measure
from benchmarks.measure import Figure
from gilscope.collector.rings import Rings
from tests import recorded as under_probe

STORM = """
SECONDS, THREADS, RATE = %d, 4, 2_050_000  # a little more than asked for, because sleeps end late
BURST = 1000

def storm():
    each = RATE // THREADS
    begin = time.monotonic_ns()
    for burst in range(SECONDS * each // BURST):
        emit = probe.emit
        for _ in range(BURST):
            emit(22, 0, 0, 7, 0)
        ahead = begin + (burst + 1) * BURST * 1_000_000_000 // each - time.monotonic_ns()
        if ahead > 0:
            time.sleep(ahead / 1e9)

begin = time.monotonic_ns()
for thread in start(*[storm] * THREADS):
    thread.join()
print(json.dumps({"ns": time.monotonic_ns() - begin}))
"""


def figures(quick: bool) -> Iterator[Figure | str]:
    """Three runs with the default buffers."""
    seconds = 2 if quick else 5
    interpreter = measure.reference()
    rates, losses, errors = [], [], []
    for _ in range(1 if quick else 3):
        with measure.scratch() as folder:
            (folder / "run").mkdir()
            rings = Rings()
            process = under_probe.start(interpreter, STORM % seconds, folder / "run", rings)
            accounts = measure.drain(process, rings)
            output, _ = process.communicate()
            rings.close()
        emitted = sum(each.emitted for each in accounts)
        stored = sum(each.stored for each in accounts)
        lost = sum(each.lost for each in accounts)
        rates.append(emitted / json.loads(output.splitlines()[-1])["ns"] * 1e9)
        losses.append(lost)
        errors.append(abs(emitted - stored - lost))
    title = f"{seconds} s from 4 threads"
    yield Figure(f"events a second, {title}", tuple(rates), "/s", 2_000_000, at_least=True)
    yield Figure(f"emitted − stored − lost, {title}", tuple(errors), "", 0)
    yield Figure(f"lost, {title}, default buffers", tuple(losses), "", 0)
