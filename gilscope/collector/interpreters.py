"""Finds Python interpreters and builds the probe for each.

The probe is compiled with the interpreter's own internal headers, because only they say where that very build
keeps its GIL. What was built is kept in the user's cache, by everything that it depends on.
"""

import functools
import hashlib
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from gilscope.errors import BadInterpreter, ProbeUnavailable

SOURCES = Path(__file__).resolve().parent.parent / "recorder"
OLDEST = (3, 11)
FLAGS = ("-std=c11", "-O2", "-Wall", "-Wextra", "-Werror", "-fPIC", "-fvisibility=hidden", "-shared")
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
_ANSWER_SECONDS = 20
_BUILD_SECONDS = 120

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


def build_probe(interpreter: Interpreter) -> Path:
    """The probe for this interpreter, from the cache or built now. ProbeUnavailable says why there is none."""
    if interpreter.implementation != "CPython":
        raise ProbeUnavailable(
            f"The probe reads CPython's GIL; {interpreter.path} is {interpreter.implementation}. Choose a CPython."
        )
    if "glibc" not in interpreter.libc:
        libc = interpreter.libc or "another C library"
        raise ProbeUnavailable(f"The probe needs Linux with the GNU C library; {interpreter.path} uses {libc}.")
    include = interpreter.include
    if include is None:
        raise ProbeUnavailable(
            f"The headers of Python {interpreter.text} aren't installed (Python.h and internal/ of just this version, for {interpreter.path}). "
            f"Install its development package, such as python{interpreter.version[0]}.{interpreter.version[1]}-dev."
        )
    target = _cache() / "probe" / _key(interpreter) / "_probe.so"
    if not target.exists():  # what is built needs no compiler any more: container images bring none
        _build(interpreter, _compiler(), include, target)
    return target


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
            timeout=_ANSWER_SECONDS,
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


def _compiler() -> list[str]:
    chosen = os.environ.get("CC")
    for command in [shlex.split(chosen)] if chosen else [["cc"], ["gcc"], ["clang"]]:
        if command and shutil.which(command[0]):
            return command
    missing = f"CC names {chosen!r}, which isn't there" if chosen else "none of cc, gcc and clang is there"
    raise ProbeUnavailable(f"The probe needs a C compiler, and {missing}. Install gcc or clang.")


def _cache() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "gilscope"


def _sources() -> list[Path]:
    return sorted(SOURCES.glob("*.c"))


def _key(interpreter: Interpreter) -> str:
    parts = [interpreter.build, interpreter.identity, str(interpreter.include), *FLAGS]
    digest = hashlib.sha256("\0".join(parts).encode())
    for file in [*_sources(), *sorted(SOURCES.glob("*.h"))]:
        digest.update(file.name.encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()[:32]


def _build(interpreter: Interpreter, compiler: list[str], include: Path, target: Path) -> None:
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        work = Path(tempfile.mkdtemp(dir=target.parent))
    except OSError as error:
        raise ProbeUnavailable(
            f"The probe can't be kept in {target.parent}: {error.strerror}. Make it writable, or set XDG_CACHE_HOME to a folder that is."
        ) from None
    try:
        compile_extension(compiler, include, _sources(), work / "_probe.so")
        _try_to_load(interpreter, work / "_probe.so")
        os.replace(work / "_probe.so", target)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def compile_extension(compiler: list[str], include: Path, sources: list[Path], target: Path) -> None:
    """Compile an extension module against an interpreter's own and internal headers."""
    folders = [include, include / "internal"]
    if include.parent != Path("/usr/include"):
        folders.append(include.parent)  # some distributions keep pyconfig.h in a folder beside
    includes = [word for folder in folders for word in ("-isystem", str(folder))]
    command = [*compiler, *FLAGS, *includes, *map(str, sources), "-o", str(target)]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, errors="replace", timeout=_BUILD_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ProbeUnavailable(
            f"The C compiler {compiler[0]} doesn't work: {error}. Set CC to one that does."
        ) from None
    if done.returncode != 0:
        lines = done.stderr.splitlines()
        first = next(
            (line for line in lines if "error" in line), lines[-1] if lines else f"exit code {done.returncode}"
        )
        raise ProbeUnavailable(
            f"The probe doesn't compile with {include}: {first.strip()}. Set CC to another compiler, or report it."
        )


def _try_to_load(interpreter: Interpreter, probe: Path) -> None:
    script = (
        "import importlib.util, sys; spec = importlib.util.spec_from_file_location('_probe', sys.argv[1]);"
        "spec.loader.exec_module(importlib.util.module_from_spec(spec))"
    )
    done = subprocess.run(
        [interpreter.path, "-I", "-S", "-c", script, probe],
        capture_output=True,
        text=True,
        timeout=_ANSWER_SECONDS,
        check=False,
    )
    if done.returncode != 0:
        last = (done.stderr.strip().splitlines() or [f"exit code {done.returncode}"])[-1]
        raise ProbeUnavailable(f"Python {interpreter.text} can't load the probe that was built for it: {last}")
