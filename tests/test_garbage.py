"""Collections of garbage: each is seen, nobody sees that, and who waits for one is told."""

from pathlib import Path

import numpy as np
import pytest

from gilscope.analysis import findings, garbage, report
from gilscope.analysis.check import check
from gilscope.analysis.garbage import GarbageFigures
from gilscope.analysis.timeline import Timeline
from gilscope.collector.interpreters import Interpreter
from gilscope.collector.order import Order
from gilscope.collector.run import perform
from gilscope.events import Kind, State, TrackKind
from gilscope.recording import Recording, Rows, read
from gilscope.scenarios import load
from tests.pictures import TICK, draw, track_of
from tests.programs import WITH_GIL, ids, record, rows_of

MOVES = """
    import gc

    class Node:
        pass

    def waste(count):
        for _ in range(count):
            node = Node()
            node.itself = node

    def run():
        gc.disable()
        gc.collect()
        for generation in (0, 1, 2):
            waste(100 + generation)
            gc.collect(generation)
"""


@pytest.mark.parametrize("python", WITH_GIL, ids=ids)
def test_each_collection_is_seen(python: Interpreter, tmp_path: Path) -> None:
    """In its thread, with its generation and what it collected, at the line that asked for it."""
    recorded = record(python, tmp_path, MOVES)
    mine = [row for row in rows_of(recorded, "MainThread") if row.kind in (Kind.GC_BEGIN, Kind.GC_END)]
    asked = [row for row in mine if (recorded.line(row) or ("", 0))[0] == "run"][2:]
    assert [(row.kind, row.value) for row in asked] == [
        (Kind.GC_BEGIN, 0),
        (Kind.GC_END, 100),
        (Kind.GC_BEGIN, 1),
        (Kind.GC_END, 101),
        (Kind.GC_BEGIN, 2),
        (Kind.GC_END, 102),
    ]


@pytest.mark.parametrize("python", WITH_GIL, ids=ids)
def test_nobody_sees_it(python: Interpreter, tmp_path: Path) -> None:
    """gc.callbacks is the program's alone, and works as ever; nothing of the recorder's is among the objects."""
    recorded = record(
        python,
        tmp_path,
        """
        import gc

        def run():
            sys.unraisablehook = lambda told: print("unraisable", told.exc_value, told.object is fails)
            heard = []
            def fails(phase, info): raise ValueError(phase)
            def hears(phase, info): heard.append((phase, info["generation"], info["collected"]))
            print(gc.callbacks)
            gc.disable()
            gc.collect()
            gc.callbacks[:] = [fails, hears, lambda phase, info: info.update(collected="nothing")]
            gc.collect(1)
            del gc.callbacks[:]
            gc.collect(1)
            print(heard)
            print([each for each in gc.get_objects() if getattr(each, "__name__", "") == "collection"])
        """,
    )
    assert recorded.output.splitlines() == [
        "[]",
        "unraisable start True",
        "unraisable stop True",
        "[('start', 1, 0), ('stop', 1, 0)]",
        "[]",
    ]


def test_put_back_it_is_what_it_was(tmp_path: Path) -> None:
    """After the recorder has gone, callbacks are called as before, and nothing is recorded any more."""
    recorded = record(
        WITH_GIL[0],
        tmp_path,
        """
        import gc
        from gilscope.recorder import _probe

        def run():
            heard = []
            gc.callbacks.append(lambda phase, info: heard.append(phase))
            _probe.uninstall_program()
            gc.disable()
            gc.collect()
            print(heard, len(gc.callbacks))
            _probe.install_program()
            gc.collect()
            print(heard, len(gc.callbacks))
        """,
    )
    told = [line for line in recorded.output.splitlines() if line.startswith("[")]
    assert told == ["['start', 'stop'] 1", "['start', 'stop', 'start', 'stop'] 1"]
    mine = [row for row in recorded.rows if row.kind == Kind.GC_END and (recorded.line(row) or ("",))[0] == "run"]
    assert len(mine) == 1


def test_who_waited_is_a_finding(tmp_path: Path) -> None:
    """A real run: one thread collects, another computes, and wants the GIL in vain meanwhile."""
    file = tmp_path / "wasteful.py"
    file.write_text(
        '"""Wasteful."""\nimport gc\nfrom threading import Event, Thread\n\nclass Node: pass\n\n'
        "def compute(over):\n    while not over.is_set():\n        sum(range(100))\n\n"
        "def run():\n    gc.disable()\n    over = Event()\n    other = Thread(target=compute, args=(over,), name='other')\n"
        "    nodes = [Node() for _ in range(300_000)]\n    for node in nodes: node.itself = node\n    node = nodes = None\n"
        "    other.start()\n    gc.collect()\n    over.set()\n    other.join()\n",
        encoding="utf-8",
    )
    output = tmp_path / "wasteful.gilscope"
    perform(Order("wasteful", load(file), {}, WITH_GIL[0].path, output))
    recording = read(output)
    assert check(recording) == []
    timeline = Timeline(recording)
    main, other = track_of(recording, "MainThread"), track_of(recording, "other")
    (figures,) = garbage.figures(timeline)
    assert (figures.track, figures.collected >= 300_000) == (main, True)
    every = garbage.collections(timeline)
    waits = timeline.gil_waits.of(other)
    expected = sum(
        max(0, min(end, stop) - max(begin, start))
        for begin, end in zip(every.begin.tolist(), every.end.tolist(), strict=True)
        for start, stop in zip(waits.begin.tolist(), waits.end.tolist(), strict=True)
    )
    assert figures.waited_ns_by_thread == {other: expected}
    (finding,) = [each for each in findings.of(timeline) if each.kind == "garbage"]
    assert finding.title == "Collecting garbage held everyone up"
    assert "A collection keeps the GIL: other waited " in finding.sentence
    assert (main, int(every.begin[-1]), int(every.end[-1])) in finding.spans
    told = report.of(timeline)
    assert told["garbage"][0]["waited_ns_by_thread"] == {"other": expected}
    assert "of garbage, " in report.as_text(told)
    states = timeline.spans.of(main).within(int(every.begin[-1]), int(every.end[-1])).state
    assert set(states.tolist()) <= {State.RUNNING, State.STALLED}


def drawn(picture: str, *collections: tuple[str, float, Kind, int]) -> Recording:
    """A picture in which threads collect: name, tick, kind, value."""
    recording = draw(picture)
    tracks, ticks, kinds, values = zip(*collections, strict=True)
    at = (np.array(ticks) * TICK).astype(np.int64)
    told = Rows.of(
        at, track=[track_of(recording, name) for name in tracks], kind=kinds, state=State.RUNNING, value=values
    )
    recording.rows = Rows.concat((recording.rows, told)).sorted()
    return recording


BEGIN, END = Kind.GC_BEGIN, Kind.GC_END


def test_waits_are_counted_while_another_collects() -> None:
    """Only that part of a wait, and not one's own."""
    recording = drawn(
        """
        one RRRRRRRRRRWWRR
        two OOWWWWWWWWRROO
        """,
        ("one", 1, BEGIN, 0),
        ("one", 3, END, 5),
        ("one", 5, BEGIN, 2),
        ("one", 9, END, 10),
        ("two", 10.5, BEGIN, 0),
        ("two", 11, END, 0),
    )
    one, two = track_of(recording, "one"), track_of(recording, "two")
    assert garbage.figures(Timeline(recording)) == [
        GarbageFigures(one, 2, 6 * TICK, 4 * TICK, 15, {two: 5 * TICK}),
        GarbageFigures(two, 1, TICK // 2, TICK // 2, 0, {one: TICK // 2}),
    ]


def test_a_collection_without_its_end_is_not_made_up() -> None:
    """Its end is lost: it isn't counted. Its thread ends in it: then it ends there."""
    recording = drawn(
        "one RRRRRRRRX", ("one", 1, BEGIN, 0), ("one", 3, BEGIN, 1), ("one", 4, END, 7), ("one", 6, BEGIN, 2)
    )
    every = garbage.collections(Timeline(recording))
    assert [c.tolist() for c in (every.begin // TICK, every.end // TICK, every.generation, every.collected)] == [
        [3, 6],
        [4, 8],
        [1, 2],
        [7, -1],
    ]


def test_without_collections_there_is_nothing_to_tell() -> None:
    """No figures, no finding."""
    timeline = Timeline(draw("one RRRX"))
    assert garbage.figures(timeline) == []
    assert report.of(timeline)["garbage"] == []
    assert timeline.ids(TrackKind.THREAD)
