"""Awaited, or made a task: then it runs.

The same diary, and no call is left alone. With an await each entry is written before the next one
begins. Made a task, each begins as soon as the loop has time for it: all wait for the disk together,
and main awaits them at the end, so that none is thrown away.

Parameters:
    entries: 1..50, how many are to be written
    way: await each call, or make a task of each and await these
    write_ms: 0..20, how long writing one takes
"""

import asyncio
from tempfile import TemporaryFile
from typing import Literal


async def write(file, entry, write_ms):
    await asyncio.sleep(write_ms / 1000)
    file.write(f"{entry}\n")


async def main(file, entries, way, write_ms):
    tasks = []
    for number in range(1, entries + 1):
        if way == "await":
            await write(file, f"entry {number}", write_ms)
        else:
            tasks.append(asyncio.create_task(write(file, f"entry {number}", write_ms), name=f"entry {number}"))
    for task in tasks:
        await task


def run(entries: int = 8, way: Literal["await", "task"] = "task", write_ms: float = 5.0):
    with TemporaryFile("w+") as diary:
        asyncio.run(main(diary, entries, way, write_ms))
        diary.seek(0)
        print(f"{len(diary.readlines())} of {entries} entries are in the file")


if __name__ == "__main__":
    run()
