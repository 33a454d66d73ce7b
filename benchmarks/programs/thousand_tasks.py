"""A thousand tasks: half of them look something up, in turns with short sleeps, and hand it to the other half over queues."""

import asyncio
import json
import sys
import time


def answer(number: int) -> str:
    """What a small service does for a request."""
    return json.dumps({"number": number, "squares": [n * n for n in range(30)], "text": "x" * number})


async def ask(line: asyncio.Queue[str], rounds: int) -> None:
    """Makes answers."""
    for n in range(rounds):
        await asyncio.sleep(0.0005 * (n % 3))
        await line.put(answer(n % 50))


async def use(line: asyncio.Queue[str], rounds: int) -> int:
    """Reads them."""
    total = 0
    for _ in range(rounds):
        total += len(json.loads(await line.get())["squares"])
    return total


async def main(rounds: int) -> None:
    """Pairs of tasks, each with a queue of its own."""
    async with asyncio.TaskGroup() as group:
        for _ in range(500):
            line: asyncio.Queue[str] = asyncio.Queue(2)
            group.create_task(ask(line, rounds))
            group.create_task(use(line, rounds))


def run(n: int) -> None:
    """Each of the thousand tasks does n / 1000 rounds."""
    begin = time.perf_counter_ns()
    asyncio.run(main(n // 1000))
    print(json.dumps({"ns": time.perf_counter_ns() - begin}), flush=True)


if __name__ == "__main__":
    run(int(sys.argv[1]))
