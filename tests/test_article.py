"""The article: every statement once, each measured by a scenario, and the page that says so."""

from pathlib import Path

from gilscope import article, scenarios
from gilscope.article import CHAPTERS, STATEMENTS


def test_every_statement_has_its_number_and_chapter() -> None:
    """As the claims name them: 51, in seven chapters, each one sentence and none twice."""
    assert [statement.number for statement in STATEMENTS] == list(range(1, 52))
    first = {chapter: statements[0].number for chapter, statements in article.chapters()}
    assert first == dict(zip(CHAPTERS, (1, 5, 13, 27, 37, 47, 50), strict=True))
    assert len({statement.text for statement in STATEMENTS}) == 51
    assert all(statement.text.endswith(".") and ". " not in statement.text for statement in STATEMENTS)


def test_every_statement_is_measured() -> None:
    """By at least one scenario."""
    assert article.unmeasured() == []


def test_a_statement_that_nothing_measures_is_named(tmp_path: Path) -> None:
    """Out of a folder with one scenario, all but its statement are."""
    (tmp_path / "gil").mkdir()
    for name in ("convoy.py", "convoy_claim.py"):
        (tmp_path / "gil" / name).write_bytes((scenarios.FOLDER / "gil" / name).read_bytes())
    assert article.unmeasured(tmp_path) == [number for number in range(1, 52) if number != 11]


def test_the_page_is_current() -> None:
    """`make article` writes it."""
    assert article.PAGE.read_text(encoding="utf-8") == article.markdown()
