"""Describe the work, then do it in each of six ways.

Work is so many pieces; each waits for a server on this machine, then computes. Threads, at most 50,
let the waiting overlap, and tasks of asyncio do so with less. Processes and interpreters, one for
each core, let the computing overlap, but take longer to start, and what goes to them is copied.
Which is the quickest depends on the work: each way prints its times, and the lab compares them.

Parameters:
    way: who does it: interpreters need Python 3.14, mixed is asyncio that lets processes compute
    pieces: 1..1000, how many pieces of work there are
    waiting_ms: 0..1000, how long the server takes over its answer to each
    computing_ms: 0..1000, how long each computes, in time of a core
    payload_kb: 0..4000, how much data each piece, or chain, is given
    chain: 1..1000, how many pieces follow each other, each after the end of the one before
    language: what computes: Python itself, or C code that lets the GIL go
"""

import asyncio
import os
import socket
import sys
from concurrent import futures
from functools import partial
from hashlib import sha256
from multiprocessing import Pipe, Process
from time import monotonic, thread_time
from typing import Literal


def serve(told, ms):
    class Answer(asyncio.Protocol):
        def connection_made(self, transport):
            asyncio.get_running_loop().call_later(ms / 1000, transport.close)

    async def listen():
        server = await asyncio.get_running_loop().create_server(Answer, "127.0.0.1", 0, backlog=1000)
        told.send(server.sockets[0].getsockname())
        await server.serve_forever()

    asyncio.run(listen())


def compute(ms, language, payload):
    block, end = bytes(100_000), thread_time() + ms / 1000
    while thread_time() < end:
        if language == "c":
            sha256(block)


def work(address, computing, chain):
    times = []
    for _ in range(chain):
        times.append(monotonic())
        if address:
            with socket.create_connection(address) as server:
                server.recv(1)
        compute(*computing)
        times.append(monotonic())
    return times


async def task(address, computing, pool, chain):
    times = []
    for _ in range(chain):
        times.append(monotonic())
        if address:
            reader, writer = await asyncio.open_connection(*address)
            await reader.read(1)
            writer.close()
        if pool:
            await asyncio.get_running_loop().run_in_executor(pool, compute, *computing)
        else:
            compute(*computing)
        times.append(monotonic())
    return times


async def tasks(chains, *given):
    return await asyncio.gather(*(task(*given, chain) for chain in chains))


def pool_of(way):
    if way == "threads":
        return futures.ThreadPoolExecutor(50)
    if way == "interpreters":
        path = f"import sys; sys.path[:] = {sys.path}"
        return futures.InterpreterPoolExecutor(os.cpu_count(), initializer=exec, initargs=(path, {}))
    return futures.ProcessPoolExecutor(os.cpu_count())


def do(way, chains, *given):
    if way == "serial":
        return [work(*given, chain) for chain in chains]
    if way == "asyncio":
        return asyncio.run(tasks(chains, *given, None))
    with pool_of(way) as pool:
        if way == "mixed":
            return asyncio.run(tasks(chains, *given, pool))
        return list(pool.map(partial(work, *given), chains))


def run(
    way: Literal["serial", "threads", "asyncio", "mixed", "processes", "interpreters"] = "threads",
    pieces: int = 20,
    waiting_ms: float = 20.0,
    computing_ms: float = 5.0,
    payload_kb: int = 10,
    chain: int = 1,
    language: Literal["python", "c"] = "python",
):
    if way == "interpreters" and sys.version_info < (3, 14):
        print("This Python has no pool of interpreters. It takes 3.14 or later.")
        return
    ours, theirs = Pipe()
    server, address = Process(target=serve, args=(theirs, waiting_ms), name="server", daemon=True), None
    if waiting_ms:
        server.start()
        address = ours.recv()
    chains = [min(chain, pieces - n) for n in range(0, pieces, chain)]
    began = monotonic()
    told = do(way, chains, address, (computing_ms, language, bytes(payload_kb * 1000)))
    took, first = monotonic() - began, min(times[0] for times in told) - began
    ends = sorted(end - began for times in told for end in times[1::2])
    half, most = ends[round(0.5 * (pieces - 1))], ends[round(0.95 * (pieces - 1))]
    print(f"Done after {took * 1000:.2f} ms; the first piece began after {first * 1000:.2f} ms.")
    print(f"Half of the pieces were done after {half * 1000:.2f} ms, 95 % after {most * 1000:.2f} ms.")
    if waiting_ms:
        server.terminate()
        server.join()


if __name__ == "__main__":
    run()
