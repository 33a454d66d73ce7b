"""It catches what it can mend, and hears the rest.

The same client, which now catches only the errors that another attempt could mend: those of the
network. A cancellation passes through it. So the timeout comes in time, as a TimeoutError, and the
TaskGroup is over as soon as its other task has failed.

Parameters:
    attempts: 1..10, how often the client asks
    answer_ms: 20..500, how long the server takes over an answer
    limit_ms: 10..500, the timeout, and when the other task of the group fails
"""

import asyncio
from contextlib import closing


class Server(asyncio.Protocol):
    def connection_made(self, transport):
        self.answer = transport.write

    def data_received(self, question):
        asyncio.get_running_loop().call_later(float(question), self.answer, b"!")


async def ask(port, attempts, answer_ms):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    with closing(writer):
        for attempt in range(attempts):
            try:
                writer.write(str(answer_ms / 1000).encode())
                return await reader.readexactly(1)
            except OSError as error:
                print(f"attempt {attempt + 1}: {type(error).__name__}")


async def within(seconds, asking):
    try:
        async with asyncio.timeout(seconds):
            await asking
        print("the timeout has come to nothing")
    except TimeoutError:
        print("the timeout came in time")


async def fail(seconds):
    await asyncio.sleep(seconds)
    raise ValueError


async def main(attempts, answer_ms, limit_ms):
    async with await asyncio.get_running_loop().create_server(Server, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        await asyncio.create_task(within(limit_ms / 1000, ask(port, attempts, answer_ms)), name="within a timeout")
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(ask(port, attempts, answer_ms), name="in a group")
                group.create_task(fail(limit_ms / 1000), name="fails")
        except* ValueError:
            print("the group is over")


def run(attempts: int = 2, answer_ms: float = 150.0, limit_ms: float = 50.0):
    asyncio.run(main(attempts, answer_ms, limit_ms))


if __name__ == "__main__":
    run()
