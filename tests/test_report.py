"""The report, its text, and the small picture of a card."""

import json
import re
import time
import xml.etree.ElementTree as ET
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from gilscope import recording as files
from gilscope.analysis.fold import Fold
from gilscope.analysis.miniature import WIDTH, miniature
from gilscope.analysis.ranges import MOST_REASONS
from gilscope.analysis.report import as_text, report
from gilscope.events import Kind, TrackKind
from gilscope.recording import Recording, Rows, Writer
from tests.pictures import TICK, draw, track_of

PICTURE = """
    main   RRRRWWWWRRWWWRRRXX
    worker ..WWRRaaaaRRRWWWRR
    hasher ...WWWRNNNNNNCCNOO
    a      111111111122222222
"""


def test_the_report_has_what_programs_count_on() -> None:
    """Names, kinds as words, and figures in ns."""
    told = json.loads(json.dumps(report(draw(PICTURE))))
    assert {
        name: told[name] for name in ("scenario", "python", "duration_ns", "handoffs", "lost", "contradictions")
    } == {
        "scenario": "picture",
        "python": "3.13.0",
        "duration_ns": 18 * TICK,
        "handoffs": 6,
        "lost": 0,
        "contradictions": [],
    }
    assert (told["verdict"], told["parameters"], told["layers"]["gil"]["measured"]) == ("ok", {}, True)
    assert [finding["kind"] for finding in told["findings"]] == [
        "contended-lock",
        "native-parallelism",
        "idle-cores",
        "forced-handoffs",
        "handoffs",
    ]
    assert all(finding["sentence"] and finding["spans"] for finding in told["findings"])
    worker = next(track for track in told["tracks"] if track["name"] == "worker")
    assert {name: worker[name] for name in ("kind", "lifetime_ns", "states", "gil")} == {
        "kind": "thread",
        "lifetime_ns": 16 * TICK,
        "states": {"gil-wait": 5 * TICK, "running": 7 * TICK, "blocked": 4 * TICK},
        "gil": {"acquires": 3, "waits": 1, "drop_requests": 0, "forced_releases": 1},
    }
    assert {track["kind"] for track in told["tracks"]} == {"thread", "gil", "lock", "core"}
    lock = next(each for each in told["resources"] if each["name"] == "a")
    names = ("kind", "acquires", "contended", "wait_ns", "wait_ns_by_thread")
    assert {name: lock[name] for name in names} == {
        "kind": "lock",
        "acquires": 2,
        "contended": 1,
        "wait_ns": 4 * TICK,
        "wait_ns_by_thread": {"worker": 4 * TICK},
    }


def test_the_report_says_where_the_time_went() -> None:
    """The blame table adds up to each life, also where it is cut short; the critical path is the whole run."""
    told = json.loads(json.dumps(report(draw(PICTURE))))
    lives = {track["id"]: track["lifetime_ns"] for track in told["tracks"] if track["kind"] == "thread"}
    assert _totals(told) == lives
    worker = [row for row in told["blame"] if row["thread"] == 4]
    assert worker[2] == {
        "thread": 4,
        "reason": "lock",
        "thing": 6,
        "culprit": 3,
        "ns": 4 * TICK,
        "sentence": "waited for the lock a, which main had",
    }
    assert told["critical_path"][0] == {
        "track": 3,
        "from": 0,
        "to": 4 * TICK,
        "state": "running",
        "count": 1,
        "sentence": "main ran Python.",
    }
    edges = [0, *(segment["to"] for segment in told["critical_path"])]
    assert edges == [*(segment["from"] for segment in told["critical_path"]), told["duration_ns"]]


def test_a_long_table_of_blame_is_cut_short() -> None:
    """What is left out of a thread's rows is one more of them."""
    others = 2 * MOST_REASONS
    lines = [f"t{n} {'O' * n}R{'O' * (others - n)}" for n in range(others)]
    recording = draw("\n".join([*lines, f"last {'W' * others}R"]))
    told = report(recording)
    last = [row for row in told["blame"] if row["thread"] == track_of(recording, "last")]
    assert len(last) == MOST_REASONS
    assert last[-1]["sentence"] == "lost it to 22 other reasons"
    assert _totals(told) == {t["id"]: t["lifetime_ns"] for t in told["tracks"] if t["kind"] == "thread"}


def _totals(told: dict[str, Any]) -> dict[int, int]:
    total: dict[int, int] = {}
    for row in told["blame"]:
        total[row["thread"]] = total.get(row["thread"], 0) + row["ns"]
    return total


def test_what_was_not_measured_has_no_figure() -> None:
    """No handoffs is another thing than none seen."""
    told = report(draw(PICTURE, gil="unmeasured", cores=False))
    assert told["handoffs"] is None
    assert all("gil" not in track for track in told["tracks"])
    assert "gil: not measured. the picture says so" in as_text(told)


def test_people_can_read_it() -> None:
    """Verdict, findings, a table of threads, locks."""
    text = as_text(report(draw(PICTURE)))
    assert text.startswith("A picture: ok, 18.0 ms on Python 3.13.0\nEnded by itself.\n")
    assert "Handoffs of the GIL: 6 · nothing lost · 0 contradictions" in text
    assert re.search(
        r"^thread +lifetime +running +native +waits for GIL +blocked +outside +runnable$", text, re.MULTILINE
    )
    assert re.search(r"^worker +16.0 ms +44 % +– +31 % +25 % +– +–$", text, re.MULTILINE)
    assert "critical path" in text
    assert re.search(r"^  +4.00 ms from +0 ns on: main ran Python.$", text, re.MULTILINE)
    assert "lock a: 2 acquires, 1 after a wait, 4.00 ms waited in all (worker 4.00 ms)" in text


def test_a_recording_that_broke_off_says_so() -> None:
    """No end, no verdict; two threads of one name are told apart."""
    recording = draw(PICTURE)
    recording.end = None
    assert report(recording)["verdict"] == "unfinished"
    for track in recording.tracks.values():
        track["name"] = "same"
    gil = report(recording)["resources"][0]
    assert set(gil["wait_ns_by_thread"]) == {"same (3)", "same (4)", "same (5)"}
    assert report(Recording({}))["tracks"] == []
    assert "unfinished" in as_text(report(Recording({})))


def test_the_miniature_shows_each_thread() -> None:
    """One stripe each, from edge to edge where it lived; its classes give the colour, its height the weight."""
    svg = ET.fromstring(miniature(draw(PICTURE)))
    paths = {path.get("class"): path.get("d", "") for path in svg}
    assert set(paths) == {
        f"tint-{state}" for state in ("running", "native", "gil-wait", "blocked", "outside", "runnable")
    }
    stripes: dict[int, list[tuple[int, int]]] = {}
    heights: dict[str | None, float] = {}
    for state, d in paths.items():
        for x, y, width, height in re.findall(r"M(\d+) ([\d.]+)h(\d+)v([\d.]+)", d):
            stripes.setdefault(round(float(y) + float(height) / 2), []).append((int(x), int(x) + int(width)))
            assert heights.setdefault(state, float(height)) == float(height)
    assert heights["tint-running"] == heights["tint-native"] > heights["tint-gil-wait"] > heights["tint-outside"]
    covered = [sorted(stripe) for _, stripe in sorted(stripes.items())]
    assert [(stripe[0][0], stripe[-1][1]) for stripe in covered] == [(0, 142), (17, WIDTH), (26, WIDTH)]
    assert all(a[1] == b[0] for stripe in covered for a, b in pairwise(stripe))
    assert "style=" not in miniature(draw(PICTURE))
    assert miniature(Recording({})).endswith("></svg>")


def test_a_million_rows_are_read_and_told_in_a_moment(tmp_path: Path) -> None:
    """No loop over rows anywhere; the bound is many times what it takes."""
    tracks = [{"id": 1, "kind": TrackKind.GIL, "pid": 1, "name": "GIL"}]
    tracks += [{"id": n, "kind": TrackKind.THREAD, "pid": 1, "tid": n, "name": f"t{n}"} for n in range(2, 10)]
    count = 600_000
    kinds = np.tile([Kind.GIL_WAIT, Kind.GIL_ACQUIRE, Kind.GIL_RELEASE], count // 3)
    threads = np.repeat(np.arange(count // 3) % 8 + 2, 3)
    events = Rows.of(np.arange(count) * 300, track=threads, kind=kinds, thing=1)
    begin = time.process_time()
    fold = Fold("measured", cores=False)
    fold.add_tracks(tracks)
    writer = Writer(tmp_path / "r", {"layers": {"gil": {"measured": True}}})
    writer.add_meta({"tracks": tracks})
    for first in range(0, count, 100_000):
        writer.add_rows(fold.feed(events[first : first + 100_000]))
    writer.end({"verdict": "ok", "duration_ns": count * 300})
    recording = files.read(tmp_path / "r")
    told = report(recording)
    assert len(recording.rows) > 1_000_000
    assert (told["handoffs"], told["contradictions"]) == (count // 3 - 1, [])
    assert time.process_time() - begin < 15
