"""The catalogue reads files without running them, and says what is wrong with values and files."""

import json
from pathlib import Path

import pytest

from gilscope.errors import BadParameters, BadScenario, UnknownScenario
from gilscope.parameters import Parameter
from gilscope.scenarios import Scenario, catalogue, find, load, of_file, validate

FORM = '''"""Two counters take turns.

Neither waits.
So each keeps the GIL.

Parameters:
    threads: 1..16, how many
        counters run
    pause_ms: 0.5..20, how long each waits
    quiet: print nothing
    mode: together or not
"""
from typing import Literal

raise SystemExit("this file must never be executed by the catalogue")


def run(threads: int = 2, pause_ms: float = 5, quiet: bool = False, *, mode: Literal["threads", "serial"] = "serial"):
    pass
'''


@pytest.fixture
def form(tmp_path: Path) -> Path:
    """A file of the scenario form; to import or execute it is an error."""
    path = tmp_path / "gil" / "counters.py"
    path.parent.mkdir()
    path.write_text(FORM, encoding="utf-8")
    return path


def test_a_file_describes_itself(form: Path) -> None:
    """Title, story and parameters come from docstring and signature; the file isn't executed."""
    assert load(form) == Scenario(
        name="counters",
        chapter="",
        title="Two counters take turns",
        story="Neither waits.\nSo each keeps the GIL.",
        path=form,
        source=FORM,
        parameters=(
            Parameter("threads", "int", 2, 1, 16, sentence="how many counters run"),
            Parameter("pause_ms", "float", 5.0, 0.5, 20.0, unit="ms", sentence="how long each waits"),
            Parameter("quiet", "bool", False, sentence="print nothing"),
            Parameter("mode", "choice", "serial", choices=("threads", "serial"), sentence="together or not"),
        ),
    )


def test_a_whole_number_keeps_whole_limits(form: Path) -> None:
    """A form's min and max are 1 and 16, not 1.0 and 16.0."""
    threads = load(form).parameters[0]
    assert (repr(threads.minimum), repr(threads.maximum)) == ("1", "16")


def test_given_values_replace_the_defaults(form: Path) -> None:
    """Texts become values of the parameter's type; what isn't given keeps its default."""
    given = {"threads": " 3 ", "quiet": "on", "mode": "threads"}
    assert validate(load(form), given) == {"threads": 3, "pause_ms": 5.0, "quiet": True, "mode": "threads"}
    assert validate(load(form), {}) == load(form).defaults


def test_the_ends_of_a_range_are_allowed(form: Path) -> None:
    """1..16 allows 1 and 16."""
    assert [validate(load(form), {"threads": text})["threads"] for text in ("1", "16")] == [1, 16]


@pytest.mark.parametrize(
    ("name", "text", "sentence"),
    [
        ("threads", "0", "threads must be a whole number from 1 to 16, not '0'."),
        ("threads", "17", "threads must be a whole number from 1 to 16, not '17'."),
        ("threads", "two", "threads must be a whole number from 1 to 16, not 'two'."),
        ("threads", "2.5", "threads must be a whole number from 1 to 16, not '2.5'."),
        ("threads", "", "threads must be a whole number from 1 to 16, not ''."),
        ("threads", "9" * 400, "threads must be a whole number from 1 to 16, not '" + "9" * 80 + "'."),
        ("threads", "9" * 9000, "threads must be a whole number from 1 to 16, not '" + "9" * 80 + "'."),
        ("pause_ms", "nan", "pause_ms must be a number from 0.5 to 20 ms, not 'nan'."),
        ("pause_ms", "inf", "pause_ms must be a number from 0.5 to 20 ms, not 'inf'."),
        ("quiet", "maybe", "quiet must be true or false, not 'maybe'."),
        ("mode", "fast", "mode must be one of threads, serial, not 'fast'."),
        ("thread", "2", "counters has no parameter 'thread'. Did you mean threads?"),
        ("zzz", "2", "counters has no parameter 'zzz'. It has: threads, pause_ms, quiet, mode."),
    ],
)
def test_a_refused_value_says_what_is_allowed(form: Path, name: str, text: str, sentence: str) -> None:
    """Each refusal names its field, what was given and what it may be."""
    with pytest.raises(BadParameters) as refusal:
        validate(load(form), {name: text})
    assert [(error.parameter, str(error)) for error in refusal.value.errors] == [(name, sentence)]


def test_all_refused_fields_are_told_at_once(form: Path) -> None:
    """A form with three mistakes shows three sentences, not the first."""
    with pytest.raises(BadParameters) as refusal:
        validate(load(form), {"threads": "x", "quiet": "true", "mode": "y", "pause": "1"})
    assert [error.parameter for error in refusal.value.errors] == ["threads", "mode", "pause"]


def replaced(old: str, new: str) -> str:
    assert old in FORM
    return FORM.replace(old, new, 1)


@pytest.mark.parametrize(
    ("text", "where", "reason"),
    [
        ("def run(:", 1, "isn't valid Python"),
        ("x = 1\0", 1, "isn't valid Python"),
        ("def run(): ...", 1, "has no docstring"),
        ('"""Title."""\nrun = 3', 1, "has no function 'def run"),
        ('"""Title."""\nasync def run(): ...', 2, "has no function 'def run"),
        ('"""Title."""\ndef run(*many: int): ...', 2, "positional-only"),
        (replaced("threads: int = 2", "threads: int"), 18, "threads has no default of its type"),
        (replaced("threads: int = 2", "threads: int = len('ab')"), 18, "threads has no default of its type"),
        (replaced("threads: int = 2", "threads: int = 2.0"), 18, "threads has no default of its type"),
        (replaced("threads: int = 2", "threads: int = True"), 18, "threads has no default of its type"),
        (
            replaced("threads: int = 2", "threads: int = 99"),
            18,
            "threads must be a whole number from 1 to 16, not '99'",
        ),
        (replaced("threads: int = 2", "threads = 2"), 18, "threads needs a type"),
        (replaced("threads: int = 2", "threads: list = 2"), 18, "threads needs a type"),
        (replaced('Literal["threads", "serial"]', "Literal[1, 2]"), 18, "mode needs a type"),
        (replaced("1..16,", "1..1.6,"), 7, "can't have the range"),
        (replaced("mode: together", "mode: 1..2, together"), 11, "can't have the range"),
        (replaced("mode: together", "modes: together"), 11, "describes a parameter 'modes' that run doesn't take"),
        (replaced("mode: together or not", "together - or not"), 11, "can't read 'together - or not'"),
    ],
)
def test_a_file_of_another_form_is_refused_with_its_line(tmp_path: Path, text: str, where: int, reason: str) -> None:
    """file:line, what is wrong there, and what was expected."""
    path = tmp_path / "odd.py"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(BadScenario) as refusal:
        load(path)
    assert str(refusal.value).startswith(f"{path}:{where}: ")
    assert reason in str(refusal.value)


def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    """A missing file, a folder and bytes that aren't text each say so."""
    (tmp_path / "latin.py").write_bytes(b'"""caf\xe9"""')
    for name, reason in (("none.py", "No such file"), ("", "Is a directory"), ("latin.py", "isn't text in UTF-8")):
        with pytest.raises(BadScenario, match=reason):
            load(tmp_path / name)


def test_the_catalogue_orders_by_chapter_and_pairs_by_name(tmp_path: Path) -> None:
    """deadlock and deadlock_ordered belong together; claims and other files are no scenarios."""
    for path in ("threads/deadlock", "threads/deadlock_ordered", "gil/counters", "gil/counters_claim", "stray"):
        file = tmp_path / f"{path}.py"
        file.parent.mkdir(exist_ok=True)
        file.write_text(FORM, encoding="utf-8")
    assert [(scenario.chapter, scenario.name, scenario.pair) for scenario in catalogue(tmp_path)] == [
        ("gil", "counters", None),
        ("threads", "deadlock", "deadlock_ordered"),
        ("threads", "deadlock_ordered", "deadlock"),
    ]


def test_two_scenarios_of_one_name_are_refused(form: Path, tmp_path: Path) -> None:
    """A name in the catalogue stands for one file."""
    (tmp_path / "threads").mkdir()
    (tmp_path / "threads" / "counters.py").write_text(FORM, encoding="utf-8")
    with pytest.raises(BadScenario, match=r"counters is also the name of .*gil"):
        catalogue(tmp_path)


def test_an_unknown_name_suggests_near_ones(form: Path, tmp_path: Path) -> None:
    """A slip of the finger gets the right name back; a wild guess gets all of them."""
    with pytest.raises(UnknownScenario, match=r"no scenario 'conters'\. Did you mean counters\?"):
        find("conters", tmp_path)
    with pytest.raises(UnknownScenario, match=r"There are: counters\."):
        find("../../etc/passwd", tmp_path)
    assert find("counters", tmp_path).path == form


def test_a_file_outside_the_catalogue_keeps_its_ending(form: Path, tmp_path: Path) -> None:
    """So it isn't taken for the one of the catalogue; the catalogue's own file, by whatever way, is that one."""
    own = tmp_path / "counters.py"
    own.write_text(FORM, encoding="utf-8")
    assert (of_file(own, tmp_path).name, of_file(own, tmp_path).chapter) == ("counters.py", "")
    assert of_file(form, tmp_path) == find("counters", tmp_path)
    assert of_file(tmp_path / "gil" / ".." / "gil" / "counters.py", tmp_path).chapter == "gil"
    with pytest.raises(UnknownScenario, match="Did you mean counters"):
        of_file(form.with_name("counter.py"), tmp_path)


def test_a_description_is_plain_json(form: Path) -> None:
    """What a script reads has no paths of this machine."""
    described = json.loads(json.dumps(load(form).as_json()))
    assert described.keys() == {"name", "chapter", "title", "story", "parameters", "pair"}
    assert described["parameters"][0]["maximum"] == 16
