"""How many acquisitions of the GIL are found, of a known number."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

from benchmarks import measure
from benchmarks.measure import Figure, NotMeasured
from gilscope.events import Flag, Kind
from tests import recorded as under_probe

OURS = """
assert probe.install() is None

def mover(number):
    mark(2 * number)
    for _ in range(%d):
        moves.away(20_000, 50_000)
    mark(2 * number + 1)

threads = [threading.Thread(target=mover, args=(number,)) for number in (1, 2)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
"""
GILVIZ = """
import json, runpy, sys
from src.sampler import Sampler
sampler = Sampler()
sampler.start()
runpy.run_path(sys.argv[1])
sampler.stop()
print(json.dumps({"handoffs": sampler.samples[-1].handoff_count if sampler.samples else 0}))
"""


def figures(quick: bool) -> Iterator[Figure | str]:
    """Ours on every interpreter; the others on the same program."""
    moves = 500 if quick else 3000
    for interpreter in measure.pythons():
        with measure.scratch() as folder:
            (folder / "run").mkdir()
            rows = under_probe.record(interpreter, OURS % moves, folder / "run")
        found = sum(of_own_will(rows.between(2 * number, 2 * number + 1)) for number in (1, 2))
        share = 100 * found / (2 * moves)
        yield Figure(
            f"acquisitions found, Python {interpreter.text}",
            (share,),
            "%",
            100,
            at_least=True,
            note=f"{found} of {2 * moves}",
        )
    for name, other in (("profiling.sampling at 10 kHz, 3.15", by_sampling), ("gilviz, handoffs inferred", by_gilviz)):
        try:
            found = other(moves)
        except NotMeasured as error:
            yield f"acquisitions found, {name}: not measured. {error}"
        else:
            yield Figure(
                f"acquisitions found, {name}", (100 * found / (2 * moves),), "%", note=f"{found} of {2 * moves}"
            )


def of_own_will(rows: list[under_probe.Row]) -> int:
    """Acquires that end a release of the thread's own will: the known moves. A forced one in between isn't one."""
    found, forced = 0, False
    for row in rows:
        if row.kind == Kind.GIL_RELEASE:
            forced = Flag.FORCED in row.flags
        elif row.kind == Kind.GIL_ACQUIRE and not forced:
            found += 1
    return found


def by_sampling(moves: int) -> int:
    """The stretches in which it saw one of the threads with the GIL."""
    with measure.scratch() as folder:
        module = _moves(folder, (3, 15))
        out = folder / "out.json"
        measure.sampling("known_moves", [module, str(moves)], out=out)
        told = json.loads(out.read_text(encoding="utf-8"))
    names = told["shared"]["stringArray"]
    threads = sorted(told["threads"], key=lambda thread: int(thread["tid"]))[1:]  # the first is the main thread
    return sum(names[name] == "Has GIL" for thread in threads for name in thread["markers"]["name"])


def by_gilviz(moves: int) -> int:
    """The handoffs that its own observer inferred while the program ran beside it."""
    command = measure.environment("gilviz")
    with measure.scratch() as folder:
        version = measure.reference().version
        module = _moves(folder, version[:2])
        script = folder / "observe.py"
        script.write_text(
            GILVIZ.replace(
                "runpy.run_path(sys.argv[1])", "program = sys.argv[1]; sys.argv = sys.argv[1:]; runpy.run_path(program)"
            )
        )
        done = subprocess.run(
            [command, script, measure.PROGRAMS / "known_moves.py", module, str(moves)],
            capture_output=True,
            text=True,
            timeout=measure.LIMIT_SECONDS,
        )
    if done.returncode:
        raise NotMeasured((done.stderr.strip().splitlines() or ["it said nothing"])[-1])
    return int(json.loads(done.stdout.splitlines()[-1])["handoffs"])


def _moves(folder: Path, version: tuple[int, int]) -> Path:
    return under_probe.moves_for(measure.python(version), folder)
