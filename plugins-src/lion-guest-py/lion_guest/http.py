"""Requests to servers: each is decided by method and URL, and so is each redirect.

page = http.get("https://example.com/a", timeout=5).good().text
note = http.post("https://api.example.com/v1/notes", json={"a": 1}).good().json()

with http.stream("GET", "https://example.com/feed") as answer:
    for piece in answer:
        ...
"""

import json as _json

from .errors import Error, raised
from .interfaces import interface
from .packed import READ, pack, pieces, unpack

_host = interface("http")


class Response:
    """What came back: `status`, `headers` (names in lower case; several of one name joined by
    ", "), `url` after redirects, `body` as bytes.
    """

    def __init__(self, status, headers, url, body=b""):
        self.status = status
        self.headers = _read(headers)
        self.url = url
        self.body = body

    @property
    def text(self):
        """The body as UTF-8; what is none is replaced."""
        return self.body.decode(errors="replace")

    def json(self):
        """The body as JSON value. Raises ValueError."""
        return _json.loads(self.body)

    def good(self):
        """Itself, if the status is below 400. Raises Error(code="other")."""
        if self.status >= 400:
            raise Error("other", f"{self.url} answered {self.status}")
        return self


def request(method, url, *, headers=None, body=None, json=None, timeout=None):
    """Ask and wait for the whole answer, of at most 256 KiB (Error "exhausted" beyond: `stream`).
    `body` is text or bytes of at most 64 KiB, `json` a value in its place, `timeout` in seconds.
    """
    got = _host.send(_request(method, url, headers, body, json, timeout))
    return Response(got.status, got.headers, got.url, unpack(got.body))


def get(url, **how):
    """`request` with GET."""
    return request("GET", url, **how)


def post(url, **how):
    """`request` with POST."""
    return request("POST", url, **how)


def stream(method, url, *, headers=None, body=None, json=None, timeout=None):
    """Ask, and take the answer as it comes; a `body` may be as long as the grant allows."""
    if json is not None:
        body, headers = _json.dumps(json), {"content-type": "application/json", **(headers or {})}
    asked = _request(method, url, headers, None, None, timeout)
    exchange = Exchange(_host.start(asked, body is not None))
    if body is not None:
        exchange.send(body)
    return exchange


class Exchange:
    """An exchange under way, as a context: iterate over it for the body's pieces."""

    def __init__(self, started):
        self._exchange = started.exchange
        self.handle = started.readable

    def send(self, body):
        """The whole body of the request."""
        for piece in pieces(body):
            with raised():
                self._exchange.write(pack(piece))
        with raised():
            self._exchange.finish()

    def head(self):
        """Status and headers; waits for them."""
        with raised():
            got = self._exchange.head()
        return Response(got.status, got.headers, got.url)

    def __iter__(self):
        while True:
            with raised():
                piece = self._exchange.read(READ)
            if piece is None:
                return
            yield unpack(piece)

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self._exchange.__exit__(*exc)


def _request(method, url, headers, body, json, timeout):
    if json is not None:
        body, headers = _json.dumps(json), {"content-type": "application/json", **(headers or {})}
    lines = "\n".join(f"{name}: {value}" for name, value in (headers or {}).items())
    packed = None if body is None else pack(body)
    nanoseconds = None if timeout is None else int(timeout * 1e9)
    return _host.Request(method, url, lines, packed, nanoseconds)


def _read(lines):
    headers = {}
    for line in lines.splitlines():
        name, _, value = line.partition(": ")
        name = name.lower()
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return headers
