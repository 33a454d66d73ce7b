"""Interpreters are found and described; the probe is built for each, or its absence explained."""

import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from gilscope.collector import interpreters, probe
from gilscope.collector.probe import build_probe
from gilscope.errors import BadInterpreter, ProbeUnavailable

PYTHON = interpreters.describe(sys.executable)


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache of this test's own."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "gilscope" / "probe"


def script(path: Path, text: str) -> Path:
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


def test_the_running_interpreter_is_among_them() -> None:
    """Everything found is new enough, there once, and in the order of versions."""
    found = interpreters.find()
    assert Path(sys.executable) in [interpreter.path for interpreter in found]
    assert all(interpreter.version >= (3, 11) for interpreter in found)
    assert [interpreter.version for interpreter in found] == sorted(interpreter.version for interpreter in found)
    installed = [(interpreter.build, interpreter.prefix) for interpreter in found]
    assert len(installed) == len(set(installed))


def test_a_description_tells_what_the_interpreter_says() -> None:
    """Version, implementation and kind of build are the interpreter's own words."""
    assert PYTHON.version == sys.version_info[:3]
    assert PYTHON.implementation == sys.implementation.name.replace("cpython", "CPython")
    assert PYTHON.build == sys.version
    assert PYTHON.text.removesuffix("t") == ".".join(map(str, sys.version_info[:3]))
    assert PYTHON.include is not None and (PYTHON.include / "Python.h").exists()


def test_the_setting_adds_files_and_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """GILSCOPE_INTERPRETERS names executables and folders; what isn't there or doesn't run is passed over."""
    for name in ("PATH", "HOME"):
        monkeypatch.setenv(name, str(tmp_path))
    monkeypatch.setattr(interpreters, "_PLACES", ())
    monkeypatch.setattr(sys, "executable", str(tmp_path / "none"))
    assert interpreters.find() == []
    folder = tmp_path / "folder"
    folder.mkdir()
    script(folder / "python3.11", "exit 1")
    script(folder / "python3", f'exec {PYTHON.path} "$@"')
    monkeypatch.setenv(interpreters.SETTING, f"{folder}:{tmp_path}/missing")
    assert [found.path for found in interpreters.find()] == [PYTHON.path]
    monkeypatch.setenv(interpreters.SETTING, str(PYTHON.path))
    assert [found.path for found in interpreters.find()] == [PYTHON.path]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("exit 1", "doesn't answer as a Python does"),
        ("echo hello", "doesn't answer as a Python does"),
        (
            'echo \'{"version": [3, 9, 1], "executable": ""}\'',
            "is Python 3.9.1; Gilscope records Python 3.11 and later",
        ),
    ],
)
def test_what_is_no_interpreter_is_refused(tmp_path: Path, text: str, why: str) -> None:
    """The message names the file, what is wrong and what is wanted."""
    fake = script(tmp_path / "python3.99", text)
    with pytest.raises(BadInterpreter, match=why) as refused:
        interpreters.describe(fake)
    assert str(fake) in str(refused.value) and "3.11" in str(refused.value)


def test_a_missing_or_forbidden_file_is_refused(tmp_path: Path) -> None:
    """The system's own reason stands in the message."""
    with pytest.raises(BadInterpreter, match="No such file"):
        interpreters.describe(tmp_path / "python3")
    (tmp_path / "text").write_text("hello")
    with pytest.raises(BadInterpreter, match="Permission denied"):
        interpreters.describe(tmp_path / "text")


def test_a_probe_is_built_once(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second call takes what the first built, without a compiler's work."""
    first = build_probe(PYTHON)
    assert first.is_relative_to(cache) and first.name == "_probe.so"
    built = first.stat().st_mtime_ns
    assert build_probe(PYTHON) == first
    assert first.stat().st_mtime_ns == built
    assert [path.name for path in first.parent.iterdir()] == ["_probe.so"]


def test_a_changed_interpreter_or_source_has_a_probe_of_its_own(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The cache is keyed by everything that the probe depends on."""
    first = build_probe(PYTHON)
    assert build_probe(replace(PYTHON, build=PYTHON.build + " again")) != first
    assert build_probe(replace(PYTHON, identity="moved")) != first
    shutil.copytree(probe.SOURCES, tmp_path / "recorder")
    monkeypatch.setattr(probe, "SOURCES", tmp_path / "recorder")
    assert build_probe(PYTHON) == first
    with (tmp_path / "recorder" / "probe.h").open("a") as header:
        header.write("/* changed */\n")
    assert build_probe(PYTHON) != first


@pytest.mark.parametrize(
    "python",
    [found for found in interpreters.find() if found.include],
    ids=lambda found: f"{found.text}-{found.path.name}",
)
def test_the_probe_builds_for_every_interpreter(python: interpreters.Interpreter) -> None:
    """Without a warning, and the interpreter loads it: both are part of building."""
    assert build_probe(python).stat().st_size > 0


def test_what_is_built_needs_no_compiler(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An image that was built with a compiler measures the GIL without one."""
    built = build_probe(interpreters.describe(sys.executable))
    monkeypatch.setenv("CC", "nocompiler")
    assert build_probe(interpreters.describe(sys.executable)) == built


def test_without_a_compiler_it_says_so(cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither $CC nor one of the usual names: install one."""
    monkeypatch.delenv("CC", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ProbeUnavailable, match="none of cc, gcc and clang is there. Install gcc or clang"):
        build_probe(PYTHON)
    monkeypatch.setenv("CC", "nocompiler -O1")
    with pytest.raises(ProbeUnavailable, match="CC names 'nocompiler -O1', which isn't there"):
        build_probe(PYTHON)


def test_a_compiler_that_fails_is_quoted(cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its first error stands in the message, and nothing half-built stays behind."""
    monkeypatch.setenv("CC", str(script(tmp_path / "badcc", "echo 'x.c:1: error: no room' >&2; exit 1")))
    with pytest.raises(ProbeUnavailable, match="x.c:1: error: no room"):
        build_probe(PYTHON)
    assert [path for path in cache.rglob("*") if not path.is_dir() or path.parent != cache] == []


def test_a_probe_that_does_not_load_is_not_kept(cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the compiler made is tried before it goes into the cache."""
    target = 'while [ "$1" != -o ]; do shift; done; echo nothing > "$2"'
    monkeypatch.setenv("CC", str(script(tmp_path / "emptycc", target)))
    with pytest.raises(ProbeUnavailable, match="can't load the probe that was built for it"):
        build_probe(PYTHON)
    assert list(cache.rglob("*.so")) == []


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"implementation": "PyPy"}, "reads CPython's GIL; .* is PyPy. Choose a CPython"),
        ({"libc": "musl 1.2"}, "GNU C library; .* uses musl 1.2"),
        ({"include": None}, "headers of Python .* aren't installed .* Install its development package"),
    ],
)
def test_what_the_probe_cannot_read_is_named(change: dict[str, object], why: str) -> None:
    """Other implementations, other C libraries and missing headers each give their reason."""
    with pytest.raises(ProbeUnavailable, match=why):
        build_probe(replace(PYTHON, **change))  # type: ignore[arg-type]


def test_headers_of_another_release_are_not_used(tmp_path: Path) -> None:
    """A bugfix release may move the GIL: only headers of just this version count."""
    assert PYTHON.include is not None
    other = tmp_path / "include"
    shutil.copytree(PYTHON.include, other)
    told = {"includes": [str(other)], "prefix": str(tmp_path), "free_threaded": False}
    nowhere = tmp_path / "bin" / "python3"
    assert interpreters._include(nowhere, PYTHON.version, told) == other
    level = other / "patchlevel.h"
    micro = f"#define PY_MICRO_VERSION        {PYTHON.version[2]}"
    assert micro in level.read_text()
    level.write_text(level.read_text().replace(micro, micro + "9"))
    assert interpreters._include(nowhere, PYTHON.version, told) is None


def test_headers_beside_a_moved_interpreter_are_found(tmp_path: Path) -> None:
    """One that was moved after it was built tells a folder that isn't there."""
    assert PYTHON.include is not None
    name = PYTHON.include.name
    (tmp_path / "include").mkdir()
    (tmp_path / "include" / name).symlink_to(PYTHON.include)
    told = {"includes": ["/nowhere/include"], "prefix": "/nowhere", "free_threaded": name.endswith("t")}
    found = interpreters._include(tmp_path / "bin" / "python3", PYTHON.version, told)
    assert found == tmp_path / "include" / name


def test_a_cache_that_cannot_be_written_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The message says which folder, and how to choose another."""
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    with pytest.raises(ProbeUnavailable, match="can't be kept in .*Not a directory.*set XDG_CACHE_HOME"):
        build_probe(PYTHON)


def test_two_builders_at_once_agree(cache: Path) -> None:
    """Processes that build the same probe at the same time end with one that loads."""
    program = "import sys; from gilscope.collector import interpreters, probe; print(probe.build_probe(interpreters.describe(sys.executable)))"
    root = Path(__file__).resolve().parent.parent
    builders = [
        subprocess.Popen(
            [sys.executable, "-c", program], stdout=subprocess.PIPE, text=True, cwd=root, env=dict(os.environ)
        )
        for _ in range(3)
    ]
    paths = {builder.communicate()[0].strip() for builder in builders}
    assert len(paths) == 1 and Path(paths.pop()).exists()
