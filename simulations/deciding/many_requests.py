"""Many requests at once: tasks of one thread.

Each request is a task that connects, asks, and awaits the answer. A task that waits costs next to nothing, so a
single thread has as many under way as the limit allows, and all are answered in about the time of one.
A semaphore holds the limit. The server, which takes a while over each answer, is on the same loop.

Parameters:
    requests: 1..1000, how many there are
    at_once: 1..300, how many may be under way at the same time
    latency_ms: 0..500, how long the server takes over each
"""

import asyncio
from time import perf_counter


async def fetch(port, limit):
    async with limit:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET / HTTP/1.0\r\n\r\n")
        answer = await reader.read()
        writer.close()
        await writer.wait_closed()
    return answer.endswith(b"\r\n\r\nhello")


async def fetch_all(requests, at_once, latency_ms):
    async def answer(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        await asyncio.sleep(latency_ms / 1000)
        writer.write(b"HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nhello")
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        port, limit = server.sockets[0].getsockname()[1], asyncio.Semaphore(at_once)
        began = perf_counter()
        tasks = [asyncio.create_task(fetch(port, limit), name=f"request {n + 1}") for n in range(requests)]
        answered = sum(await asyncio.gather(*tasks))
        print(f"{answered} of {requests} answered after {(perf_counter() - began) * 1000:.1f} ms")


def run(requests: int = 40, at_once: int = 40, latency_ms: float = 100.0):
    asyncio.run(fetch_all(requests, at_once, latency_ms))


if __name__ == "__main__":
    run()
