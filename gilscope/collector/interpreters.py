"""Finds Python interpreters, and asks each what it is."""

import functools
import json
import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from gilscope.errors import BadInterpreter

OLDEST = (3, 11)
SETTING = "GILSCOPE_INTERPRETERS"
"""Further interpreters: executables, or folders that contain them, separated by colons."""

_PLACES = (
    "~/.pyenv/versions/*/bin",
    "~/.local/share/uv/python/*/bin",
    "~/.local/bin",
    "/usr/local/bin",
    "/usr/bin",
    "/opt/*/bin",
    "/opt/*/*/bin",
)
_NAME = re.compile(r"python3(\.\d+t?)?")
ANSWER_SECONDS = 20

_QUESTION = """
import json, platform, sys, sysconfig
print(json.dumps({
    "version": list(sys.version_info[:3]),
    "release": sys.version_info[3],
    "implementation": platform.python_implementation(),
    "build": sys.version,
    "free_threaded": bool(sysconfig.get_config_var("Py_GIL_DISABLED")),
    "includes": [sysconfig.get_path("include"), sysconfig.get_path("platinclude")],
    "executable": sys.executable,
    "prefix": sys.base_prefix,
    "libc": " ".join(platform.libc_ver()).strip(),
}))
"""


@dataclass(frozen=True, slots=True)
class Interpreter:
    """One Python that can be started. ``path`` is what it calls itself: a virtual environment's stays one."""

    path: Path
    version: tuple[int, int, int]
    implementation: str
    build: str
    free_threaded: bool
    include: Path | None
    """Folder of its Python.h, with the internal headers; None: not installed."""
    libc: str
    prefix: str
    """Where it is installed; a virtual environment has that of its base."""
    identity: str
    """Changes when the executable does."""

    @property
    def text(self) -> str:
        """Its version as people write it: 3.13.0, or 3.13.0t for a free-threaded build."""
        return ".".join(map(str, self.version)) + ("t" if self.free_threaded else "")


def find() -> list[Interpreter]:
    """Every usable interpreter of this machine, oldest first, each once; the one that runs this included."""
    paths: dict[Path, Path] = {}
    for path in _candidates():
        paths.setdefault(path.resolve(), path)
    with ThreadPoolExecutor(4) as pool:
        found = [interpreter for interpreter in pool.map(_describe_or_none, paths.values()) if interpreter]
    unique: dict[tuple[str, str], Interpreter] = {}
    for interpreter in found:
        unique.setdefault((interpreter.build, interpreter.prefix), interpreter)
    return sorted(
        unique.values(), key=lambda interpreter: (interpreter.version, interpreter.free_threaded, interpreter.path)
    )


def recordable() -> list[Interpreter]:
    """Those of them of which more than the cores can be seen, one for each version."""
    best: dict[str, Interpreter] = {}
    for interpreter in find():
        if interpreter.implementation != "CPython" or (interpreter.free_threaded and interpreter.include is None):
            continue  # without a probe, nothing of a free-threaded program is seen but its cores
        known = best.get(interpreter.text)
        if known is None or (known.include is None and interpreter.include is not None):
            best[interpreter.text] = interpreter
    return list(best.values())


def named(given: Sequence[str]) -> dict[str, Interpreter]:
    """Those that are asked for, by what they are called in a table: their version, and where two have the same, their
    path. ``all``: those that are found here."""
    found: dict[str, Interpreter] = {}
    for text in given:
        some = recordable() if text == "all" else [describe(shutil.which(text) or text)]
        found |= {str(python.path): python for python in some}
    versions = Counter(python.text for python in found.values())
    return {python.text if versions[python.text] == 1 else path: python for path, python in found.items()}


def describe(path: str | Path) -> Interpreter:
    """Ask an interpreter what it is. BadInterpreter: it can't run, or is too old."""
    absolute = Path(os.path.abspath(Path(path).expanduser()))
    try:
        stat = absolute.stat()
    except OSError as error:
        raise BadInterpreter(
            f"{path} can't be used as an interpreter: {error.strerror}. Give the path of a Python 3.11 or later."
        ) from None
    return _describe(absolute, stat.st_mtime_ns)


def _candidates() -> list[Path]:
    folders = [Path(part) for part in os.environ.get("PATH", "").split(os.pathsep) if part]
    for place in _PLACES:
        pattern = Path(place).expanduser()
        folders += sorted(Path(pattern.anchor).glob(str(pattern.relative_to(pattern.anchor))))
    files = [Path(sys.executable)]
    for part in os.environ.get(SETTING, "").split(os.pathsep):
        if part:
            given = Path(part).expanduser()
            (folders if given.is_dir() else files).append(given)
    for folder in folders:
        try:
            files += sorted(file for file in folder.iterdir() if _NAME.fullmatch(file.name))
        except OSError:
            continue
    return [file for file in files if os.access(file, os.X_OK) and file.is_file()]


def _describe_or_none(path: Path) -> Interpreter | None:
    try:
        return describe(path)
    except BadInterpreter:
        return None


@functools.cache
def _describe(path: Path, changed_ns: int) -> Interpreter:  # the time is for the cache: another file, another answer
    try:
        answer = subprocess.run(
            [path, "-I", "-S", "-c", _QUESTION],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=ANSWER_SECONDS,
            check=False,
        )
        told = json.loads(answer.stdout)
        version = tuple(told["version"])
        path = Path(told["executable"] or path)  # behind a shim is another
        stat = path.stat()
    except (OSError, ValueError, KeyError, subprocess.TimeoutExpired) as error:
        why = error.strerror if isinstance(error, OSError) else "it doesn't answer as a Python does"
        raise BadInterpreter(
            f"{path} can't be used as an interpreter: {why}. Give the path of a Python 3.11 or later."
        ) from None
    if version < OLDEST:
        text = ".".join(map(str, version))
        raise BadInterpreter(f"{path} is Python {text}; Gilscope records Python 3.11 and later.")
    return Interpreter(
        path=path,
        version=version,
        implementation=told["implementation"],
        build=told["build"],
        free_threaded=told["free_threaded"],
        include=_include(path, version, told),
        libc=told["libc"],
        prefix=told["prefix"],
        identity=f"{path.resolve()} {stat.st_size} {stat.st_mtime_ns}",
    )


def _include(path: Path, version: tuple[int, ...], told: dict[str, object]) -> Path | None:
    """Where its headers lie. One that was moved after it was built tells a folder that doesn't exist: look beside it."""
    name = f"python{version[0]}.{version[1]}" + ("t" if told["free_threaded"] else "")
    includes = told["includes"]
    assert isinstance(includes, list)
    beside = [Path(str(told["prefix"])), path.parent.parent, path.resolve().parent.parent]
    for folder in [Path(str(include)) for include in includes] + [prefix / "include" / name for prefix in beside]:
        try:
            level = (folder / "patchlevel.h").read_text(encoding="utf-8", errors="replace")
        except OSError:
            continue
        numbers = tuple(int(n) for n in re.findall(r"#define\s+PY_M(?:AJOR|INOR|ICRO)_VERSION\s+(\d+)", level))
        # The GIL's place may differ between two bugfix releases: headers of another one would lie.
        if numbers == version and (folder / "Python.h").exists() and (folder / "internal" / "pycore_gil.h").exists():
            return folder
    return None
