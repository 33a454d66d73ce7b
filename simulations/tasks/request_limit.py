"""Never more than so many requests at a time.

Many tasks want something from the same server, a real one on the loopback of this machine. All at
once they could be too much for it. A semaphore that each holds while it asks lets only a few of
them ask together: the others wait for their turn, in order, and cost nothing meanwhile. The server
counts how many ask it at the same time.

Parameters:
    requests: 1..40, how many tasks there are
    limit: 1..40, how many may ask at the same time
    latency_ms: 1..100, how long the server takes over an answer
"""

import asyncio


class Server(asyncio.Protocol):
    asking = most = 0

    def connection_made(self, transport):
        self.transport = transport

    def data_received(self, question):
        Server.asking += 1
        Server.most = max(Server.most, Server.asking)
        asyncio.get_running_loop().call_later(float(question), self.answer)

    def answer(self):
        Server.asking -= 1
        self.transport.write(b"!")


async def ask(port, slots, latency_ms):
    async with slots:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(str(latency_ms / 1000).encode())
        await reader.readexactly(1)
        writer.close()


async def main(requests, limit, latency_ms):
    slots = asyncio.Semaphore(limit)
    async with await asyncio.get_running_loop().create_server(Server, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        async with asyncio.TaskGroup() as group:
            for n in range(requests):
                group.create_task(ask(port, slots, latency_ms), name=f"request {n + 1}")
    print(f"{Server.most} asked at the same time")


def run(requests: int = 12, limit: int = 3, latency_ms: float = 25.0):
    asyncio.run(main(requests, limit, latency_ms))


if __name__ == "__main__":
    run()
