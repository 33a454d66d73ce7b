"""The scenarios as pages list them."""

import asyncio
from pathlib import Path

from fastapi import Request

from app import words
from gilscope import scenarios
from gilscope.scenarios import Scenario

_catalogue: dict[Path, tuple[object, list[Scenario]]] = {}


def read_catalogue(folder: Path) -> list[Scenario]:
    """All scenarios, by chapter in the order of reading; read again when a file has changed."""
    order = {name: number for number, name in enumerate(words.CHAPTERS)}
    stamp = sorted((str(path), path.stat().st_mtime_ns) for path in folder.glob("*/*.py"))
    known = _catalogue.get(folder)
    if known is None or known[0] != stamp:
        listed = sorted(scenarios.catalogue(folder), key=lambda one: order.get(one.chapter, len(order)))
        known = _catalogue[folder] = (stamp, listed)
    return known[1]


async def find_scenario(request: Request, name: str) -> Scenario:
    listed = await asyncio.to_thread(read_catalogue, request.state.settings.folder)
    for scenario in listed:
        if scenario.name == name:
            return scenario
    return await asyncio.to_thread(scenarios.find, name, request.state.settings.folder)  # its error names near ones
