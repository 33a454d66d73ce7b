"""One of them fails: what becomes of the others.

Three times the same: some tasks ask a real server, which hangs up on the first of them. A plain
gather raises that error at once, and leaves the others running, unattended. With return_exceptions
it waits for all, and the error is one of the results. A TaskGroup cancels the others, waits until
they have ended, and raises a group of errors.

Parameters:
    others: 1..5, how many tasks don't fail
    fails_after_ms: 0..100, when the server hangs up
    latency_ms: 10..300, how long it takes over an answer
"""

import asyncio


class Server(asyncio.Protocol):
    def connection_made(self, transport):
        self.transport = transport

    def data_received(self, question):
        seconds, word = question.split()
        end = self.transport.close if word == b"fails" else lambda: self.transport.write(b"!")
        asyncio.get_running_loop().call_later(float(seconds), end)


async def ask(port, name, ms):
    asyncio.current_task().set_name(name)
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(f"{ms / 1000} {name.split()[-1]}".encode())
        return await reader.readexactly(1)
    finally:
        writer.close()


async def main(others, fails_after_ms, latency_ms):
    def calls(way):
        yield ask(port, f"{way} fails", fails_after_ms)
        yield from (ask(port, f"{way} {n + 1}", latency_ms) for n in range(others))

    async with await asyncio.get_running_loop().create_server(Server, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        try:
            await asyncio.gather(*calls("gather"))
        except asyncio.IncompleteReadError as error:
            print(f"gather raised {type(error).__name__}; {len(asyncio.all_tasks()) - 1} tasks still run")
        await asyncio.gather(*asyncio.all_tasks() - {asyncio.current_task()})
        results = await asyncio.gather(*calls("values"), return_exceptions=True)
        print(f"values: {[type(result).__name__ for result in results]}")
        try:
            async with asyncio.TaskGroup() as group:
                for call in calls("TaskGroup"):
                    group.create_task(call)
        except* asyncio.IncompleteReadError as errors:
            print(f"TaskGroup raised a group of {len(errors.exceptions)}")


def run(others: int = 2, fails_after_ms: float = 30.0, latency_ms: float = 80.0):
    asyncio.run(main(others, fails_after_ms, latency_ms))


if __name__ == "__main__":
    run()
