"""The recorder's C code under the address and undefined-behaviour sanitizers: known moves, and no complaint."""

from pathlib import Path

from gilscope.collector.interpreters import Interpreter
from gilscope.collector.rings import Rings
from tests.recorded import record

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


def test_no_sanitizer_complains(tmp_path: Path, sanitized: Interpreter) -> None:
    """Rings that overflow, threads that come and go, a fork, tables that grow: no bad access, nothing undefined."""
    recorded = record(sanitized, PROGRAM, tmp_path, Rings(records=256))
    assert any(account.lost for account in recorded.accounts)
