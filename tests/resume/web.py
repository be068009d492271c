"""Look here if you want to know which server resumed runs talk to: it counts what it was asked."""

import http.server
import threading
from collections.abc import Iterator
from contextlib import contextmanager

PARTS = (b"first ", b"second")
"""Of an answer that comes in parts: the second when `release` is set."""


class Counting:
    """What a server was asked so far: (method, path, idempotency-key), in order."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str, str]] = []
        self.bodies: list[bytes] = []
        """What was posted."""
        self.release = threading.Event()
        self.begun = threading.Event()
        self.words = b"hello"
        self.url = ""

    def count(self, method: str, path: str = "") -> int:
        """How often it was asked so."""
        return sum(one[0] == method and one[1].startswith(path) for one in self.asked)


@contextmanager
def serving() -> Iterator[Counting]:
    """A server on loopback."""
    counting = Counting()

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: object) -> None:
            """Nothing."""

        def _answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            if self.command == "POST":
                counting.bodies.append(body)
            key = self.headers.get("idempotency-key") or ""
            counting.asked.append((self.command, self.path, key))
            if self.path.startswith("/moved"):
                self.send_response(int(self.path.rpartition("/")[2]))
                self.send_header("location", "/there")
                self.send_header("content-length", "0")
                self.end_headers()
                return
            body = counting.words
            self.send_response(200)
            if self.path.startswith("/parts"):
                self._send_parts()
                return
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        def _send_parts(self) -> None:
            self.send_header("content-length", str(sum(map(len, PARTS))))
            self.end_headers()
            self.wfile.write(PARTS[0] if counting.words == b"hello" else b"other ")
            self.wfile.flush()
            counting.begun.set()
            counting.release.wait(10)
            self.wfile.write(PARTS[1])

        do_GET = do_POST = do_PUT = do_HEAD = _answer

    class Server(http.server.ThreadingHTTPServer):
        def handle_error(self, *_: object) -> None:
            """A client that was killed is no fault."""

    with Server(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        counting.url = f"http://127.0.0.1:{server.server_port}"
        try:
            yield counting
        finally:
            counting.release.set()
            server.shutdown()
            thread.join()
