"""Builds the probe for an interpreter.

It is compiled with the interpreter's own internal headers, because only they say where that very build keeps its GIL. What
was built is kept in the user's cache, by everything that it depends on.
"""

import hashlib
import os
import shlex
import shutil
import subprocess
import tempfile
from pathlib import Path

from gilscope.collector.interpreters import ANSWER_SECONDS, Interpreter
from gilscope.errors import ProbeUnavailable

SOURCES = Path(__file__).resolve().parent.parent / "recorder"
FLAGS = ("-std=c11", "-O2", "-Wall", "-Wextra", "-Werror", "-fPIC", "-fvisibility=hidden", "-shared")
_BUILD_SECONDS = 120


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
        _build(interpreter, find_compiler(), include, target)
    return target


def find_compiler() -> list[str]:
    """The command; ``ProbeUnavailable`` where there is none."""
    chosen = os.environ.get("CC")
    for command in [shlex.split(chosen)] if chosen else [["cc"], ["gcc"], ["clang"]]:
        if command and shutil.which(command[0]):
            return command
    missing = f"CC names {chosen!r}, which isn't there" if chosen else "none of cc, gcc and clang is there"
    raise ProbeUnavailable(f"The probe needs a C compiler, and {missing}. Install gcc or clang.")


def _cache() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "gilscope"


def probe_sources() -> list[Path]:
    """Of the probe, in C."""
    return sorted(SOURCES.glob("*.c"))


def _key(interpreter: Interpreter) -> str:
    parts = [interpreter.build, interpreter.identity, str(interpreter.include), *FLAGS]
    digest = hashlib.sha256("\0".join(parts).encode())
    for file in [*probe_sources(), *sorted(SOURCES.glob("*.h"))]:
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
        compile_extension(compiler, include, probe_sources(), work / "_probe.so")
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
        timeout=ANSWER_SECONDS,
        check=False,
    )
    if done.returncode != 0:
        last = (done.stderr.strip().splitlines() or [f"exit code {done.returncode}"])[-1]
        raise ProbeUnavailable(f"Python {interpreter.text} can't load the probe that was built for it: {last}")
