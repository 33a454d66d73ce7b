"""The repository itself: what is generated, vendored, documented and packaged fits together."""

import base64
import hashlib
import json
import re
import subprocess
import tomllib
from enum import Enum
from pathlib import Path

import pytest

from gilscope import cli, events, running

ROOT = Path(__file__).resolve().parent.parent
VENDOR = ROOT / "static" / "vendor"
MANIFEST = json.loads((VENDOR / "manifest.json").read_text(encoding="utf-8"))
README = (ROOT / "README.md").read_text(encoding="utf-8")
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
LOCKS = sorted((ROOT / "requirements").glob("*.lock"))
SERVED = [
    path
    for folder in ("templates", "static")
    for path in sorted((ROOT / folder).rglob("*"))
    if path.suffix in {".html", ".css", ".js", ".svg"} and VENDOR not in path.parents
]
UNWANTED = re.compile(r"\b(tracing|profiles?|samples?|lanes?|jobs?|demos?)\b", re.IGNORECASE)
"""Words that mean something else, or that we have another word for."""
PLACES = re.compile(
    "|".join(("/wor" + "k/", "get-" + "python", "far" + "m-", "newcom" + "er", r"\.\./shar" + "ed", "/opt/" + "pypi"))
)
"""What only one machine knows."""


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


def tracked() -> list[Path]:
    """Every text file that is committed or about to be; a copy without git is looked at as it lies."""
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False)
    names = listed.stdout.splitlines() if listed.returncode == 0 else []
    paths = [ROOT / name for name in names if not name.startswith("static/vendor/")]
    return [path for path in paths if path.suffix not in {".png", ".woff2", ".gilscope", ".lock"} and path.is_file()]


def commands() -> list[str]:
    """Every command of the README's blocks, without its comment."""
    blocks = re.findall(r"^```sh\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
    lines = [line.partition("#")[0].strip() for block in blocks for line in block.splitlines()]
    return [part.strip() for line in lines for part in line.split("&&") if part.strip()]


@pytest.mark.parametrize("path", events.MIRRORS)
def test_a_mirror_is_current(path: str) -> None:
    """The schema's mirrors say what the schema says; `make schema` writes them."""
    assert (ROOT / path).read_text(encoding="utf-8") == events.MIRRORS[path]()


def test_vendored_files_are_those_of_the_manifest() -> None:
    """Each file has the hash that the manifest says; none is missing, none is there besides."""
    said = {path: digest for package in MANIFEST for path, digest in package["files"].items()}
    there = {
        str(path.relative_to(VENDOR)): "sha384-" + base64.b64encode(hashlib.sha384(path.read_bytes()).digest()).decode()
        for path in VENDOR.rglob("*")
        if path.is_file() and path.name != "manifest.json"
    }
    assert there == said


@pytest.mark.parametrize("package", MANIFEST, ids=lambda package: package["package"])
def test_vendored_packages_bring_their_licence(package: dict[str, object]) -> None:
    """Name and text of the licence are beside what they allow us to serve."""
    words = {"0BSD": "Zero-Clause BSD", "OFL-1.1": "SIL Open Font License, Version 1.1"}[str(package["licence"])]
    (licence,) = (path for path in package["files"] if path.endswith("LICENSE"))  # type: ignore[attr-defined]
    assert words in (VENDOR / licence).read_text(encoding="utf-8")


@pytest.mark.parametrize("path", SERVED, ids=named)
def test_nothing_is_loaded_from_elsewhere(path: Path) -> None:
    """A conference hall has no network: no page, style or module names another host, but for names of XML."""
    text = path.read_text(encoding="utf-8")
    named = set(re.findall(r"(?:https?:)?//[a-z0-9-]+(?:\.[a-z0-9-]+)+[^\s\"'`)]*", text))
    assert {name for name in named if not name.startswith("http://www.w3.org/")} == set()


@pytest.mark.parametrize(
    "path", [*(ROOT / "templates").rglob("*.html"), *(ROOT / "docs").glob("*.md"), ROOT / "CHANGELOG.md"], ids=named
)
def test_our_words_are_used(path: Path) -> None:
    """One set of words, in pages and documents."""
    text = re.sub(r"`[^`]*`|\{[{%].*?[%}]\}", "", path.read_text(encoding="utf-8"))
    assert UNWANTED.findall(text) == []


def test_nothing_names_a_place_of_one_machine() -> None:
    """What is committed speaks of itself alone."""
    found = {named(path): PLACES.findall(path.read_text(encoding="utf-8")) for path in tracked()}
    assert {name: places for name, places in found.items() if places} == {}


@pytest.mark.parametrize("enum", [events.TrackKind, events.State, events.Kind, events.Flag, events.SlotState])
def test_the_glossary_has_every_name_of_the_schema(enum: type[Enum]) -> None:
    """Who meets a name in a recording finds what it means."""
    glossary = (ROOT / "docs" / "GLOSSARY.md").read_text(encoding="utf-8")
    words = set(re.findall(r"\w+", glossary))
    assert enum.__name__ in words
    upper = set() if enum is not events.SlotState else {"free", "live", "exited"}
    assert {member.name for member in enum if member.name not in words and member.name.lower() not in upper} == set()


def test_the_readme_begins_with_picture_and_commands() -> None:
    """Within the first screen: what it looks like, how it starts, how it is tested."""
    first = "\n".join(README.splitlines()[:15])
    assert "make serve" in first
    assert "make test" in first
    (picture,) = re.findall(r"!\[[^]]+\]\(([^)]+)\)", first)
    assert (ROOT / picture).read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize("command", commands())
def test_a_command_of_the_readme_exists(command: str) -> None:
    """Targets are in the Makefile, subcommands and their options in the command line, the image in the Dockerfile."""
    program, *arguments = command.split()
    if program == "make":
        assert re.search(rf"^{arguments[0]}:", MAKEFILE, re.MULTILINE)
    elif program == "gilscope":
        assert callable(cli.parser().parse_args(running.apart(arguments)[0]).call)
    else:
        assert program == "docker"
        assert (ROOT / "Dockerfile").exists()


def test_links_of_the_documents_lead_somewhere() -> None:
    """Each file that a document links to is there."""
    for document in (ROOT / "README.md", *(ROOT / "docs").glob("*.md")):
        for link in re.findall(r"\]\((?!https?:)([^)#]+)", document.read_text(encoding="utf-8")):
            assert (document.parent / link).exists(), f"{document.name} links to {link}"


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.stem)
def test_every_dependency_is_pinned_and_hashed(lock: Path) -> None:
    """pip refuses what isn't exactly what was locked."""
    text = lock.read_text(encoding="utf-8").replace("\\\n", " ")
    entries = [line for line in text.splitlines() if line and not line.lstrip().startswith("#")]
    assert entries
    assert [entry for entry in entries if "==" not in entry or "--hash=sha256:" not in entry] == []


def test_the_lock_has_what_the_project_asks_for() -> None:
    """A requirement that was added or changed without `make lock` is found here."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    wanted = {"serve": project["project"]["dependencies"], **project["dependency-groups"]}
    for lock in LOCKS:
        locked = dict(re.findall(r"^([\w.-]+)==([^\s;]+)", lock.read_text(encoding="utf-8"), re.MULTILINE))
        for requirement in wanted[lock.stem]:
            name, operator, version = re.fullmatch(r"([\w.-]+)(==|>=)(.+)", requirement).groups()  # type: ignore[union-attr]
            assert name in locked, f"{lock.name} lacks {requirement}"
            assert operator == ">=" or locked[name] == version, f"{lock.name} has {name} {locked[name]}, not {version}"
    assert wanted.keys() == {lock.stem for lock in LOCKS}


def test_the_image_is_built_in_stages_and_runs_as_nobody_special() -> None:
    """Read only, because building needs a container engine: what must hold for the image stands in the Dockerfile."""
    text = re.sub(r"\s*\\\n\s*", " ", (ROOT / "Dockerfile").read_text(encoding="utf-8"))
    stages = re.split(r"^FROM ", text, flags=re.MULTILINE)[1:]
    assert len(stages) == 2
    builder, runtime = stages
    assert builder.split()[0] == runtime.split()[0], "the probe fits only the very Python that it was built for"
    assert "gcc" in builder
    assert "gcc" not in runtime
    instructions = dict(re.findall(r"^([A-Z]+) (.*)$", runtime, re.MULTILINE))
    assert instructions["USER"] == "10001"
    assert "/healthz" in instructions["HEALTHCHECK"]
    assert instructions["VOLUME"] == "/data"
    assert json.loads(instructions["CMD"])[0] == "python"
    for source in re.findall(r"^COPY (?!--from)(\S+) ", builder, re.MULTILINE):
        assert (ROOT / source).exists()
