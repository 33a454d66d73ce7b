"""Fifty pages: a pool of threads.

The pages come from a real HTTP server that takes a while over each. A blocking library does the fetching, as most
libraries do: while it waits, it has given the GIL up, so a few threads fetch a few pages at the same time. More
of them help, up to one for each page; what is done with a page is little.

Parameters:
    pages: 2..100, how many there are
    workers: 1..50, threads in the pool
    latency_ms: 1..200, how long the server takes over each page
"""

import re
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler
from socketserver import ThreadingTCPServer
from threading import Thread
from time import perf_counter, sleep


class Server(ThreadingTCPServer):
    request_queue_size = 100


class Pages(BaseHTTPRequestHandler):
    def do_GET(self):
        sleep(self.server.latency_ms / 1000)
        self.send_response(200)
        self.end_headers()
        self.wfile.write(f"<title>Page {self.path[1:]}</title>".encode())

    def log_message(self, *_):
        pass


def title(port, page):
    connection = HTTPConnection("127.0.0.1", port)
    connection.request("GET", f"/{page}")
    text = connection.getresponse().read().decode()
    connection.close()
    return re.search("<title>(.*)</title>", text)[1]


def run(pages: int = 50, workers: int = 10, latency_ms: int = 30):
    with Server(("127.0.0.1", 0), Pages) as server:
        server.latency_ms = latency_ms
        serving = Thread(target=server.serve_forever, args=(0.01,), name="server")
        serving.start()
        began = perf_counter()
        with ThreadPoolExecutor(workers, thread_name_prefix="fetcher") as pool:
            titles = list(pool.map(title, [server.server_address[1]] * pages, range(1, pages + 1)))
        print(f"{len(set(titles))} titles of {pages} pages after {(perf_counter() - began) * 1000:.1f} ms")
        server.shutdown()
        serving.join()


if __name__ == "__main__":
    run()
