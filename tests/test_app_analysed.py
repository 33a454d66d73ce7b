"""What the index keeps of a recording is worked out beside the server, also of one that can't be read."""

import json
import subprocess
import sys
from pathlib import Path

from app import analysed
from tests.app_client import client, served, settings
from tests.app_recordings import BEFORE, CHUNKS

FILE = Path(__file__).parent / "js" / "recordings" / "convoy.gilscope"


def test_findings_figures_and_picture_of_files(tmp_path: Path) -> None:
    """One line of JSON each; a file that isn't a recording says so and stops nothing."""
    bad = tmp_path / "bad.gilscope"
    bad.write_text("nothing")
    done = subprocess.run(
        [sys.executable, "-m", "app.analysed", bad, FILE],
        capture_output=True,
        text=True,
        check=True,
        cwd=FILE.parents[3],
    )
    refused, told = map(json.loads, done.stdout.splitlines())
    assert (refused["id"], refused["handoffs"]) == ("bad", None)
    assert "isn't a Gilscope recording" in refused["report"]["error"]
    assert (told["id"], told["handoffs"], told["contradictions"]) == ("convoy", 178, [])
    assert told["miniature"].startswith("<svg")
    assert told["report"]["scenario"] == "convoy"
    assert {finding["kind"] for finding in told["findings"]} >= {"convoy", "contended-lock", "handoffs"}
    assert all(finding["address"].startswith("from=") for finding in told["findings"] if finding["spans"])


def test_a_card_says_that_its_picture_is_to_come(tmp_path: Path) -> None:
    """The catalogue looks again until it has come; then it rests."""
    with served(settings(tmp_path)) as server, client(server) as http:
        store = server.state["store"]
        store.path("later").write_bytes(FILE.read_bytes())
        store.take_in("later")
        soon = http.get("/").text
        assert soon.count("is being drawn") == 1 and 'hx-trigger="every 1s"' in soon
        assert "is being drawn" not in http.get("/?chapter=threads").text
        store.put_analysis("later", analysed.analysis_of(FILE))
        drawn = http.get("/").text
        assert "is being drawn" not in drawn and 'hx-trigger="every 1s"' not in drawn
        assert drawn.index("chapter-concurrency") < drawn.index("chapter-processes") < drawn.index("chapter-deciding")


def test_an_address_shows_the_longest_span() -> None:
    """With as much again around it; around an instant, a little."""
    spans = [{"track": 3, "from": 1_000_000, "to": 2_000_000}, {"track": 4, "from": 5_000_000, "to": 5_000_010}]
    assert analysed.address(spans, 10_000_000) == "from=500000&to=2500000&track=3"
    assert analysed.address(spans[1:], 10_000_000) == "from=4950000&to=5050010&track=4"
    assert analysed.address(spans, 2_100_000) == "from=500000&to=2100000&track=3"
    assert analysed.address([], 0) == ""


def test_what_the_scenario_claims_stands_before_what_was_found() -> None:
    """The statement, and what this recording says about it; this one was made by another program of the same name."""
    first = analysed.analysis_of(FILE).findings[0]
    assert first["kind"] == "claim"
    assert (
        first["title"]
        == "Beside a thread that computes, a thread that does I/O pays a switch interval at its wake-ups."
    )
    assert (first["verdict"], first["state"], first["spans"]) == ("not measured", "unknown", [])
    assert first["sentence"] == "This was recorded with another convoy: its parameters don't fit this one."


def test_what_is_wrong_with_the_file_stands_first_among_the_findings(tmp_path: Path) -> None:
    """A damaged file says which part is missing; one that can't be analysed says why, instead of that nothing stands out."""
    damaged = bytearray(CHUNKS[2])
    damaged[80] ^= 255
    file = tmp_path / "damaged.gilscope"
    file.write_bytes(b"".join([BEFORE, *CHUNKS[:2], damaged, *CHUNKS[3:]]))
    first = analysed.analysis_of(file).findings[0]
    assert (first["kind"], first["address"]) == ("damage", "")
    assert first["sentence"].startswith("Chunk 2 is damaged")
    assert "damage" not in {finding["kind"] for finding in analysed.analysis_of(FILE).findings}
    file.write_bytes(b"nothing")
    only = analysed.analysis_of(file).findings
    assert [finding["kind"] for finding in only] == ["error"]
    assert "isn't a Gilscope recording" in only[0]["sentence"]
