"""The words of ``docs/GLOSSARY.md``: a page of all of them, and a sentence where one of them stands in a text."""

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from fastapi import APIRouter, Response
from markupsafe import Markup, escape

from app.rendering import ENVIRONMENT, render

router = APIRouter()

FILE = Path(__file__).resolve().parent.parent / "docs" / "GLOSSARY.md"
NAMES = re.compile(r"^[A-Z_]{2,}(, [A-Z_]{2,})*(: |$)")
OF_THE_SCHEMA = re.compile(r" \(`[A-Z][^)]*\)$")
EXPLAINED = (
    "GIL",
    "deadlock",
    "daemon",
    "drop request",
    "switch interval",
    "handoff",
    "contention",
    "convoy",
    "subinterpreter",
    "observer effect",
)
"""What a text doesn't leave to everyday language: marked where it stands first in a paragraph."""


@dataclass(frozen=True)
class Section:
    """A table of the glossary: its heading, and each word with its meaning."""

    title: str
    words: tuple[tuple[str, str], ...]


@cache
def sections() -> tuple[Section, ...]:
    """All tables, in their order, as people read them: Markdown's marks are taken off, and names of the schema.

    Of ``GIL_WAIT: waits for GIL (W)`` the words behind the colon are left; a row of names alone is for who reads recordings.
    """
    found: list[tuple[str, list[tuple[str, str]]]] = []
    for line in FILE.read_text(encoding="utf-8").splitlines():
        if line.startswith("#"):
            found.append((line.lstrip("# "), []))
        elif (row := re.fullmatch(r"\| (.+?) \| ?(.*?) ?\|", line)) and found:
            people = NAMES.sub("", row[1]), OF_THE_SCHEMA.sub("", row[2])
            word, means = (re.sub(r"[*`]", "", cell) for cell in people)
            if word and means and means != "means":
                found[-1][1].append((word, means))
    return tuple(Section(title, tuple(words)) for title, words in found if words)


def anchor(word: str) -> str:
    """The part of the page's address behind the ``#``."""
    return re.sub(r"\W+", "-", word.lower()).strip("-")


@cache
def meanings() -> dict[str, str]:
    """By word, in small letters, those that texts explain."""
    told = {word.lower(): means for word, means in sections()[0].words}
    return {word.lower(): told[word.lower()] for word in EXPLAINED}


@cache
def _pattern() -> re.Pattern[str]:
    words = sorted(map(re.escape, meanings()), key=len, reverse=True)
    return re.compile(rf"\b({'|'.join(words)})(s?)\b", re.IGNORECASE)


def split(text: str, seen: set[str]) -> list[tuple[str, str]]:
    """The text in pieces, and of each the word that it is, or nothing. What is in ``seen`` isn't explained again."""
    pieces, at = list[tuple[str, str]](), 0
    for found in _pattern().finditer(text):
        word = found[1].lower()
        if word not in seen:
            seen.add(word)
            pieces += [(text[at : found.start()], ""), (found[0], word)]
            at = found.end()
    return [piece for piece in (*pieces, (text[at:], "")) if piece[0]]


def glossed(text: str) -> Markup:
    """A paragraph in which words have their sentence and lead to the glossary."""
    link = Markup('<a class="term" href="/glossary#{}" data-means="{}">{}</a>')
    pieces = split(text, set())
    return Markup("").join(
        link.format(anchor(word), meanings()[word], said) if word else escape(said) for said, word in pieces
    )


def glossed_steps(steps: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The steps of a tour, each word as a piece ``["term", what is said, its sentence, its address]``."""
    for step in steps:
        for n, paragraph in enumerate(step["paragraphs"]):
            seen: set[str] = set()
            step["paragraphs"][n] = [
                ["term", said, meanings()[word], f"/glossary#{anchor(word)}"] if word else [kind, said]
                for kind, text in paragraph
                for said, word in (split(text, seen) if kind == "text" else [(text, "")])
            ]
    return steps


@router.get("/glossary")
async def glossary() -> Response:
    """All words."""
    return render("glossary.html", {"sections": sections()})


ENVIRONMENT.filters |= {"glossed": glossed, "anchor": anchor}
