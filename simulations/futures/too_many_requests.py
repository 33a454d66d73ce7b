"""More workers, until the server says no.

A pool of threads asks a real HTTP server on the loopback of this machine. The server answers so
many at a time. Whoever comes on top gets a 429, too many requests, and tries again a little later.
With a few workers, twice as many are twice as quick. With more than the server lets in, they only
quarrel for its places. Try 1, 2, 4 … 32 workers, and look for the best number.

Parameters:
    workers: 1..64, how many threads the pool has
    requests: 1..100, how many answers are wanted
    places: 1..64, how many the server answers at a time
    latency_ms: 1..100, how long it takes over an answer
    back_off_ms: 1..100, how long a worker waits after a 429
"""

from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import BoundedSemaphore, Thread
from time import perf_counter, sleep


class Answer(BaseHTTPRequestHandler):
    def do_GET(self):
        if free := self.server.places.acquire(blocking=False):
            sleep(self.server.latency_ms / 1000)
            self.server.places.release()
        self.send_response(200 if free else 429)
        self.end_headers()

    def log_message(self, *_):
        pass


def ask(port, back_off_ms):
    for refused in range(10_000):
        connection = HTTPConnection("127.0.0.1", port)
        connection.request("GET", "/")
        status = connection.getresponse().status
        connection.close()
        if status == 200:
            return refused
        sleep(back_off_ms / 1000)


def run(workers: int = 8, requests: int = 16, places: int = 4, latency_ms: float = 25.0, back_off_ms: float = 15.0):
    with ThreadingHTTPServer(("127.0.0.1", 0), Answer) as server:
        server.places, server.latency_ms = BoundedSemaphore(places), latency_ms
        Thread(target=server.serve_forever, args=[0.01], name="server").start()
        with ThreadPoolExecutor(workers, thread_name_prefix="worker") as pool:
            began = perf_counter()
            refused = sum(pool.map(ask, [server.server_port] * requests, [back_off_ms] * requests))
            print(f"{requests} answers and {refused} times 429 after {(perf_counter() - began) * 1000:.0f} ms")
        server.shutdown()


if __name__ == "__main__":
    run()
