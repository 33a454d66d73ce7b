"""Imports run downwards only: every import is held against the table in docs/HACKING.md."""

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
HACKING = (ROOT / "docs" / "HACKING.md").read_text(encoding="utf-8")
OURS = ("gilscope", "app")


def table() -> dict[str, set[str]]:
    """By room (``gilscope.events``, ``gilscope.collector``, ``app`` …), the rooms that it may import."""
    rows = re.findall(r"^\| (`.*?) \|.*\| (.*?) \|$", HACKING[: HACKING.index("## The way of the data")], re.MULTILINE)
    rooms: dict[str, set[str]] = {}
    for names, allowed in rows:
        paths = re.findall(r"`([^`]+)`", names)
        folder = "gilscope/" if paths[0].startswith("gilscope/") else ""
        row = {(folder + path.removeprefix(folder)).removesuffix(".py").strip("/").replace("/", ".") for path in paths}
        above = set(rooms)
        if allowed == "nothing":
            may = set()
        elif allowed == "everything":
            may = above
        elif allowed.startswith("all of the above"):
            may = above - ({"gilscope.recorder"} if "but the recorder" in allowed else set())
        else:
            may = {f"gilscope.{name.strip()}" for name in allowed.split(",")} | row
            assert may <= above | row, f"the row of {names} names rooms that don't lie below it: {may - above - row}"
        rooms |= {room: may | {room} for room in row}
    return rooms


ROOMS = table()
MODULES = sorted(path for folder in OURS for path in (ROOT / folder).rglob("*.py"))


def room_of(module: str) -> str | None:
    """The room that a module lies in; None for the package ``gilscope`` itself, which holds the version only."""
    parts = module.split(".")
    return next((room for n in range(len(parts), 0, -1) if (room := ".".join(parts[:n])) in ROOMS), None)


def module_of(path: Path) -> str:
    """As it is imported."""
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def imported(path: Path) -> Iterator[tuple[int, str]]:
    """Line and module of every import, inside functions too."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, name.name) for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno}: imports are absolute"
            yield from ((node.lineno, f"{node.module}.{name.name}") for name in node.names)


def test_the_table_is_read() -> None:
    """All rooms of the table are known, and exist."""
    assert ROOMS.keys() >= {"gilscope.events", "gilscope.recorder", "gilscope.collector", "gilscope.cli", "app"}
    assert ROOMS["gilscope.events"] == {"gilscope.events"}
    assert "gilscope.recorder" not in ROOMS["gilscope.collector"]
    assert [room for room in ROOMS if not list(ROOT.glob(room.replace(".", "/") + "*"))] == []


@pytest.mark.parametrize("path", MODULES, ids=module_of)
def test_a_module_imports_what_its_room_may(path: Path) -> None:
    """Every module lies in a room, and imports only from the rooms that the table allows it."""
    mine = room_of(module_of(path))
    if mine is None:
        assert path == ROOT / "gilscope" / "__init__.py"
        assert not list(imported(path))
        return
    wrong = [
        f"line {line}: {name}"
        for line, name in imported(path)
        if name.split(".")[0] in OURS and room_of(name) not in {None, *ROOMS[mine]}
    ]
    assert wrong == [], f"{mine} may import {sorted(ROOMS[mine])}"


@pytest.mark.parametrize("path", sorted((ROOT / "gilscope" / "recorder").glob("*.py")), ids=module_of)
def test_the_recorder_needs_the_standard_library_only(path: Path) -> None:
    """It runs inside anybody's program, where nothing may be installed."""
    foreign = {name.split(".")[0] for _, name in imported(path)} - sys.stdlib_module_names - {"gilscope"}
    assert foreign == set()


LETS_GO = {"open", "print", "input", "stat", "fstat", "lstat", "read", "write", "sleep", "acquire", "wait", "select"}
"""What is called so may let go of the GIL."""
HOOKS = [path for path in (ROOT / "gilscope" / "recorder").glob("*.py") if path.stem != "__main__"]


@pytest.mark.parametrize("path", sorted(HOOKS), ids=module_of)
def test_no_hook_lets_go_of_the_gil(path: Path) -> None:
    """The recorder never takes the GIL that it records: what lets go of it has to take it again."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    called = [node.func for node in ast.walk(tree) if isinstance(node, ast.Call)]
    names = {
        each.id if isinstance(each, ast.Name) else each.attr
        for each in called
        if isinstance(each, (ast.Name, ast.Attribute))
    }
    assert names & LETS_GO == set()
    assert not [node for node in ast.walk(tree) if isinstance(node, (ast.With, ast.AsyncWith))], (
        "a lock may be waited for"
    )


@pytest.mark.parametrize("path", sorted((ROOT / "simulations").rglob("*.py")), ids=lambda path: path.stem)
def test_a_scenario_imports_the_standard_library_only(path: Path) -> None:
    """Copied out of the repository it still runs; the claim and the prediction beside it may import what these are made of."""
    foreign = {name for _, name in imported(path) if name.split(".")[0] not in sys.stdlib_module_names}
    if path.stem.endswith(("_claim", "_prediction")):
        foreign = {name for name in foreign if not name.startswith(("gilscope.claims.", "gilscope.predictions."))}
    assert foreign == set()
