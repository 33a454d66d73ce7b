"""Nobody waits any longer, but the work goes on.

What must not be cut off in the middle is made a task of its own, and awaited through a shield. The
timeout ends the waiting, in time, but not the work behind the shield, which comes to its end. Who
does that has to keep the task and await it at last: else the end of the loop cuts it off.

Parameters:
    lines: 1..50, how many are to be written
    line_ms: 1..50, how long each takes
    limit_ms: 1..500, the timeout
    await_at_last: whether main awaits the task before it ends
"""

import asyncio
from tempfile import TemporaryFile


async def save(file, lines, line_ms):
    for number in range(lines):
        await asyncio.sleep(line_ms / 1000)
        file.write(f"line {number + 1}\n")


async def wait_for(task, seconds):
    try:
        async with asyncio.timeout(seconds):
            await asyncio.shield(task)
        print("saved in time")
    except TimeoutError:
        print("waits no longer")


async def main(file, lines, line_ms, limit_ms, await_at_last):
    work = asyncio.create_task(save(file, lines, line_ms), name="save")
    await asyncio.create_task(wait_for(work, limit_ms / 1000), name="waiter")
    if await_at_last:
        await work


def run(lines: int = 15, line_ms: float = 10.0, limit_ms: float = 50.0, await_at_last: bool = True):
    with TemporaryFile("w+") as file:
        asyncio.run(main(file, lines, line_ms, limit_ms, await_at_last))
        file.seek(0)
        print(f"{len(file.readlines())} of {lines} lines are in the file")


if __name__ == "__main__":
    run()
