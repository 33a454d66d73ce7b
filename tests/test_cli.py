"""The command line does what it says, and says in one sentence what it can't do."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import textwrap
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from gilscope import claims, cli, doctor, running
from gilscope.analysis import ranges
from gilscope.analysis.timeline import Timeline
from gilscope.collector.interpreters import Interpreter
from gilscope.marks import Mark, write_marks
from gilscope.recording import read
from gilscope.scenarios import catalogue
from gilscope.terminal import FAILED, OK, SIGNALLED, USAGE, signals
from tests.app_recordings import BEFORE, CHUNKS, FILE, file, head
from tests.programs import WITH_GIL, ids


def gilscope(*arguments: str, environment: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """Run the command as a shell would."""
    return subprocess.run(
        [sys.executable, "-m", "gilscope.cli", *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, **(environment or {})},
        check=False,
    )


@pytest.fixture
def taken_port() -> Iterator[int]:
    """A port that somebody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening.getsockname()[1]


def test_scenarios_lists_names_titles_and_parameters(capsys: pytest.CaptureFixture[str]) -> None:
    """Everything that one needs to type a run."""
    assert cli.main(["scenarios"]) == OK
    text = capsys.readouterr().out
    for scenario in catalogue():
        assert scenario.name in text
        assert scenario.title in text
        for parameter in scenario.parameters:
            assert f"{parameter.name}={parameter.default}: {parameter.sentence} ({parameter.allowed()})" in text


def test_scenarios_as_json_is_the_catalogue(capsys: pytest.CaptureFixture[str]) -> None:
    """One object a scenario, with the types and limits of its parameters."""
    assert cli.main(["scenarios", "--json"]) == OK
    assert json.loads(capsys.readouterr().out) == [
        json.loads(json.dumps(scenario.as_json())) for scenario in catalogue()
    ]


def test_a_port_in_use_is_a_sentence(taken_port: int) -> None:
    """No traceback: which port, why, and what to type instead."""
    refused = gilscope("serve", "--port", str(taken_port))
    assert (refused.returncode, refused.stdout) == (USAGE, "")
    assert refused.stderr == (
        f"gilscope: Can't listen on 127.0.0.1, port {taken_port}: Address already in use. "
        "Choose another with --port (0: any that is free) or --host.\n"
    )


def test_a_port_that_cannot_be_is_a_sentence() -> None:
    """Ports end at 65535."""
    refused = gilscope("serve", "--port", "70000")
    assert (refused.returncode, refused.stderr) == (
        USAGE,
        "gilscope: There is no port 70000. Choose one from 1 to 65535, or 0 for any that is free.\n",
    )


def test_serve_prints_the_address_where_it_answers_and_ends_on_interrupt(tmp_path: Path) -> None:
    """With port 0 the printed address is the real one; Ctrl-C ends the server without a traceback."""
    server = subprocess.Popen(
        [sys.executable, "-m", "gilscope.cli", "serve", "--port", "0", "--data", str(tmp_path)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert server.stdout
        address = re.search(r"http://127\.0\.0\.1:\d+/", server.stdout.readline())
        assert address
        with urllib.request.urlopen(f"{address[0]}healthz", timeout=20) as answer:
            assert answer.status == 200
        server.send_signal(signal.SIGINT)
        _, errors = server.communicate(timeout=20)
    finally:
        server.kill()
    assert "Traceback" not in errors
    assert server.returncode == OK


def test_without_a_command_the_help_is_shown() -> None:
    """A call that can't be meant gets usage and exit code 2."""
    refused = gilscope()
    assert refused.returncode == USAGE
    assert refused.stderr.startswith("usage: gilscope ")


@pytest.fixture
def unread() -> Iterator[int]:
    """A pipe that nobody reads any more, as `| head` leaves it."""
    reading, writing = os.pipe()
    os.close(reading)
    yield writing
    os.close(writing)


def unheard(to: int, *arguments: str) -> tuple[int, str]:
    """Run the command with its output into that pipe: exit code, and what it says on standard error."""
    command = [sys.executable, "-m", "gilscope.cli", *arguments]
    buffered = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    done = subprocess.run(command, stdout=to, stderr=subprocess.PIPE, text=True, timeout=60, env=buffered, check=False)
    return done.returncode, done.stderr


def test_a_reader_who_has_had_enough_is_no_error(unread: int) -> None:
    """`gilscope scenarios | head` ends quietly."""
    assert unheard(unread, "scenarios") == (OK, "")


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    """A sound one."""
    path = tmp_path / "sound.gilscope"
    path.write_bytes(FILE)
    return path


def test_report_for_programs_is_the_report(recording: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """All figures as JSON, with what other programs count on."""
    assert cli.main(["report", str(recording), "--json"]) == OK
    out, errors = capsys.readouterr()
    told = json.loads(out)
    assert told.pop("marks") == []
    assert told == json.loads(json.dumps(claims.report(read(recording))))
    assert told.keys() >= {
        "scenario",
        "python",
        "duration_ns",
        "handoffs",
        "lost",
        "contradictions",
        "findings",
        "claim",
    }
    assert all(finding["kind"] and finding["sentence"] for finding in told["findings"])
    for track in told["tracks"]:
        assert track.keys() >= {"name", "kind", "lifetime_ns", "states"}
        assert track["kind"] != "thread" or track["gil"].keys() == {
            "acquires",
            "waits",
            "drop_requests",
            "forced_releases",
        }
    for resource in told["resources"]:
        assert resource.keys() >= {"name", "kind", "acquires", "contended", "wait_ns", "wait_ns_by_thread"}
        assert sum(resource["wait_ns_by_thread"].values()) == resource["wait_ns"]
    assert errors == ""


@pytest.mark.parametrize("text", ["12", "ms", "-3ms", "1,5s", "2 min"])
def test_a_time_without_its_unit_is_refused(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        cli.main(["report", "some.gilscope", f"--from={text}"])
    assert f"expected a time with its unit, such as 12ms, not {text!r}" in capsys.readouterr().err


def test_report_of_a_range(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """From one time to another, or to the end; for programs and for people."""
    path = tmp_path / "convoy.gilscope"
    path.write_bytes(FILE)
    timeline = Timeline(read(path))
    assert cli.main(["report", str(path), "--from", "60ms", "--to", "0.1s", "--json"]) == OK
    assert json.loads(capsys.readouterr().out) == ranges.of(timeline, 60_000_000, 100_000_000)
    assert cli.main(["report", str(path), "--from", "400000us"]) == OK
    assert capsys.readouterr().out == ranges.as_text(ranges.of(timeline, 400_000_000, timeline.duration_ns))
    assert cli.main(["report", str(path), "--from", "9s"]) == USAGE
    assert "There is nothing to tell" in capsys.readouterr().err


def test_report_for_people_has_findings_and_claim(
    recording: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """To be read as it is."""
    marked = tmp_path / "marked.gilscope"
    marked.write_bytes(recording.read_bytes())
    write_marks(marked, [Mark("a", 5_120_000, "Here it begins")])
    assert cli.main(["report", str(marked)]) == OK
    out, errors = capsys.readouterr()
    told = claims.report(read(recording))
    assert out.splitlines()[-1] == "Mark at 5.12 ms: Here it begins"
    assert out.splitlines()[0].endswith("on Python 3.13.0")
    for finding in told["findings"]:
        assert f"{finding['title']}\n  {finding['sentence']}\n" in out
    assert f"Not measured: {told['claim']['statement']}\n  {told['claim']['sentence']}\n" in out
    assert errors == ""


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (None, "{path} can't be read: No such file or directory. Expected a recording."),
        (b"", "{path.name} isn't a Gilscope recording: one begins with the words 'gilscope recording'."),
        (b"\x89PNG\r\n", "{path.name} isn't a Gilscope recording: one begins with the words 'gilscope recording'."),
        (BEFORE[:100], "{path.name}: its header is damaged or incomplete, so nothing of it can be shown."),
        (
            FILE.replace(b"recording 1", b"recording 9", 1),
            "{path.name} is a recording of format 9; this version of Gilscope reads up to 1. Open it with a newer Gilscope.",
        ),
    ],
)
def test_what_is_no_recording_is_a_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: bytes | None, sentence: str
) -> None:
    """Missing, empty, foreign, cut off in its header, or of a later format."""
    path = tmp_path / "given"
    if content is not None:
        path.write_bytes(content)
    assert cli.main(["report", str(path)]) == USAGE
    assert capsys.readouterr() == ("", f"gilscope: {sentence.format(path=path)}\n")


def test_a_folder_is_no_recording(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It can't even be read."""
    assert cli.main(["report", str(tmp_path)]) == USAGE
    assert capsys.readouterr().err == (f"gilscope: {tmp_path} can't be read: Is a directory. Expected a recording.\n")


def test_of_a_damaged_recording_the_rest_is_reported(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One flipped bit in a chunk: everything else is told, and which chunk is missing."""
    path = tmp_path / "damaged"
    flipped = bytearray(CHUNKS[2])
    flipped[-1] ^= 1
    path.write_bytes(BEFORE + b"".join([*CHUNKS[:2], flipped, *CHUNKS[3:]]))
    assert cli.main(["report", str(path), "--json"]) == USAGE
    out, errors = capsys.readouterr()
    assert errors == f"gilscope: {path}: Chunk 2 is damaged: its checksum doesn't fit its bytes.\n"
    told = json.loads(out)
    assert told["damage"] == ["Chunk 2 is damaged: its checksum doesn't fit its bytes."]
    assert told["verdict"] == "ok"
    assert told["tracks"]


@pytest.mark.parametrize(
    ("length", "sentence"),
    [
        (len(FILE) - 1, f"The file ends within chunk {len(CHUNKS) - 1}."),
        (len(FILE) - len(CHUNKS[-1]), "The recording has no end: it breaks off here."),
    ],
)
def test_of_a_recording_that_breaks_off_the_beginning_is_reported(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], length: int, sentence: str
) -> None:
    """Whether it breaks off within a chunk or between two."""
    path = tmp_path / "broken off"
    path.write_bytes(FILE[:length])
    assert cli.main(["report", str(path)]) == USAGE
    out, errors = capsys.readouterr()
    assert errors == f"gilscope: {path}: {sentence}\n"
    assert "unfinished" in out.splitlines()[0]
    assert "waits for GIL" in out


def refused(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """What is said instead of a run: one line."""
    assert cli.main(["run", *arguments]) == USAGE
    out, errors = capsys.readouterr()
    assert out == ""
    assert errors.startswith("gilscope: ")
    assert errors.count("\n") == 1
    return errors.removeprefix("gilscope: ").removesuffix("\n")


def test_a_slip_in_a_name_gets_the_right_one(capsys: pytest.CaptureFixture[str]) -> None:
    """Did you mean."""
    assert refused(capsys, "convoi") == "There is no scenario 'convoi'. Did you mean convoy or convoy_fixed?"


def test_all_wrong_parameters_are_told(capsys: pytest.CaptureFixture[str]) -> None:
    """Not one after the other."""
    assert refused(capsys, "convoy", "--set", "mesages=9", "--set", "burners=many", "--set", "messages=1e3") == (
        "convoy has no parameter 'mesages'. Did you mean messages? burners must be a whole number from 0 to 4, not 'many'. "
        "messages must be a whole number from 5 to 200, not '1e3'."
    )


def test_all_wrong_limits_are_told(capsys: pytest.CaptureFixture[str]) -> None:
    """Which there are, and what they may be."""
    given = ("wall=9", "threads=1.5", "events=0", "wall_seconds=nan", "cpu_seconds=inf")
    assert refused(capsys, "convoy", *(word for each in given for word in ("--limit", each))) == (
        "There is no limit 'wall'. There are: wall_seconds, cpu_seconds, memory_bytes, processes, threads, output_bytes, "
        "events. threads must be a whole number above 0, not '1.5'. events must be a whole number above 0, not '0'. "
        "wall_seconds must be a number above 0, not 'nan'. cpu_seconds must be a number above 0, not 'inf'."
    )


def test_a_setting_without_a_value_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    """What is missing, with the usage."""
    with pytest.raises(SystemExit) as ended:
        cli.main(["run", "convoy", "--set", "messages"])
    assert ended.value.code == USAGE
    assert "argument --set: expected NAME=VALUE, not 'messages'" in capsys.readouterr().err


def test_why_a_file_is_no_scenario_is_told_with_its_line(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """file:line and what was expected there, where somebody takes it for one."""
    path = tmp_path / "mine.py"
    for text, reason in (
        ('"""Mine."""\n\n\ndef run(many): ...\n', ":4: many needs a type: int, float, bool or Literal"),
        ("def run(:", ":1: isn't valid Python"),
    ):
        path.write_text(text, encoding="utf-8")
        assert f"({path}{reason}" in refused(capsys, "--set", "many=1", str(path))


@pytest.mark.parametrize(
    ("python", "sentence"),
    [
        ("/nowhere/python", "/nowhere/python can't be used as an interpreter: No such file or directory."),
        ("/bin/true", "/bin/true can't be used as an interpreter: it doesn't answer as a Python does."),
        ("true", f"{shutil.which('true')} can't be used as an interpreter: it doesn't answer as a Python does."),
    ],
)
def test_what_is_no_python_is_refused(capsys: pytest.CaptureFixture[str], python: str, sentence: str) -> None:
    """And what would be one."""
    assert refused(capsys, "convoy", "--python", python) == f"{sentence} Give the path of a Python 3.11 or later."


def test_what_is_no_recording_is_not_overwritten(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """Somebody's letter, a folder, a folder that isn't there."""
    letter = tmp_path / "letter"
    letter.write_text("Dear reader", encoding="utf-8")
    for path in (letter, tmp_path):
        assert refused(capsys, "convoy", "-o", str(path)) == (
            f"{path} is there already and isn't a recording. Choose another file with -o."
        )
    assert letter.read_text(encoding="utf-8") == "Dear reader"
    missing = tmp_path / "missing" / "x"
    assert refused(capsys, "convoy", "-o", str(missing)) == (
        f"{missing} can't be written: No such file or directory. Choose another file with -o."
    )


def test_recordings_and_empty_files_may_be_overwritten(tmp_path: Path) -> None:
    """Nothing that couldn't be had again is lost."""
    for name, content in (("old", file()), ("damaged", head()[:50]), ("empty", b"")):
        (tmp_path / name).write_bytes(content)
        assert running.writable(tmp_path / name) == tmp_path / name
    assert running.writable(tmp_path / "new") == tmp_path / "new"
    assert not (tmp_path / "new").exists()


def mine(folder: Path, body: str) -> Path:
    """A scenario of one's own, whose run() does this."""
    path = folder / "mine.py"
    head = '"""Mine."""\n\nimport os\nimport sys\nimport time\n\n\ndef run(times: int = 1):\n'
    path.write_text(head + textwrap.indent(textwrap.dedent(body).strip(), "    ") + "\n", encoding="utf-8")
    return path


@pytest.mark.all_interpreters
@pytest.mark.parametrize("python", WITH_GIL, ids=ids)
def test_a_scenario_is_run_and_recorded(
    python: Interpreter, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """What it prints goes to this terminal; then come verdict, findings and claim; the recording has all of it."""
    monkeypatch.chdir(tmp_path)
    assert cli.main(["run", "lost_update_locked", "--set", "deposits=2000", "--python", str(python.path)]) == OK
    out, errors = capfd.readouterr()
    assert out == "locked: expected 4000, got 4000\n"
    told = claims.report(read(tmp_path / "lost_update_locked.gilscope"))
    assert errors.startswith("lost_update_locked.gilscope: It ended by itself after ")
    assert told["findings"][0]["sentence"] in errors
    assert errors.endswith(f"Confirmed: The lock makes every update count.\n  {told['claim']['sentence']}\n")
    assert (told["scenario"], told["python"]) == ("lost_update_locked", python.text)
    assert told["parameters"] == {"threads": 2, "deposits": 2000, "switch_interval_us": 100}
    assert told["contradictions"] == []


def test_a_file_of_ones_own_is_run_where_one_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """In this folder and this environment, as under plain Python; nobody takes it for one of the catalogue."""
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    monkeypatch.setenv("OF_MINE", "kept")
    path = mine(tmp_path, "print(os.getcwd(), os.environ['OF_MINE'], times)\nprint('also', file=sys.stderr)")
    path = path.rename(tmp_path / "convoy.py")
    assert cli.main(["run", str(path), "--set", "times=3"]) == OK
    out, errors = capfd.readouterr()
    assert out == f"{tmp_path / 'here'} kept 3\n"
    assert errors.startswith("also\nconvoy.gilscope: It ended by itself after ")
    told = claims.report(read(tmp_path / "here" / "convoy.gilscope"))
    assert (told["scenario"], told["title"], told["claim"]) == ("convoy.py", "Mine", None)


def test_what_a_program_prints_is_seen_at_once(tmp_path: Path) -> None:
    """It goes on only after somebody has read its first line."""
    signal_file = tmp_path / "seen"
    path = mine(
        tmp_path,
        f"""
        print("first", flush=True)
        while not os.path.exists({str(signal_file)!r}):
            time.sleep(0.01)
        print("second")
        """,
    )
    with started("run", str(path), "-o", str(tmp_path / "x")) as running:
        assert running.stdout
        assert running.stdout.readline() == "first\n"
        signal_file.touch()
        out, _ = running.communicate(timeout=30)
    assert (out, running.returncode) == ("second\n", OK)


@contextmanager
def started(*arguments: str) -> Iterator[subprocess.Popen[str]]:
    """The command, in a process group of its own, as a shell starts it."""
    command = [sys.executable, "-m", "gilscope.cli", *arguments]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, process_group=0
    ) as process:
        try:
            yield process
        finally:
            process.kill()


@pytest.mark.parametrize(
    ("number", "verdict", "sentence"),
    [(signal.SIGINT, "stopped", "It was stopped by hand."), (signal.SIGTERM, "interrupted", "was ended")],
)
def test_a_signal_ends_the_run_and_keeps_the_recording(
    tmp_path: Path, number: signal.Signals, verdict: str, sentence: str
) -> None:
    """As Ctrl-C sends it: to the whole group. Nothing goes on running, and what was recorded can be read."""
    path = mine(tmp_path, "print(os.getpid(), flush=True)\ntime.sleep(100)")
    output = tmp_path / "x"
    with started("run", str(path), "-o", str(output)) as running:
        assert running.stdout
        program = int(running.stdout.readline())
        os.killpg(running.pid, number)
        _, errors = running.communicate(timeout=30)
    assert running.returncode == SIGNALLED + number
    assert errors.startswith(f"{output}: ")
    assert sentence in errors
    assert "Traceback" not in errors
    told = claims.report(read(output))
    assert (told["verdict"], told["contradictions"]) == (verdict, [])
    assert any(track["name"] == "MainThread" for track in told["tracks"])
    assert not Path(f"/proc/{program}").exists()


def test_the_second_signal_does_what_it_always_does() -> None:
    """Who asks twice doesn't wait for the run's end; and a signal that is ignored, as under nohup, stays so."""
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with signals() as received:
            os.kill(os.getpid(), signal.SIGHUP)
            os.kill(os.getpid(), signal.SIGINT)
            assert received == [signal.SIGINT]
            with pytest.raises(KeyboardInterrupt):
                os.kill(os.getpid(), signal.SIGINT)
    finally:
        signal.signal(signal.SIGHUP, before)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_program_that_fails_makes_the_exit_code_1(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Its traceback is seen as under plain Python, then what it was."""
    path = mine(tmp_path, "raise ValueError('no')")
    assert cli.main(["run", str(path), "-o", str(tmp_path / "x")]) == FAILED
    out, errors = capfd.readouterr()
    assert out == ""
    assert errors.startswith("Traceback (most recent call last):\n")
    assert f"ValueError: no\n{tmp_path / 'x'}: It raised ValueError: no.\n" in errors


def test_a_limit_ends_the_run(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Which one, and how far it is."""
    path = mine(tmp_path, "time.sleep(100)")
    assert cli.main(["run", str(path), "-o", str(tmp_path / "x"), "--limit", "wall_seconds=0.7"]) == FAILED
    assert "and 700 ms is the limit" in capfd.readouterr().err
    assert claims.report(read(tmp_path / "x"))["verdict"] == "wall-limit"


def test_a_run_whose_output_nobody_reads_goes_on(tmp_path: Path, unread: int) -> None:
    """The recording has all of it."""
    path, output = mine(tmp_path, "for n in range(2000): print(n)\nprint('last', flush=True)"), tmp_path / "x"
    exit_code, errors = unheard(unread, "run", str(path), "-o", str(output))
    assert exit_code == OK
    assert errors.startswith(f"{output}: It ended by itself")
    assert "Traceback" not in errors
    assert "".join(part["text"] for part in read(output).output).endswith("1999\nlast\n")


def test_a_terminal_that_lacks_letters_is_no_error(tmp_path: Path) -> None:
    """Whatever the program prints and the report says."""
    path, output = mine(tmp_path, "sys.stdout.buffer.write('größer\\n'.encode())"), tmp_path / "x"
    environment = {"PYTHONIOENCODING": "ascii"}
    done = gilscope("run", str(path), "-o", str(output), environment=environment)
    assert (done.returncode, done.stdout) == (OK, "gr\\xf6\\xdfer\n")
    told = gilscope("report", str(output), environment=environment)
    assert (told.returncode, told.stderr) == (OK, "")


def test_the_doctor_names_every_interpreter_and_layer(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One line for each thing that a recording depends on; this machine can at least run programs."""
    assert cli.main(["doctor", "--data", str(tmp_path)]) == OK
    text = capsys.readouterr().out
    for subject in ("system", f"Python {sys.version.split()[0]}", "cores", "memory", "weight", "disk"):
        assert f"  {subject} " in text


def test_the_doctor_says_why_there_is_no_probe(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Without a compiler the GIL isn't measured, and the line says what to install."""
    monkeypatch.setenv("CC", "/nowhere/cc")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    lines = [line for line in doctor.pythons() if not line.ok]
    assert lines
    assert any("GIL: not measured" in line.sentence and "Install gcc or clang" in line.sentence for line in lines)


def test_the_doctor_refuses_a_folder_that_cannot_be_written() -> None:
    """Recordings need a place."""
    line = doctor.disk(Path("/proc/none"))
    assert (line.ok, line.needed) == (False, True)
    assert "--data" in line.sentence
