"""Which recordings stand beside each other: what is shown of each, what can be added, and what a page offers."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from urllib.parse import urlencode

from app import words
from app.recordings_kept import Recording
from app.store import Store
from gilscope.marks import Mark

MOST = 6
"""Panes of a comparison."""
OFFERED = 60
KNOWN = 400
"""So many of the newest recordings are looked at for what can be added."""


@dataclass(frozen=True)
class Pane:
    """One recording of a comparison. ``facts``: what it is of, and whether the others are of the same."""

    recording: Recording
    facts: tuple[tuple[str, bool], ...]
    moments: str
    short: str
    """What tells it from the others: its title, or, where that is the same, what differs."""
    without: str
    earlier: str
    later: str


def panes(recordings: list[Recording], marks: Mapping[str, Sequence[Mark]] = MappingProxyType({})) -> list[Pane]:
    """In their order, each with the links that take it out or move it."""
    ids = [recording.id for recording in recordings]
    names = list(dict.fromkeys(name for recording in recordings for name in recording.parameters))
    same = {name: len({str(one.parameters.get(name)) for one in recordings}) == 1 for name in names}
    python = len({recording.python for recording in recordings}) == 1
    alike = len({recording.scenario for recording in recordings}) == 1
    found = []
    for n, recording in enumerate(recordings):
        facts = [(words.parameters({name: value}), not same[name]) for name, value in recording.parameters.items()]
        facts.append((recording.python, not python))
        differing = ", ".join(text for text, differs in facts if differs)
        told = {"finding": found_at(recording), "mark": marked_at(marks.get(recording.id, ()))}
        found.append(
            Pane(
                recording=recording,
                facts=tuple(facts),
                moments=json.dumps(told),
                short=(alike and differing) or recording.title or recording.scenario,
                without=address([*ids[:n], *ids[n + 1 :]]),
                earlier=address(_swapped(ids, n - 1)) if n else "",
                later=address(_swapped(ids, n)) if n < len(ids) - 1 else "",
            )
        )
    return found


def found_at(recording: Recording) -> dict[str, int]:
    """By the kind of a finding, in words, when it is first seen (ns)."""
    found: dict[str, int] = {}
    for finding in recording.findings:
        begins = [int(span["from"]) for span in finding.get("spans", ())]
        if begins:
            name = words.label(str(finding["kind"]).replace("-", "_"))
            found[name] = min([*begins, *([found[name]] if name in found else [])])
    return found


def marked_at(marks: Sequence[Mark]) -> dict[str, int]:
    """By the text of a mark, where its first is (ns)."""
    return {mark.text: mark.at for mark in reversed(marks)}


def address(ids: list[str]) -> str:
    """Of the page with these."""
    return "/compare?" + urlencode({"ids": ",".join(ids)}, safe=",")


def _swapped(ids: list[str], n: int) -> list[str]:
    return [*ids[:n], ids[n + 1], ids[n], *ids[n + 2 :]]


def offered(store: Store, recordings: list[Recording], pairs: dict[str, str | None]) -> dict[str, list[Recording]]:
    """What can be added, by how near it is to what is there."""
    there = {recording.id for recording in recordings}
    scenarios = {recording.scenario for recording in recordings}
    near = {pairs.get(name) for name in scenarios}
    groups: dict[str, list[Recording]] = {"Of the same scenario": [], "Of its pair": [], "Others": []}
    for one in store.newest(limit=KNOWN):
        if one.id not in there:
            name = (
                "Of the same scenario"
                if one.scenario in scenarios
                else "Of its pair"
                if one.scenario in near
                else "Others"
            )
            groups[name].append(one)
    return {name: found[:OFFERED] for name, found in groups.items() if found}


@dataclass(frozen=True)
class Way:
    """A comparison that a scenario's page offers: of the recording that it shows with …"""

    words: str
    address: str


def nearest(recordings: Sequence[Recording], to: Recording) -> Recording | None:
    """The first of those that were run most like another: on its interpreter, with its values of the parameters that both have."""

    def likeness(one: Recording) -> tuple[bool, int]:
        return one.python == to.python, sum(one.parameters.get(name) == value for name, value in to.parameters.items())

    return max(recordings, key=likeness, default=None)


def ways(store: Store, recording: Recording | None, pair: str | None, past: list[Recording]) -> list[Way]:
    """… its pair, the same on other interpreters, and the newest runs of the same scenario."""
    if recording is None:
        return []
    near = nearest(store.newest(pair, "", KNOWN), recording) if pair else None
    found = [Way("its pair", address([recording.id, near.id]))] if near else []
    alike: dict[str, str] = {}
    for one in store.newest(recording.scenario, "", KNOWN):
        if one.python != recording.python and one.parameters == recording.parameters:
            alike.setdefault(one.python, one.id)
    found += [Way(f"the same on {python}", address([recording.id, id])) for python, id in alike.items()]
    ids = list(dict.fromkeys([recording.id, *(one.id for one in past)]))[:MOST]
    if len(ids) > 1:
        found.append(Way(f"the newest {len(ids)} runs", address(ids)))
    return found
