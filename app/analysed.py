"""What the index keeps of a recording. The analysis computes, so it runs in a process of its own, with less weight.

``python -m app.analysed FILE…`` prints one line of JSON for each file.
"""

import asyncio
import json
import logging
import os
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from app import children
from app.recordings_kept import Analysis
from app.store import SUFFIX, Store
from gilscope import claims, predictions
from gilscope.analysis import observer
from gilscope.analysis.miniature import miniature
from gilscope.analysis.timeline import Timeline
from gilscope.errors import BadRecording
from gilscope.recording import read

log = logging.getLogger("gilscope")

SECONDS = 120.0
NICE = 10
MARGIN_NS = 50_000
"""Around an instant that is shown."""
TINTS = {"confirmed": "running", "depends": "blocked", "refuted": "gil-wait"}
"""By a claim's verdict: the state whose colour it has."""


async def analyse(store: Store, ids: Sequence[str]) -> None:
    """Analyse these recordings and enter what comes out; one that can't be analysed says so and is left."""
    if not ids:
        return
    process = await children.begin("app.analysed", *(str(store.path(id)) for id in ids))
    assert process.stdout
    left = set(ids)
    try:
        async with asyncio.timeout(SECONDS * len(ids)):
            while line := await process.stdout.readline():
                found = json.loads(line)
                left.discard(found["id"])
                await asyncio.to_thread(store.put_analysis, found.pop("id"), Analysis(**found))
            await process.wait()
    except (TimeoutError, ValueError) as error:
        log.warning("the analysis broke off: %s", error)
    finally:
        children.kill(process)
        await process.wait()
    for id in left:
        log.warning("recording %s could not be analysed", id)
        await asyncio.to_thread(
            store.put_analysis, id, failed("The analysis broke off. The recording itself is whole.")
        )


async def catch_up(store: Store) -> None:
    """Analyse what an earlier server left, and what comes along, which is in the order of the catalogue."""
    waiting = [recording.id for recording in await asyncio.to_thread(store.newest) if not recording.analysed]
    await analyse(store, waiting[::-1])


def failed(reason: str) -> Analysis:
    """Stands for an analysis that couldn't be made."""
    return Analysis(None, [], [_note("error", "This recording couldn't be analysed", reason)], "", {"error": reason})


def _note(kind: str, title: str, sentence: str, state: str = "unknown") -> dict[str, Any]:
    """Stands among the findings, though it is about the file, or about the whole run."""
    return {"kind": kind, "title": title, "sentence": sentence, "state": state, "spans": [], "address": ""}


def analysis_of(path: Path) -> Analysis:
    """All that is worked out of one file; one that can't be read says why."""
    try:
        recording = read(path)
    except BadRecording as error:
        return failed(str(error))
    timeline = Timeline(recording)
    told = claims.of(timeline)
    findings = [{**finding, "address": address(finding["spans"], told["duration_ns"])} for finding in told["findings"]]
    seen = ""
    if claim := told["claim"]:
        note = _note("claim", claim["statement"], claim["sentence"], TINTS.get(claim["verdict"], "unknown"))
        seen = address(claim["spans"], told["duration_ns"])
        findings.insert(0, {**note, "verdict": claim["verdict"], "address": seen})
    if revealed := predictions.reveal(timeline, told):
        note = _note("prediction", revealed["question"], revealed["sentence"])
        place = address(revealed["spans"], told["duration_ns"])
        findings.append({**note, "choices": revealed["choices"], "choice": revealed["choice"], "address": place})
    if effect := told["observer"]:
        title = f"Observer effect: {observer.figure(effect)}{observer.counts(effect)}"
        findings.append({**_note("observer", title, observer.sentence(effect)), "badge": observer.figure(effect)})
    if told["damage"]:
        findings.insert(0, _note("damage", "A part of the file can't be read", " ".join(told["damage"])))
    return Analysis(told["handoffs"], told["contradictions"], findings, miniature(recording), told, seen)


def address(spans: Sequence[dict[str, int]], duration_ns: int) -> str:
    """The part of a page's address that shows the longest of these spans, with as much again around it as there is."""
    if not spans:
        return ""
    shown = max(spans, key=lambda span: span["to"] - span["from"])
    margin = max((shown["to"] - shown["from"]) // 2, MARGIN_NS)
    begin, end = max(shown["from"] - margin, 0), min(shown["to"] + margin, duration_ns)
    return f"from={begin}&to={end}&track={shown['track']}"


if __name__ == "__main__":
    os.nice(NICE)
    for name in sys.argv[1:]:
        file = Path(name)
        print(json.dumps({"id": file.name.removesuffix(SUFFIX), **asdict(analysis_of(file))}), flush=True)
