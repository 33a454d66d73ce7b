"""Where events happened: addresses of code objects and offsets become locations, files and lines."""

import bisect
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gilscope.collector import calls
from gilscope.collector.memo import Memo

LARGEST_SOURCE_BYTES = 1 << 20
"""A larger file is named, but not shown."""


@dataclass(frozen=True, slots=True)
class _Code:
    """One published code object."""

    file: str
    name: str
    begins: tuple[int, ...]
    """Offsets in bytes at which …"""
    lines: tuple[int, ...]
    """… these lines begin."""
    does: str = ""
    """By code unit, whether it calls, …"""
    table: bytes = b""
    """… and where it stands: for ``calls.calls``. Empty for code that isn't the author's."""
    first: int = 0

    def line(self, offset: int) -> int:
        at = bisect.bisect_right(self.begins, offset) - 1
        return self.lines[max(at, 0)] if self.lines else 0


class Places:
    """Locations of one run. ``folder``: that of the scenario, whose files are named from there."""

    def __init__(self, folder: Path, libraries: tuple[str, ...]) -> None:
        self._folder = folder
        self._libraries = libraries
        self._codes: dict[tuple[int, int], _Code] = {}
        self._parents: dict[int, int] = {}
        self._memos: dict[int, Memo] = {}
        self._ids: dict[tuple[str, int, str, str], int] = {}
        self._by_id: list[tuple[str, int]] = [("", 0)]
        self._files: dict[str, str] = {}
        self._lines: dict[str, list[str]] = {}
        self._calls: dict[_Code, dict[int, calls.Call]] = {}
        self._new: dict[str, list[dict[str, Any]]] = {}

    def process(self, pid: int, parent: int) -> None:
        """A forked process has its parent's code objects, at the same addresses."""
        self._parents[pid] = parent

    def define(self, told: Mapping[str, Any]) -> None:
        """A code object's definition."""
        begins, lines = zip(*told["lines"], strict=True) if told["lines"] else ((), ())
        does, table = told.get("does", ""), bytes.fromhex(told.get("places", ""))
        code = _Code(self._file(told["file"]), told["name"], begins, lines, does, table, told["first"])
        self._codes[told["pid"], told["address"]] = code

    def function(self, pid: int, address: int) -> str:
        """What the code object at an address is called; empty where that isn't known."""
        code = self._code(pid, address)
        return code.name if code else ""

    def at(self, pid: int, code: NDArray[np.uint64], offset: NDArray[np.uint16]) -> NDArray[np.uint32]:
        """The location of each; 0 where it isn't known."""
        memo = self._memos.setdefault(pid, Memo())
        known = code != 0
        locations = np.zeros(len(code), np.uint32)
        keys = code[known] | offset[known].astype(np.uint64) << np.uint64(48)
        locations[known] = memo.ids(keys, lambda key, _: self._locate(pid, key))
        return locations

    def place(self, location: int) -> tuple[str, int]:
        """File and line of a location."""
        return self._by_id[location]

    def source(self, file: str) -> str | None:
        """Text of a file that the run names; None when it isn't there or isn't the author's."""
        path = self._files.get(file)
        if path is None:
            return None
        try:
            if Path(path).stat().st_size <= LARGEST_SOURCE_BYTES:
                return Path(path).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            pass
        return None

    def take_new(self) -> dict[str, list[dict[str, Any]]]:
        """What the recording has to be told since the last call: ``locations`` and ``sources``."""
        new, self._new = self._new, {}
        return new

    def _locate(self, pid: int, key: int) -> int:
        address, offset = key & (1 << 48) - 1, key >> 48
        code = self._code(pid, address)
        if code is None:
            return 0
        known = (code.file, code.line(offset), code.name, self._call(code, offset))
        if known not in self._ids:
            id = self._ids[known] = len(self._by_id)
            self._by_id.append(known[:2])
            told = {"id": id, "file": known[0], "line": known[1], "function": known[2]}
            if known[3]:
                told["call"] = known[3]
            self._new.setdefault("locations", []).append(told)
        return self._ids[known]

    def _call(self, code: _Code, offset: int) -> str:
        if code not in self._calls:
            self._calls[code] = calls.calls(code.does, code.table, code.first)
        call = self._calls[code].get(offset)
        if call is None:
            return ""
        if code.file not in self._lines:
            self._lines[code.file] = (self.source(code.file) or "").split("\n")
        return calls.name(self._lines[code.file], call)

    def _code(self, pid: int, address: int) -> _Code | None:
        seen = set[int]()
        while pid not in seen:
            seen.add(pid)
            if code := self._codes.get((pid, address)):
                return code
            pid = self._parents.get(pid, 0)
        return None

    def _file(self, path: str) -> str:
        """Its name from the scenario's folder or its library; the text of the author's files goes into the recording."""
        for library in self._libraries:
            if path.startswith(library):
                return path.removeprefix(library)
        name = path.removeprefix(f"{self._folder}/") if path.startswith(f"{self._folder}/") else Path(path).name
        if name not in self._files:
            self._files[name] = path
            text = self.source(name)
            if text is not None:
                self._new.setdefault("sources", []).append({"file": name, "text": text})
        return name
