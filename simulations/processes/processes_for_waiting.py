"""A process for each wait: the price of what isn't needed.

Some clients ask a server, and wait for its answer: once each client is a process, once a thread. Waiting needs
neither a core nor the GIL, so the processes gain nothing. But each must be started, until it comes to its
first line, and each has memory of its own for an interpreter that does nothing.

Parameters:
    clients: 1..12, how many ask at the same time
    latency_ms: 1..500, how long the server takes over an answer
    method: how the processes are started
"""

from multiprocessing import Pipe, get_context
from socket import create_connection, create_server
from threading import Thread
from time import monotonic, sleep
from typing import Literal


def own_kb():
    with open("/proc/self/smaps_rollup") as parts:
        return sum(int(part.split()[1]) for part in parts if part.startswith("Private"))


def serve(tell, latency_ms):
    with create_server(("127.0.0.1", 0)) as server:
        tell.send(server.getsockname()[1])
        while True:
            Thread(target=answer, args=(server.accept()[0], latency_ms), daemon=True).start()


def answer(client, latency_ms):
    sleep(latency_ms / 1000)
    with client:
        client.sendall(b"!")


def ask(port, kind, asked, before):
    print(f"{kind}: its first line after {(monotonic() - asked) * 1000:.2f} ms, {own_kb() - before} kB more")
    with create_connection(("127.0.0.1", port)) as line:
        line.recv(1)


def run(clients: int = 4, latency_ms: int = 50, method: Literal["default", "fork", "spawn", "forkserver"] = "default"):
    context = get_context(None if method == "default" else method)
    here, there = Pipe(duplex=False)
    server = context.Process(target=serve, args=(there, latency_ms), name="server", daemon=True)
    server.start()
    port = here.recv()
    for name, kind, before in (("process", context.Process, 0), ("thread", Thread, own_kb())):
        began, asking = monotonic(), []
        for number in range(clients):
            asking.append(kind(target=ask, args=(port, name, monotonic(), before), name=f"{name} {number + 1}"))
            asking[-1].start()
        for client in asking:
            client.join()
        print(f"all on {name}: {(monotonic() - began) * 1000:.0f} ms")
    server.kill()
    server.join()


if __name__ == "__main__":
    run()
