"""What a page asks about a recording is answered beside the server, which stays itself whatever becomes of the answer."""

import asyncio
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi import HTTPException

from app.answers import Timelines, answer
from app.questions import BROKE_OFF, MOST_WAITING, Questions
from gilscope.analysis import critical_path, ranges
from gilscope.analysis.timeline import Timeline
from gilscope.errors import Refused
from gilscope.recording import read
from tests.app_client import Served, client, served, settings

FILE = Path(__file__).parent / "js" / "recordings" / "convoy.gilscope"
JSON = {"Accept": "application/json"}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    data = tmp_path_factory.mktemp("data")
    (data / "recordings").mkdir()
    shutil.copy(FILE, data / "recordings" / "convoy.gilscope")
    with served(settings(data)) as running:
        yield running


def a_wait() -> tuple[int, int]:
    """Track and middle of a thread's longest wait for the GIL."""
    waits = Timeline(read(FILE)).gil_waits
    n = int(waits.length.argmax())
    return int(waits.track[n]), int(waits.begin[n] + waits.end[n]) // 2


def test_why_as_json(server: Served) -> None:
    """Hop by hop; a track that isn't there has no reason."""
    track, at = a_wait()
    with client(server) as asking:
        hops = asking.get(f"/recordings/convoy/why?track={track}&at={at}").json()["hops"]
        assert asking.get("/recordings/convoy/why?track=99&at=0").json() == {"hops": []}
    assert (hops[0]["track"], hops[0]["state"]) == (track, "gil-wait")
    assert hops[0]["detail"].startswith("Held by ")
    assert hops[0]["begin"] <= at < hops[0]["end"]
    assert hops[1]["state"] == "running"


def test_the_critical_path_and_a_range_are_what_the_analysis_says(server: Served) -> None:
    """The path is the whole run, the longest of its segments in words; a range has the figures of ``ranges``."""
    timeline = Timeline(read(FILE))
    with client(server) as asking:
        told = asking.get("/recordings/convoy/path").json()
        figures = asking.get("/recordings/convoy/range?from=60000000&to=140000000").json()
    path, drawn = critical_path.path(timeline), told["drawn"]
    assert (told["segments"], len(drawn["track"])) == (len(path), len(path))
    assert (drawn["begin"][0], drawn["begin"][1:]) == (0, drawn["end"][:-1])
    assert sum(each["ns"] for each in told["tracks"]) == drawn["end"][-1] == timeline.duration_ns
    assert all(each["sentence"].endswith(".") for each in told["longest"])
    assert max(each["end"] - each["begin"] for each in told["longest"]) == int(path.length.max())
    assert figures == ranges.of(timeline, 60_000_000, 140_000_000)


@pytest.mark.parametrize(
    ("address", "status", "sentence"),
    [
        ("/recordings/nowhere/path", 404, "There is no recording 'nowhere'."),
        ("/recordings/convoy/range?from=7", 422, "Which range?"),
        ("/recordings/convoy/range?from=7&to=-8", 422, "Which range?"),
        ("/recordings/convoy/range?from=7&to=7", 404, "There is nothing to tell"),
        ("/recordings/nowhere/why?track=1&at=0", 404, "There is no recording 'nowhere'."),
        ("/recordings/convoy/why", 422, "Which track, and when?"),
        ("/recordings/convoy/why?track=-1&at=0", 422, "Which track, and when?"),
        ("/recordings/convoy/why?track=1&at=99999999999999999999", 422, "Which track, and when?"),
    ],
)
def test_errors_are_sentences_in_json(server: Served, address: str, status: int, sentence: str) -> None:
    with client(server) as asking:
        refused = asking.get(address, headers=JSON)
    assert refused.status_code == status
    assert refused.json()["sentence"].startswith(sentence)


def asked(question: Any, seconds: float = 60, idle_seconds: float = 60) -> Any:
    """What a coroutine function makes of new ``Questions``, whose process is over at the end."""

    async def asking() -> Any:
        questions = Questions(seconds, idle_seconds)
        try:
            return await question(questions)
        finally:
            await questions.close()
            assert questions.process is None

    return asyncio.run(asking())


def test_a_question_that_takes_too_long_ends_its_process_and_not_the_next_question() -> None:
    async def question(questions: Questions) -> dict[str, Any]:
        questions.seconds = 0.0
        with pytest.raises(HTTPException) as broken:
            await questions.ask(FILE, "why", track=1, at=0)
        assert broken.value.detail == BROKE_OFF
        questions.seconds = 60
        return await questions.ask(FILE, "why", track=99, at=0)

    assert asked(question) == {"hops": []}


def test_a_process_that_dies_is_replaced() -> None:
    async def question(questions: Questions) -> bool:
        await questions.ask(FILE, "why", track=99, at=0)
        first = questions.process
        assert first
        first.kill()
        await first.wait()
        await questions.ask(FILE, "why", track=99, at=0)
        return questions.process is not first

    assert asked(question)


def test_nobody_asks_and_the_process_ends() -> None:
    async def question(questions: Questions) -> int:
        await questions.ask(FILE, "why", track=99, at=0)
        process = questions.process
        assert process
        return await asyncio.wait_for(process.wait(), 20)

    assert asked(question, idle_seconds=0.01) == -9


def test_so_many_wait_and_no_more() -> None:
    async def question(questions: Questions) -> list[Any]:
        several = [questions.ask(FILE, "why", track=99, at=0) for _ in range(MOST_WAITING + 1)]
        return await asyncio.gather(*several, return_exceptions=True)

    *answers, refused = asked(question)
    assert answers == [{"hops": []}] * MOST_WAITING
    assert isinstance(refused, Refused)


def test_what_was_asked_about_last_stays_in_memory(tmp_path: Path) -> None:
    """As far as there is room; a file that changed is read again."""
    files = [shutil.copy(FILE, tmp_path / name) for name in "abc"]
    rows = len(read(FILE).rows)
    timelines = Timelines(most_rows=2 * rows)
    first, second = timelines.of(files[0]), timelines.of(files[1])
    assert timelines.of(files[0]) is first
    timelines.of(files[2])
    assert timelines.of(files[0]) is first
    assert timelines.of(files[1]) is not second
    files[1].write_bytes(FILE.read_bytes() + b" ")
    assert len(timelines.of(files[1]).recording.damage) == 1
    assert len(Timelines(most_rows=1).of(files[0]).rows) == rows


def test_a_file_that_is_gone_is_an_answer(tmp_path: Path) -> None:
    told = answer(Timelines(), {"file": str(tmp_path / "none"), "ask": "why", "track": 1, "at": 0})
    assert told == {"error": "The recording's file can't be read: No such file or directory."}
    (tmp_path / "other").write_text("nothing")
    told = answer(Timelines(), {"file": str(tmp_path / "other"), "ask": "why", "track": 1, "at": 0})
    assert "isn't a Gilscope recording" in json.dumps(told)
