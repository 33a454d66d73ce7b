"""Four ways to wait for several, and when each begins.

Some questions go to a real server on the loopback of this machine. Awaited in sequence, the second
begins when the first has its answer. With gather, create_task or a TaskGroup each is a task, and
all wait together. But a task doesn't begin where it is made: it is ready, and begins at the next
await of its maker, who first computes for a while here.

Parameters:
    calls: 1..8, how many questions there are each time
    latency_ms: 1..200, how long the server takes over each answer
    busy_ms: 0..100, how long the maker computes before its next await
"""

import asyncio
from time import perf_counter


class Server(asyncio.Protocol):
    def connection_made(self, transport):
        self.answer = transport.write

    def data_received(self, question):
        asyncio.get_running_loop().call_later(float(question), self.answer, b"!")


async def ask(port, latency_ms, name):
    asyncio.current_task().set_name(name)
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(str(latency_ms / 1000).encode())
    await reader.readexactly(1)
    writer.close()
    await writer.wait_closed()


def compute(ms):
    end = perf_counter() + ms / 1000
    while perf_counter() < end:
        pass


async def in_sequence(port, calls, latency_ms):
    for _ in range(calls):
        await ask(port, latency_ms, "in sequence")


async def main(calls, latency_ms, busy_ms):
    async with await asyncio.get_running_loop().create_server(Server, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        await asyncio.create_task(in_sequence(port, calls, latency_ms))

        gathered = asyncio.gather(*[ask(port, latency_ms, f"gather {n + 1}") for n in range(calls)])
        compute(busy_ms)
        await gathered

        tasks = [asyncio.create_task(ask(port, latency_ms, f"create_task {n + 1}")) for n in range(calls)]
        compute(busy_ms)
        await asyncio.wait(tasks)

        async with asyncio.TaskGroup() as group:
            for n in range(calls):
                group.create_task(ask(port, latency_ms, f"TaskGroup {n + 1}"))
            compute(busy_ms)


def run(calls: int = 3, latency_ms: float = 40.0, busy_ms: float = 20.0):
    asyncio.run(main(calls, latency_ms, busy_ms))


if __name__ == "__main__":
    run()
