"""Asks a web application on this machine n times, over several connections at once, and says how long that took."""

import json
import selectors
import socket
import sys
import time

PATHS = ("/items?count=20", "/page")


class Connection:
    """One request after the other; the next one goes out when the answer to the last one is whole."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.answer = b""

    def ask(self, number: int) -> None:
        """Send a request."""
        self.answer = b""
        path = PATHS[number % len(PATHS)]
        self.socket.sendall(f"GET {path} HTTP/1.1\r\nHost: here\r\nAccept: */*\r\n\r\n".encode())

    def read(self) -> bool:
        """Take what has come. Whether the answer is whole."""
        part = self.socket.recv(1 << 16)
        assert part, "the server has closed the connection"
        self.answer += part
        head, blank, body = self.answer.partition(b"\r\n\r\n")
        if not blank:
            return False
        assert head.startswith(b"HTTP/1.1 200 "), head
        length = head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]
        return len(body) == int(length)


def main(port: int, n: int, connections: int) -> None:
    """The time counts from the first request to the last answer."""
    selector = selectors.DefaultSelector()
    asked = answered = 0
    begin = time.perf_counter_ns()
    for _ in range(min(connections, n)):
        connection = Connection(port)
        selector.register(connection.socket, selectors.EVENT_READ, connection)
        connection.ask(asked)
        asked += 1
    while answered < n:
        for key, _ in selector.select():
            if key.data.read():
                answered += 1
                if asked < n:
                    key.data.ask(asked)
                    asked += 1
    print(json.dumps({"ns": time.perf_counter_ns() - begin, "answers": answered}))


if __name__ == "__main__":
    main(*(int(argument) for argument in sys.argv[1:]))
