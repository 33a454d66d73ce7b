"""A server for many connections that stay open: asyncio.

Every client keeps its WebSocket open, says something now and then, and is told what all others say. Most of the time
nothing happens on a connection, so a thread for each would only wait; here each is a task, all on one
thread. The WebSocket is as small as can be: the handshake, and frames of up to 125 bytes of text, with a
mask of zeros where a client sends; an empty one says goodbye.

Parameters:
    clients: 1..60, how many connections are open
    messages: 1..10, how often each client says something
    think_ms: 0..200, how long it thinks before
"""

import asyncio
from base64 import b64encode
from hashlib import sha1


async def read(reader):
    _, length = await reader.readexactly(2)
    return (await reader.readexactly((length & 0x7F) + 4 * (length >> 7))).lstrip(b"\0")


async def talk(name, port, messages, think_ms, everybody):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"GET /chat HTTP/1.1\r\nHost: here\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n")
    writer.write(b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: %b\r\n\r\n" % b64encode(name.zfill(16).encode()))
    await reader.readuntil(b"\r\n\r\n")
    await everybody.wait()
    for _ in range(messages):
        await asyncio.sleep(think_ms / 1000)
        writer.write(bytes([0x81, 0x80 | len(name), 0, 0, 0, 0]) + name.encode())
    heard = [await read(reader) for _ in range(messages * everybody.parties)]
    writer.write(bytes([0x81, 0x80, 0, 0, 0, 0]))
    await reader.read()
    writer.close()
    return len(heard)


async def chat(clients, messages, think_ms):
    connected, everybody = [], asyncio.Barrier(clients)

    async def serve(reader, writer):
        key = (await reader.readuntil(b"\r\n\r\n")).partition(b"Sec-WebSocket-Key: ")[2].split()[0]
        answer = b64encode(sha1(key + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest())
        writer.write(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n")
        writer.write(b"Sec-WebSocket-Accept: %b\r\n\r\n" % answer)
        connected.append(writer)
        while said := await read(reader):
            for other in connected:
                other.write(bytes([0x81, len(said)]) + said)
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        told = (server.sockets[0].getsockname()[1], messages, think_ms, everybody)
        talking = [asyncio.create_task(talk(f"client {n}", *told), name=f"client {n}") for n in range(1, clients + 1)]
        print(f"{sum(await asyncio.gather(*talking))} of {clients * messages * clients} messages were heard")


def run(clients: int = 8, messages: int = 2, think_ms: int = 20):
    asyncio.run(chat(clients, messages, think_ms))


if __name__ == "__main__":
    run()
