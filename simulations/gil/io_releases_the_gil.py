"""Waiting for an answer costs no GIL.

Clients fetch a page from a real HTTP server, on the loopback of this machine. A thread gives the
GIL up before it waits for the network and takes it again when the answer is there, so while one
waits, the others run: all the clients together take little longer than one.

Parameters:
    mode: all clients at once, or one after the other
    clients: 1..12, how many fetch a page
    latency_ms: 5..500, how long the server takes over each answer
"""

from http.client import HTTPConnection
from socket import create_server
from threading import Thread
from time import perf_counter, sleep
from typing import Literal


def answer(connection, latency_ms):
    with connection:
        connection.recv(1000)
        sleep(latency_ms / 1000)
        connection.sendall(b"HTTP/1.0 200 OK\r\nContent-Length: 6\r\n\r\nhello\n")


def serve(listener, clients, latency_ms):
    for number in range(clients):
        connection, _ = listener.accept()
        Thread(target=answer, args=(connection, latency_ms), name=f"answer {number + 1}").start()


def fetch(port):
    connection = HTTPConnection("127.0.0.1", port)
    connection.request("GET", "/")
    connection.getresponse().read()
    connection.close()


def run(mode: Literal["threads", "serial"] = "threads", clients: int = 4, latency_ms: int = 100):
    with create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        Thread(target=serve, args=(listener, clients, latency_ms), name="server").start()
        began = perf_counter()
        fetchers = [Thread(target=fetch, args=(port,), name=f"client {number + 1}") for number in range(clients)]
        for fetcher in fetchers:
            fetcher.start()
            if mode == "serial":
                fetcher.join()
        for fetcher in fetchers:
            fetcher.join()
    print(f"{clients} answers after {(perf_counter() - began) * 1000:.0f} ms")


if __name__ == "__main__":
    run()
