"""What recording adds to one operation of each family: processor time with the recorder and without, in turns in one
process. Whatever else the machine does then costs none of it."""

from collections.abc import Iterator
from dataclasses import dataclass

from benchmarks import measure
from benchmarks.measure import Figure
from gilscope.events import Kind
from tests.programs import GIL, run_by_hand

ROUNDS = 10


@dataclass(frozen=True)
class Operation:
    """``setup`` once, then ``step`` so many times. One with ``await`` is a step of a task."""

    name: str
    setup: str
    step: str
    times: int = 1000
    bar: float | None = None
    """ns an event, at most: of one that is told in C, and of one that a hook in Python tells."""


OPERATIONS = (
    Operation("a lock, acquired and released", "lock = threading.Lock()", "with lock: pass", bar=100),
    Operation("a semaphore, acquired and released", "permits = threading.Semaphore(2)", "with permits: pass", bar=400),
    Operation("a queue, put and got", "line = queue.Queue()", "line.put(1); line.get()", bar=400),
    Operation("a SimpleQueue, put and got", "line = queue.SimpleQueue()", "line.put(1); line.get()", bar=400),
    Operation(
        "a thread, started and joined", "", "thread = threading.Thread(target=int); thread.start(); thread.join()", 50
    ),
    Operation("time.sleep(0)", "", "time.sleep(0)"),
    Operation("a task's step", "", "await asyncio.sleep(0)", bar=400),
    Operation(
        "a task's await of a future",
        "loop = asyncio.get_running_loop()",
        "future = loop.create_future(); loop.call_soon(future.set_result, 1); await future",
        bar=400,
    ),
    Operation("a future, made and given its result", "", "Future().set_result(1)"),
    Operation(
        "a call, submitted to a thread and waited for", "pool = ThreadPoolExecutor(1)", "pool.submit(int).result()", 200
    ),
    Operation("a message, sent and received", "a, b = multiprocessing.Pipe()", "a.send(1); b.recv()", 200),
)
PROGRAM = """
import asyncio, json, multiprocessing, multiprocessing.connection, queue, threading, time
from concurrent.futures import Future, ThreadPoolExecutor

{define} work(n):
    {setup}
    begin = time.process_time_ns()
    for _ in range(n):
        {step}
    return (time.process_time_ns() - begin) / n

took = {took}
plain, recorded = [], []
took({times})
hooks.install(os.environ["GILSCOPE_RINGS"])
hooks.put_back()
hooks._probe.attach = lambda rings: None  # it stays attached
for _ in range({rounds}):
    plain.append(took({times}))
    hooks.install(os.environ["GILSCOPE_RINGS"])
    recorded.append(took({times}))
    hooks.put_back()
print(json.dumps([plain, recorded]))
"""


def figures() -> Iterator[Figure]:
    """ns that recording adds to each event of an operation; in the note, those of an operation without and with it."""
    interpreter = measure.reference()
    for each in OPERATIONS:
        of_task = "await" in each.step
        program = PROGRAM.format(
            define="async def" if of_task else "def",
            took="lambda n: asyncio.run(work(n))" if of_task else "work",
            setup=each.setup or "pass",
            step=each.step,
            times=each.times,
            rounds=ROUNDS,
        )
        with measure.scratch() as folder:
            (plain, recorded), batch = run_by_hand(interpreter, folder, program)
        others = sum(Kind(kind) not in GIL for kind in batch.records.kind.tolist())
        events = round(others / (each.times * ROUNDS))
        added = tuple((b - a) / events for a, b in zip(plain, recorded, strict=True))
        without, with_it = (sorted(some)[len(some) // 2] for some in (plain, recorded))
        note = f" {without:.0f} → {with_it:.0f} ns, {events} events"
        yield Figure(f"{each.name}, an event", added, "ns", each.bar, note=note)
