"""The report: all figures of a recording, for programs as a dict and for people as text."""

from collections.abc import Sequence
from typing import Any

from gilscope.analysis import check, critical_path, findings, garbage, observer, ranges, statistics
from gilscope.analysis.statistics import STATE_NAMES, TrackFigures
from gilscope.analysis.text import counted, duration, percent
from gilscope.analysis.timeline import Timeline
from gilscope.events import STATE_TEXT, State, TrackKind
from gilscope.recording import Recording

MOST_CALLS = 10
"""So many are told as text."""
MOST_SEGMENTS = 400
"""Of the critical path: what is shorter is summed up between the longest ones."""
UNFINISHED = "The recording has no end: it breaks off here."
ONE_PROGRAM = {
    "measured": False,
    "why": "Locks, sleeps and source lines are recorded in the main interpreter only.",
}
MOST_TASKS = 10
MOST_SAID = 3
"""Reasons of a task, in the text."""
LONGEST = 5
"""Segments of the critical path, in the text."""


def report(recording: Recording) -> dict[str, Any]:
    """All figures. Times are ns; ``handoffs`` is None where the GIL wasn't measured."""
    return of(Timeline(recording))


def of(timeline: Timeline) -> dict[str, Any]:
    """As ``report``, on a timeline that is there already."""
    recording = timeline.recording
    header, end = recording.header, recording.end or {}
    parallelism = statistics.parallelism(timeline)
    return {
        "id": header.get("id"),
        "scenario": header.get("scenario"),
        "title": header.get("title"),
        "parameters": header.get("parameters") or {},
        "python": (header.get("python") or {}).get("version"),
        "layers": {**(header.get("layers") or {}), **(end.get("layers") or {})},
        "verdict": end.get("verdict", "unfinished"),
        "sentence": end.get("sentence", UNFINISHED),
        "duration_ns": timeline.duration_ns,
        "switch_interval_ns": timeline.switch_interval_ns,
        "handoffs": len(timeline.handoffs) if timeline.measured("gil") else None,
        "emitted": end.get("emitted"),
        "stored": end.get("stored"),
        "lost": _lost(recording),
        "observer": end.get("observer"),
        "damage": [damage.what for damage in recording.damage],
        "contradictions": [each.sentence for each in check.check_timeline(timeline)],
        "findings": [_finding(each) for each in findings.of(timeline)],
        "parallelism": {
            "most": parallelism.most,
            "mean": round(parallelism.mean, 3),
            "together_ns": parallelism.together_ns,
        },
        "interpreters": _interpreters(timeline),
        "tracks": [_track(timeline, each) for each in statistics.tracks(timeline)],
        "resources": [_resource(timeline, each) for each in statistics.resources(timeline)],
        "garbage": [_garbage(timeline, each) for each in garbage.figures(timeline)],
        "calls": [_call(timeline, each) for each in statistics.calls(timeline)],
        "blame": ranges.blamed(timeline),
        "critical_path": _critical_path(timeline),
    }


def _lost(recording: Recording) -> int:
    told = sum(int(each.get("count") or 0) for each in recording.lost)
    return max(told, int((recording.end or {}).get("lost") or 0))


def _interpreters(timeline: Timeline) -> list[dict[str, Any]]:
    """Those besides the main one of each process that had a GIL, or a thread, of their own."""
    told = [track for track in timeline.tracks.values() if track.get("interpreter")]
    with_gil = {(track["pid"], track["interpreter"]) for track in told if track["kind"] == TrackKind.GIL}
    return [
        {"pid": pid, "number": number, "own_gil": (pid, number) in with_gil, "program": ONE_PROGRAM}
        for pid, number in sorted({(track["pid"], track["interpreter"]) for track in told})
    ]


def _finding(finding: findings.Finding) -> dict[str, Any]:
    return {
        "kind": finding.kind,
        "title": finding.title,
        "sentence": finding.sentence,
        "state": finding.state,
        "spans": [{"track": track, "from": begin, "to": end} for track, begin, end in finding.spans],
    }


def kind_word(kind: int) -> str:
    """``thread``, ``gil``, ``lock`` …"""
    return TrackKind(kind).name.lower().replace("_", " ")


def _track(timeline: Timeline, figures: TrackFigures) -> dict[str, Any]:
    told = timeline.tracks[figures.track]
    described: dict[str, Any] = {
        "id": figures.track,
        "name": timeline.name(figures.track),
        "kind": kind_word(told["kind"]),
        "internal": bool(told.get("internal")),
        "lifetime_ns": figures.lifetime_ns,
        "states": {STATE_NAMES[state]: length for state, length in figures.states.items()},
    }
    if told.get("interpreter"):
        described["interpreter"] = told["interpreter"]
    if figures.gil is not None:
        described["gil"] = {name: getattr(figures.gil, name) for name in figures.gil.__dataclass_fields__}
    return described


def _resource(timeline: Timeline, figures: statistics.ResourceFigures) -> dict[str, Any]:
    told = timeline.tracks[figures.track]
    by_thread = sorted(figures.wait_ns_by_thread.items(), key=lambda pair: -pair[1])
    return {
        "id": figures.track,
        "name": timeline.name(figures.track),
        "kind": kind_word(told["kind"]),
        "internal": bool(told.get("internal")),
        "acquires": figures.acquires,
        "contended": figures.contended,
        "wait_ns": figures.wait_ns,
        "wait_ns_by_thread": _named(timeline, by_thread),
        "held_ns": figures.held_ns,
        "longest_hold_ns": figures.longest_hold_ns,
    }


def _garbage(timeline: Timeline, figures: garbage.GarbageFigures) -> dict[str, Any]:
    by_thread = sorted(figures.waited_ns_by_thread.items(), key=lambda pair: -pair[1])
    return {
        "thread": timeline.name(figures.track),
        "track": figures.track,
        "count": figures.count,
        "total_ns": figures.total_ns,
        "longest_ns": figures.longest_ns,
        "collected": figures.collected,
        "waited_ns": figures.waited_ns,
        "waited_ns_by_thread": _named(timeline, by_thread),
    }


def _call(timeline: Timeline, figures: statistics.CallFigures) -> dict[str, Any]:
    return {
        "thread": timeline.name(figures.track),
        "track": figures.track,
        "state": STATE_NAMES[figures.state],
        "call": figures.call,
        "line": figures.line,
        "count": figures.count,
        "total_ns": figures.total_ns,
    }


def _critical_path(timeline: Timeline) -> list[dict[str, Any]]:
    """Each segment begins where the one before it ends."""
    path = critical_path.summed_up(critical_path.path(timeline), MOST_SEGMENTS)
    columns = (path.track.tolist(), path.begin.tolist(), path.end.tolist(), path.state.tolist(), path.count.tolist())
    return [
        {
            "track": track,
            "from": begin,
            "to": end,
            "state": STATE_NAMES[State(state)],
            "count": count,
            "sentence": critical_path.sentence(timeline, path, n),
        }
        for n, (track, begin, end, state, count) in enumerate(zip(*columns, strict=True))
    ]


def _named(timeline: Timeline, by_thread: Sequence[tuple[int, int]]) -> dict[str, int]:
    """By the threads' names; two of one name are told apart by their ids."""
    names = [timeline.name(track) for track, _ in by_thread]
    return {
        name if names.count(name) == 1 else f"{name} ({track})": wait
        for name, (track, wait) in zip(names, by_thread, strict=True)
    }


def as_text(told: dict[str, Any]) -> str:
    """What ``report`` gave, with a claim or without, to be read."""
    lost = f"{told['lost']:,} lost" if told["lost"] else "nothing lost"
    lines = [
        f"{told['title'] or told['scenario']}: {told['verdict']}, {duration(told['duration_ns'])} on Python {told['python']}",
        told["sentence"],
        "",
        *_layers(told["layers"]),
        f"Handoffs of the GIL: {'not measured' if told['handoffs'] is None else format(told['handoffs'], ',')} · {lost}"
        f" · {counted(len(told['contradictions']), 'contradiction')}",
        *(f"  ! {sentence}" for sentence in (*told["contradictions"], *told["damage"])),
        *map(_interpreter, told["interpreters"]),
        *([f"Observer effect: {observer.sentence(told['observer'])}"] if told["observer"] else []),
        "",
    ]
    for finding in told["findings"]:
        lines += [finding["title"], f"  {finding['sentence']}"]
    if claim := told.get("claim"):
        lines += [f"{claim['verdict'].capitalize()}: {claim['statement']}", f"  {claim['sentence']}"]
    threads = [track for track in told["tracks"] if track["kind"] == "thread"]
    lines += ["", *_table(threads), *_tasks(told), "", *_longest(told["critical_path"]), ""]
    shown = [each for each in told["resources"] if not each["internal"] and (each["acquires"] or each["wait_ns"])]
    for each in shown:
        line = f"{each['kind']} {each['name']}: {each['acquires']:,} acquires, {each['contended']:,} after a wait"
        if each["wait_ns"]:
            waiters = ", ".join(f"{name} {duration(wait)}" for name, wait in each["wait_ns_by_thread"].items())
            line += f", {duration(each['wait_ns'])} waited in all ({waiters})"
        lines.append(line)
    for each in told["garbage"]:
        line = f"{each['thread']}: {counted(each['count'], 'collection')} of garbage, {duration(each['total_ns'])}"
        waited = f"; others waited {duration(each['waited_ns'])} meanwhile" if each["waited_ns"] else ""
        lines.append(line + waited)
    if told["calls"]:
        lines += ["", *map(_said, told["calls"][:MOST_CALLS])]
    return "\n".join(lines).rstrip() + "\n"


def _interpreter(told: dict[str, Any]) -> str:
    gil = "a GIL of its own" if told["own_gil"] else "the GIL of the main one"
    return (
        f"Interpreter {told['number']} of process {told['pid']}: {gil}; program: not measured. {told['program']['why']}"
    )


def _tasks(told: dict[str, Any]) -> list[str]:
    """Of the tasks that lived longest, where their time went."""
    tasks = [track for track in told["tracks"] if track["kind"] == "task"]
    shown = sorted(tasks, key=lambda task: -task["lifetime_ns"])[:MOST_TASKS]
    lines = [""] * bool(shown)
    for task in shown:
        mine = [row for row in told["blame"] if row["thread"] == task["id"]]
        said = [f"{duration(row['ns'])} {row['sentence']}" for row in mine[:MOST_SAID]]
        lines.append(f"task {task['name']}, {duration(task['lifetime_ns'])}: {'; '.join(said)}")
    if rest := len(tasks) - len(shown):
        lines.append(f"and {counted(rest, 'task')} more")
    return lines


def _said(call: dict[str, Any]) -> str:
    what = {"outside": "away", "native": "computing in C code"}.get(call["state"], call["state"])
    return f"{call['thread']}: {what} in {call['call']}, line {call['line']}: {duration(call['total_ns'])}"


def _longest(path: list[dict[str, Any]]) -> list[str]:
    """The segments of the critical path that took most of the time, by time."""
    if not path:
        return []
    longest = sorted(path, key=lambda segment: segment["from"] - segment["to"])[:LONGEST]
    lines = ["The longest parts of what determined how long it took (the critical path):"]
    for segment in sorted(longest, key=lambda segment: segment["from"]):
        begin, length = duration(segment["from"]), duration(segment["to"] - segment["from"])
        lines.append(f"  {length:>8} from {begin:>8} on: {segment['sentence']}")
    return lines


def _layers(layers: dict[str, Any]) -> list[str]:
    return [
        f"{name}: not measured. {layer.get('why', '')}".rstrip()
        for name, layer in layers.items()
        if not layer.get("measured")
    ]


def _table(threads: list[dict[str, Any]]) -> list[str]:
    """Threads against the share of their lives in each state that occurs."""
    occurring = [
        (STATE_NAMES[state], text[0])
        for state, text in STATE_TEXT.items()
        if any(STATE_NAMES[state] in thread["states"] for thread in threads)
    ]
    head = ["thread", "lifetime", *(label for _, label in occurring)]
    body = [
        [
            thread["name"],
            duration(thread["lifetime_ns"]),
            *(_share(thread["states"].get(name, 0), thread["lifetime_ns"]) for name, _ in occurring),
        ]
        for thread in threads
    ]
    widths = [max(len(row[n]) for row in (head, *body)) for n in range(len(head))]
    return [
        "  ".join(
            cell.ljust(width) if n == 0 else cell.rjust(width)
            for n, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in (head, *body)
    ]


def _share(part: int, whole: int) -> str:
    return percent(part / whole) if part and whole else "–"
