"""Words with their meaning: the page of all of them, and where they stand in stories and tours."""

import re
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from app.glossary import anchor, glossed, glossed_steps, meanings, sections, split
from app.main import create_app
from gilscope.events import Flag, Kind, State, TrackKind
from tests.app_client import settings


def test_a_word_is_explained_where_it_stands_first() -> None:
    assert split("Handoffs of the GIL, a handoff: GIL.", set()) == [
        ("Handoffs", "handoff"), (" of the ", ""), ("GIL", "gil"), (", a handoff: GIL.", ""),
    ]  # fmt: skip
    assert split("A vigil, and deadlocked handoffers.", set()) == [("A vigil, and deadlocked handoffers.", "")]
    assert split("the GIL", {"gil"}) == [("the GIL", "")]
    assert split("", set()) == []


def test_a_paragraph_stays_what_it_was_and_its_words_lead_to_the_page() -> None:
    assert meanings()["gil"].startswith("CPython's one lock")
    html = glossed("A <drop request> & a convoy")
    assert re.sub(r"<[^>]+>", "", html) == "A &lt;drop request&gt; &amp; a convoy"
    assert re.findall(r'href="/glossary#([\w-]+)"', html) == ["drop-request", "convoy"]
    assert f'data-means="{meanings()["convoy"]}"' in html


def test_a_tour_explains_words_in_its_text_alone() -> None:
    steps = [{"paragraphs": [[("text", "The GIL: "), ("code", "GIL"), ("figure", "GIL"), ("text", " of the GIL")]] * 2}]
    term = ["term", "GIL", meanings()["gil"], "/glossary#gil"]
    paragraph = [["text", "The "], term, ["text", ": "], ["code", "GIL"], ["figure", "GIL"], ["text", " of the GIL"]]
    assert glossed_steps(steps) == [{"paragraphs": [paragraph, paragraph]}]


@pytest.mark.parametrize("address", ["/glossary", "/scenarios/convoy"])
def test_every_word_leads_to_a_place_of_the_page(tmp_path: Path, address: str) -> None:
    """Of the page each place is there once."""
    with TestClient(create_app(settings(tmp_path)), base_url="http://127.0.0.1") as asking:
        page, html = asking.get("/glossary").text, asking.get(address).text
    places = re.findall(r'<div id="([^"]+)"', page)
    assert len(places) == len(set(places)) > 60
    assert {anchor(word) for word in meanings()} <= set(places)
    linked = re.findall(r'class="term" href="/glossary#([^"]+)"', html)
    assert set(linked) <= set(places)
    assert (address == "/glossary") is (linked == [])


def test_the_page_has_the_words_of_the_document_and_no_name_of_the_schema() -> None:
    told = {section.title: dict(section.words) for section in sections()}
    assert next(iter(told)) == "Words"
    assert len(told["States"]) == len(State)
    assert told["Words"]["tour"].startswith("steps of explanation")
    assert told["Words"]["ring"] == "one thread's buffer in shared memory between recorder and collector"
    assert told["States"]["waits for GIL (W)"].startswith("Wants to execute Python")
    assert told["Kinds of tracks"]["lock, reentrant lock, condition, event, semaphore, barrier, queue"]
    schema = {member.name for enum in (State, Kind, TrackKind, Flag) for member in enum} - {"GIL"}
    assert not any(
        schema & set(re.findall(r"\w+", text)) for words in told.values() for row in words.items() for text in row
    )
    assert all(means for words in told.values() for means in words.values())
