"""The report of long recordings: seconds, memory against the recording's own, and whether both grow with it only."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from benchmarks import measure
from benchmarks.measure import Figure, NotMeasured

CLI = [sys.executable, "-P", "-m", "gilscope.cli"]
SCENARIO = "lost_update_locked"
"""Tens of thousands of rows about two threads, the GIL and a lock, in a moment."""
MILLION = 1_000_000

ANALYSE = """
import json, resource, sys, time
from dataclasses import replace
import numpy as np
from gilscope.analysis import report
from gilscope.recording import ROW_BYTES, Recording, Rows, read

def again(recording, count):
    \"\"\"The same run again and again, one after the other, each time with tracks of its own.\"\"\"
    once, highest, parts, tracks = recording.rows, max(recording.tracks), [], []
    for n in range(-(-count // len(once))):
        shift = n * highest
        thing = np.where(once.thing, once.thing + np.uint32(shift), 0).astype(np.uint32)
        moved = replace(once, at=once.at + n * recording.duration_ns, track=once.track + np.uint32(shift), thing=thing)
        parts.append(moved)
        for told in recording.tracks.values():
            parent, pid = told["parent"], told["pid"]
            other = {"id": told["id"] + shift, "parent": parent and parent + shift, "pid": pid and pid + (n << 32)}
            if told.get("tid"):
                other["tid"] = told["tid"] + (n << 32)
            tracks.append({**told, **other})
    end = {**recording.end, "duration_ns": recording.duration_ns * len(parts)}
    long = Recording(recording.header, Rows.concat(parts), locations=recording.locations, sources=recording.sources, end=end)
    long.take({"tracks": tracks})
    return long

recording = again(read(sys.argv[1]), int(sys.argv[2]))
peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
before, begin = peak(), time.process_time()
told = report.report(recording)
seconds = time.process_time() - begin
own = len(recording.rows) * ROW_BYTES
print(json.dumps({"seconds": seconds, "rows": len(recording.rows), "memory": (peak() - before) / own,
    "contradictions": len(told["contradictions"])}))
"""


def figures(quick: bool) -> Iterator[Figure | str]:
    """Of a real run, repeated up to so many transitions; each measured in a process of its own."""
    runs = 1 if quick else 5
    sizes = (1,) if quick else (1, 3, 10)
    with measure.scratch() as folder:
        file = folder / "run.gilscope"
        ran = subprocess.run(
            [*CLI, "run", SCENARIO, "-o", file], capture_output=True, text=True, check=False, cwd=measure.ROOT
        )
        if not file.exists():
            raise NotMeasured(f"{SCENARIO} couldn't be recorded: {(ran.stderr.strip().splitlines() or ['?'])[-1]}")
        a_million: list[float] = []
        for size in sizes:
            told = [_analyse(file, size * MILLION) for _ in range(runs)]
            rate = tuple(each["seconds"] / each["rows"] * MILLION for each in told)
            bar = 3.0 if size == 1 else None
            yield Figure(f"CPU time of a report, {size} M transitions", tuple(e["seconds"] for e in told), "s", bar)
            yield Figure(
                f"its peak memory / the recording's columns, {size} M", tuple(e["memory"] for e in told), "×", 10
            )
            yield Figure(f"contradictions, {size} M", (sum(e["contradictions"] for e in told),), "", 0)
            a_million = a_million or list(rate)
            if size > 1:
                growth = tuple(each / sorted(a_million)[len(a_million) // 2] for each in rate)
                yield Figure(f"CPU time a transition, {size} M / 1 M", growth, "×", 1.5)


def _analyse(file: Path, rows: int) -> dict[str, float]:
    try:
        done = subprocess.run(
            [sys.executable, "-c", ANALYSE, file, str(rows)],
            capture_output=True,
            text=True,
            check=False,
            cwd=measure.ROOT,
            timeout=measure.LIMIT_SECONDS,
        )
    except subprocess.TimeoutExpired:
        raise NotMeasured(f"a report of {rows:,} transitions took more than {measure.LIMIT_SECONDS} s") from None
    if done.returncode:
        raise NotMeasured(f"the report failed: {(done.stderr.strip().splitlines() or ['it said nothing'])[-1]}")
    return {name: float(value) for name, value in json.loads(done.stdout).items()}
