"""Files of pages are kept by browsers for good, and are never of two versions on one page."""

import asyncio
import re
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette
from starlette.routing import Mount

from app.static import Static, Version
from tests.app_client import client, served, settings

FOR_GOOD = "public, max-age=31536000, immutable"


def asked(version: Version, *paths: str) -> list[tuple[int, str, str]]:
    """Status, caching and text of each."""

    async def ask() -> list[tuple[int, str, str]]:
        app = Starlette(routes=[Mount("/static", Static(version))])
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://here") as web:
            answers = [await web.get(f"/static/{path}") for path in paths]
        return [(answer.status_code, answer.headers.get("cache-control", ""), answer.text) for answer in answers]

    return asyncio.run(ask())


@pytest.fixture
def version(tmp_path: Path) -> Version:
    (tmp_path / "js").mkdir()
    (tmp_path / "vendor").mkdir()
    (tmp_path / "js" / "a.js").write_text("one")
    (tmp_path / "js" / "b.js").write_text("two")
    (tmp_path / "vendor" / "c.js").write_text("three")
    return Version(tmp_path)


def test_kept_for_good_only_under_the_version(version: Version) -> None:
    now = version.now()
    assert asked(version, f"{now}/js/a.js", "js/a.js", "vendor/c.js") == [
        (200, FOR_GOOD, "one"),
        (200, "no-cache", "one"),
        (200, FOR_GOOD, "three"),
    ]
    others = ("0" * 16 + "/js/a.js", f"{now}/js/none.js", f"{now}/../secret", now)
    assert [status for status, _, _ in asked(version, *others)] == [404] * 4


def test_what_has_changed_is_of_the_next_version_alone(version: Version, tmp_path: Path) -> None:
    """Until a page is made that names the next version, one of before gets what it would have got then; after that, nothing."""
    before = version.now()
    (tmp_path / "js" / "a.js").write_text("one, changed")
    assert [text for _, _, text in asked(version, f"{before}/js/a.js", f"{before}/js/b.js")] == ["one", "two"]
    after = version.now()
    assert after != before
    assert asked(version, f"{after}/js/a.js") == [(200, FOR_GOOD, "one, changed")]
    assert [status for status, _, _ in asked(version, f"{before}/js/a.js", f"{before}/js/b.js")] == [404, 404]
    (tmp_path / "js" / "a.js").write_text("one")
    assert version.now() == before, "it is the content's, not the day's"


@pytest.mark.parametrize("change", ["renamed", "gone", "new"])
def test_a_version_is_of_names_and_of_all_files(version: Version, tmp_path: Path, change: str) -> None:
    before = version.now()
    path = tmp_path / "js" / "a.js"
    if change == "renamed":
        path.rename(tmp_path / "js" / "d.js")
    elif change == "gone":
        path.unlink()
    else:
        (tmp_path / "js" / "d.js").write_text("four")
    assert version.now() != before


def test_a_page_names_what_it_loads_by_version(tmp_path: Path) -> None:
    """All of it: a module by both addresses would be there twice."""
    with served(settings(tmp_path)) as running, client(running) as web:
        for path in ("/", "/scenarios/convoy", "/lab", "/article", "/nothing", "/embed/nothing"):
            found = re.findall(r'(?:src|href)="(/static/(?!vendor/)[^"]+)"', web.get(path).text)
            assert found, path
            for address in found:
                assert web.get(address).headers["cache-control"] == FOR_GOOD, address
        assert web.get("/static/js/main.js").status_code == 200
