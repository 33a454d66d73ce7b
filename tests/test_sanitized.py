"""The recorder's C code under the address and undefined-behaviour sanitizers: known moves, and no complaint."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from gilscope.collector import interpreters
from gilscope.collector.rings import Rings
from tests.recorded import record

SANITIZERS = ("-g", "-O1", "-fno-omit-frame-pointer", "-fsanitize=address,undefined", "-fno-sanitize-recover=undefined")
PROGRAM = """
probe.install()
sys.setswitchinterval(0.0005)

@know
def work():
    end = time.monotonic_ns() + 20_000_000
    while time.monotonic_ns() < end:
        mark(1)
    moves.churn(100)
    moves.away(1_000_000, 100_000)

for _ in range(3):
    for thread in start(*[work] * 4):
        thread.join()
for number in range(5000):
    probe.add_user_code(compile("1", str(number), "eval"))
moves.foreign(5)
child = os.fork()
if child == 0:
    work()
    os._exit(0)
assert os.waitpid(child, 0)[1] == 0
probe.uninstall()
probe.install()
work()
"""


def library(name: str) -> str:
    """Path of a library of gcc's; skips the test where there is none."""
    if shutil.which("gcc") is None:
        pytest.skip("no gcc here")
    path = subprocess.run(
        ["gcc", f"-print-file-name={name}"], capture_output=True, text=True, check=True
    ).stdout.strip()
    if path == name:
        pytest.skip(f"gcc has no {name} here")
    return path


def test_no_sanitizer_complains(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rings that overflow, threads that come and go, a fork, tables that grow: no bad access, nothing undefined."""
    preloaded = " ".join(map(library, ("libasan.so", "libubsan.so")))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("CC", "gcc")
    monkeypatch.setattr(interpreters, "FLAGS", (*interpreters.FLAGS, *SANITIZERS))
    monkeypatch.setattr(interpreters, "_try_to_load", lambda *_: None)  # it doesn't preload the sanitizers
    python = interpreters.describe(sys.executable)
    recorded = record(
        python,
        PROGRAM,
        tmp_path,
        Rings(records=256),
        LD_PRELOAD=preloaded,
        ASAN_OPTIONS="detect_leaks=0",
    )
    assert any(account.lost for account in recorded.accounts)
