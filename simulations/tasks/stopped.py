"""Stop! A task hears it at its next await.

A task makes a backup: it hashes block after block, writes each digest to a file, and awaits between
two blocks. In the middle of a block another thread asks for its end. Nobody interrupts a step: the
error comes where the task next awaits. There it catches it, clears its half-written file, which
takes a moment too, and raises the error again. Only then it is cancelled.

Parameters:
    blocks: 1..50, how many there are to hash
    block_ms: 1..100, how long each keeps the task from its next await
    stop_after_ms: 1..500, when the other thread asks
    cleanup_ms: 0..100, how long the task takes to clean up
"""

import asyncio
from hashlib import sha256
from tempfile import TemporaryFile
from threading import Timer
from time import perf_counter


def digest(ms):
    end, block = perf_counter() + ms / 1000, b""
    while perf_counter() < end:
        block = sha256(block).digest()
    return block


async def backup(file, blocks, block_ms, cleanup_ms):
    try:
        for _ in range(blocks):
            file.write(digest(block_ms))
            await asyncio.sleep(0)
    except asyncio.CancelledError:
        print(f"stopped after {file.tell() // 32} blocks: cleans up")
        await asyncio.sleep(cleanup_ms / 1000)
        file.truncate(0)
        raise


async def main(blocks, block_ms, stop_after_ms, cleanup_ms):
    with TemporaryFile() as file:
        task = asyncio.create_task(backup(file, blocks, block_ms, cleanup_ms), name="backup")
        stop = Timer(stop_after_ms / 1000, asyncio.get_running_loop().call_soon_threadsafe, [task.cancel])
        stop.name = "stop"
        stop.start()
        await asyncio.wait([task])
        print("cancelled" if task.cancelled() else "all is saved")
        stop.cancel()
        stop.join()


def run(blocks: int = 12, block_ms: float = 25.0, stop_after_ms: int = 110, cleanup_ms: float = 30.0):
    asyncio.run(main(blocks, block_ms, stop_after_ms, cleanup_ms))


if __name__ == "__main__":
    run()
