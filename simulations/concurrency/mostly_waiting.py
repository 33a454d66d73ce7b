"""Who talks to a server mostly waits.

A client asks a real HTTP server, on the loopback of this machine, for a list, and adds up what is
in it. Sending the question, reading the answer and adding take a moment; the rest of its life it
waits. That is I/O-bound work. Make the answers quicker or the lists longer, and see when it isn't.

Parameters:
    requests: 1..40, how many questions the client asks
    latency_ms: 0..500, how long the server takes over each answer
    numbers: 10..100000, how many are in each list
"""

import json
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler
from socketserver import TCPServer
from threading import Thread
from time import sleep


class Server(TCPServer):
    def serve(self, requests):
        for _ in range(requests):
            self.handle_request()


class Answer(BaseHTTPRequestHandler):
    def do_GET(self):
        sleep(self.server.latency_ms / 1000)
        self.send_response(200)
        self.end_headers()
        self.wfile.write(self.server.body)

    def log_message(self, *_):
        pass


def ask(port, requests):
    for _ in range(requests):
        connection = HTTPConnection("127.0.0.1", port)
        connection.request("GET", "/")
        sum(json.loads(connection.getresponse().read()))
        connection.close()


def run(requests: int = 8, latency_ms: float = 50.0, numbers: int = 2000):
    with Server(("127.0.0.1", 0), Answer) as server:
        server.latency_ms, server.body = latency_ms, json.dumps(list(range(numbers))).encode()
        Thread(target=server.serve, args=(requests,), name="server").start()
        client = Thread(target=ask, args=(server.server_address[1], requests), name="client")
        client.start()
        client.join()


if __name__ == "__main__":
    run()
