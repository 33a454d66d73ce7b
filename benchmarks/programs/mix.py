"""A random mix of threads, tasks, processes and pools that counts what it does: of one seed, always the same one.

Parameters:
    seed: 0..4294967295, which one
"""

import asyncio
import json
import multiprocessing
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor, as_completed
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Lock as SharedLock
from queue import Queue, SimpleQueue
from random import Random
from threading import Condition, Event, Lock, RLock, Semaphore, Thread
from time import sleep

THREADS = (1, 2, 3, 5, 8, 16, 32, 64)
TASKS = (1, 10, 100, 1000)
STEPS = 400
"""So many do all threads, and all tasks, together; each does at least one."""
MOMENT = 0.0003
Counts = Counter[str]


def compute() -> int:
    """A little work."""
    return sum(range(300))


def threads(chance: Random) -> Counts:
    """Threads that share whatever threads can share. Nobody waits for ever: who takes has given before."""
    locks = [Lock() for _ in range(chance.randint(1, 4))]
    rlocks = [RLock() for _ in range(chance.randint(1, 2))]
    semaphores = [Semaphore(chance.randint(1, 3)) for _ in range(chance.randint(1, 2))]
    queues = [Queue[int]() for _ in range(chance.randint(1, 2))]
    simples = [SimpleQueue[int]() for _ in range(chance.randint(1, 2))]
    conditions = [Condition() for _ in range(chance.randint(1, 2))]
    events = [Event() for _ in range(chance.randint(1, 2))]

    def lock(chance: Random, counts: Counts) -> None:
        with chance.choice(locks):
            counts["locks"] += 1
            compute()

    def impatient_lock(chance: Random, counts: Counts) -> None:
        wanted = chance.choice(locks)
        if wanted.acquire(timeout=MOMENT):
            counts["locks"] += 1
            wanted.release()

    def rlock(chance: Random, counts: Counts) -> None:
        wanted = chance.choice(rlocks)
        with wanted, wanted:
            counts["rlocks"] += 1

    def semaphore(chance: Random, counts: Counts) -> None:
        with chance.choice(semaphores):
            counts["semaphores"] += 1
            sleep(MOMENT)

    def queue(chance: Random, counts: Counts) -> None:
        chosen = chance.choice(queues)
        chosen.put(1)
        counts["queues"] += chosen.get()

    def simple(chance: Random, counts: Counts) -> None:
        chosen = chance.choice(simples)
        chosen.put(1)
        counts["simples"] += chosen.get()

    def condition(chance: Random, counts: Counts) -> None:
        chosen = chance.choice(conditions)
        with chosen:
            chosen.notify() if chance.random() < 0.5 else chosen.wait(MOMENT)

    def event(chance: Random, counts: Counts) -> None:
        chosen = chance.choice(events)
        chance.choice((chosen.set, chosen.clear, lambda: chosen.wait(MOMENT)))()

    steps: list[Callable[[Random, Counts], None]] = [lock, impatient_lock, rlock, semaphore]
    steps += [queue, simple, condition, event, lambda *_: sleep(MOMENT), lambda *_: print(end="")]
    liked = chance.sample(steps, chance.randint(1, len(steps)))
    count = chance.choice(THREADS)
    counts = [Counter[str]() for _ in range(count)]

    def work(chance: Random, counts: Counts) -> None:
        for _ in range(1 + STEPS // count):
            chance.choice(liked)(chance, counts)
            compute()

    workers = [Thread(target=work, args=(Random(chance.random()), counts[n]), name=f"worker-{n}") for n in range(count)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return sum(counts, Counter({"threads": count}))


async def tasks(chance: Random) -> Counts:
    """The same with tasks."""
    alocks = [asyncio.Lock() for _ in range(chance.randint(1, 2))]
    asemaphores = [asyncio.Semaphore(chance.randint(1, 3)) for _ in range(chance.randint(1, 2))]
    aqueues = [asyncio.Queue[int]() for _ in range(chance.randint(1, 2))]
    count = chance.choice(TASKS)
    counts = Counter({"tasks": count})

    async def step(chance: Random) -> None:
        match chance.randrange(5):
            case 0:
                async with chance.choice(alocks):
                    counts["alocks"] += 1
                    await asyncio.sleep(0)
            case 1:
                async with chance.choice(asemaphores):
                    counts["asemaphores"] += 1
                    await asyncio.sleep(0)
            case 2:
                chosen = chance.choice(aqueues)
                chosen.put_nowait(1)
                counts["aqueues"] += await chosen.get()
            case 3:
                await asyncio.sleep(MOMENT)
            case 4:
                counts["works"] += 1
                assert await asyncio.to_thread(compute) == compute()

    async def work(chance: Random) -> None:
        for _ in range(1 + STEPS // count):
            await step(chance)

    started = [asyncio.create_task(work(Random(chance.random())), name=f"mix-{n}") for n in range(count)]
    await asyncio.gather(*started)
    return counts


def pools(chance: Random) -> Counts:
    """Work that is submitted to threads, to processes, or to both."""
    counts = Counter[str]()
    for pool in chance.sample(
        (
            lambda: ThreadPoolExecutor(chance.randint(1, 8)),
            lambda: ProcessPoolExecutor(chance.randint(1, 2), multiprocessing.get_context("fork")),
        ),
        chance.randint(1, 2),
    ):
        with pool() as opened:
            works = [opened.submit(compute) for _ in range(chance.randint(1, 40))]
            assert all(work.result() == compute() for work in as_completed(works))
        counts["works"] += len(works)
    return counts


def child(shared: SharedLock, end: Connection, rounds: int) -> None:
    """One process of several: they share a lock, and tell over a pipe each."""
    for n in range(rounds):
        with shared:
            compute()
        end.send(n)


def processes(chance: Random) -> Counts:
    """Of any way of starting; those that take long are few."""
    method = chance.choice(("fork", "fork", "spawn", "forkserver"))
    context = multiprocessing.get_context(method)
    count, rounds = chance.randint(1, 8 if method == "fork" else 2), chance.randint(1, 10)
    shared = context.Lock()
    started = []
    for n in range(count):
        end, theirs = context.Pipe(duplex=False)
        process = context.Process(target=child, args=(shared, theirs, rounds), name=f"child-{n}")
        process.start()
        theirs.close()
        started.append((process, end))
    for process, end in started:
        assert [end.recv() for _ in range(rounds)] == [*range(rounds)]
        process.join()
    return Counter({"processes": count, "shared": count * rounds})


def run(seed: int = 0) -> None:
    """Some of the four, one after the other: no fork while threads run."""
    chance = Random(seed)
    counts = Counter[str]()
    chosen = chance.sample(("processes", "pools", "threads", "tasks"), chance.randint(1, 4))
    if "processes" in chosen:
        counts += processes(chance)
    if "pools" in chosen:
        counts += pools(chance)
    if "threads" in chosen:
        counts += threads(chance)
    if "tasks" in chosen:
        counts += asyncio.run(tasks(chance))
    print(json.dumps(counts), flush=True)
