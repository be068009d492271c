"""Look here if you want to know how a test has a server on the loopback, honest or hostile.

Each path is a behaviour. The server speaks HTTP by hand, because a library would not lie.
"""

import gzip
import json
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from urllib.parse import parse_qs, urlsplit

import msgspec
import trio

HEAD = b"HTTP/1.1 200 OK\r\n"


class Seen(msgspec.Struct, frozen=True):
    """A request as it arrived, byte for byte."""

    line: bytes
    headers: tuple[tuple[str, str], ...]
    body: bytes
    connection: int

    def header(self, name: str) -> str | None:
        return next((value for each, value in self.headers if each.lower() == name), None)


class Server:
    """What was asked of it, and where it is."""

    def __init__(self, port: int, scheme: str) -> None:
        self.port = port
        self.seen: list[Seen] = []
        self.connections = 0
        self.cut = trio.Event()
        """Set once a client has gone away from an answer that does not end."""
        self.url = f"{scheme}://127.0.0.1:{port}"

    async def serve(self, stream: trio.abc.Stream) -> None:
        """One connection."""
        self.connections += 1
        number = self.connections
        try:
            buffer = b""
            while True:
                seen, buffer = await _read(stream, buffer, number)
                if seen is None:
                    break
                self.seen.append(seen)
                if not await self._answer(stream, seen):
                    break
        except (trio.BrokenResourceError, trio.ClosedResourceError):
            self.cut.set()
        finally:
            await trio.aclose_forcefully(stream)

    async def _answer(self, stream: trio.abc.Stream, seen: Seen) -> bool:
        """Answer; False if the connection ends then."""
        target = seen.line.split(b" ")[1].decode()
        parts = urlsplit(target)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        behaviour = getattr(self, "_do_" + parts.path.strip("/").replace("-", "_"), None)
        if behaviour is None:
            await stream.send_all(b"HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\n\r\ngone")
            return True
        return bool(await behaviour(stream, seen, query))

    async def _do_ok(self, stream, seen, query) -> bool:  # type: ignore[no-untyped-def]
        await stream.send_all(_whole(b"text/plain", b"hello"))
        return True

    async def _do_close(self, stream, seen, query) -> bool:  # type: ignore[no-untyped-def]
        """As /ok, and the connection is not kept."""
        await stream.send_all(_whole(b"text/plain", b"hello", b"Connection: close\r\n"))
        return False

    async def _do_echo(self, stream, seen, query) -> bool:  # type: ignore[no-untyped-def]
        """Everything that came, in the body and in a header of its own."""
        shown = {
            "line": seen.line.decode(),
            "headers": dict(seen.headers),
            "body": seen.body.decode("latin-1"),
        }
        text = json.dumps(shown).encode()
        extra = b"X-Echo: " + json.dumps(shown["headers"]).encode() + b"\r\n"
        extra += b"X-Line: " + seen.line + b"\r\n"
        if "gzip" in query:
            text, extra = gzip.compress(text), extra + b"Content-Encoding: gzip\r\n"
        if "pieces" in query:
            await stream.send_all(HEAD + extra + b"Transfer-Encoding: chunked\r\n\r\n")
            for at in range(len(text)):
                await stream.send_all(b"1\r\n" + text[at : at + 1] + b"\r\n")
            await stream.send_all(b"0\r\n\r\n")
            return True
        await stream.send_all(_whole(b"application/json", text, extra))
        return True

    async def _do_echo_range(self, stream, seen, query) -> bool:  # type: ignore[no-untyped-def]
        """The credential, or as much of it as is asked for, in one of the ways of servers."""
        text = json.dumps(dict(seen.headers)).encode()
        asked = [value for name, value in seen.headers if "range" in name.lower()]
        first, _, last = (query.get("bytes") or asked[0].split("=")[1]).partition("-")
        piece = text[int(first) : int(last) + 1]
        head = b"HTTP/1.1 206 Partial Content\r\nContent-Length: %d\r\n" % len(piece)
        span = f"Content-Range: bytes {first}-{last}/{len(text)}\r\n\r\n".encode()
        await stream.send_all(head + span + piece)
        return True

    async def _do_cut_echo(self, stream, seen, query) -> bool:  # type: ignore[no-untyped-def]
        """The credential but for its last character."""
        await stream.send_all(
            _whole(b"text/plain", (seen.header("authorization") or "")[:-1].encode())
        )
        return True

    async def _do_redirect(self, stream, seen, query) -> bool:  # type: ignore[no-untyped-def]
        status = query.get("status", "302").encode()
        location = b"Location: " + query["to"].encode() + b"\r\n"
        await stream.send_all(
            b"HTTP/1.1 " + status + b" Moved\r\n" + location + b"Content-Length: 0\r\n\r\n"
        )
        return True

    async def _do_loop(self, stream, seen, query) -> bool:  # type: ignore[no-untyped-def]
        return await self._do_redirect(stream, seen, {"to": "/loop"})

    async def _do_leak(self, stream, seen, query) -> bool:  # type: ignore[no-untyped-def]
        """Sends on to where the credential is in the URL."""
        secret = (seen.header("authorization") or "none").split(" ")[-1]
        return await self._do_redirect(stream, seen, {"to": f"/ok?got={secret}"})

    async def _do_body(self, stream, seen, query) -> bool:  # type: ignore[no-untyped-def]
        await stream.send_all(_whole(b"text/plain", b"x" * int(query["size"])))
        return True

    async def _do_gzip(self, stream, seen, query) -> bool:  # type: ignore[no-untyped-def]
        body = gzip.compress(b"hello " * 1_000) + gzip.compress(b"again")
        await stream.send_all(_whole(b"text/plain", body, b"Content-Encoding: gzip\r\n"))
        return True

    async def _do_bomb(self, stream, seen, query) -> bool:  # type: ignore[no-untyped-def]
        # Made of members, because one of this size takes longer than a test may wait for it.
        body = gzip.compress(bytes(4 * 1024 * 1024), 1) * 16
        await stream.send_all(_whole(b"text/plain", body, b"Content-Encoding: gzip\r\n"))
        return True

    async def _do_empty_blocks(self, stream, seen, query) -> bool:  # type: ignore[no-untyped-def]
        """Gzip that goes on for ever and has nothing in it."""
        head = b"Content-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n"
        await stream.send_all(HEAD + head + b"a\r\n" + gzip.compress(b"")[:10] + b"\r\n")
        blocks = b"\x00\x00\x00\xff\xff" * 1_000
        while True:
            await stream.send_all(f"{len(blocks):x}\r\n".encode() + blocks + b"\r\n")

    async def _do_cut_gzip(self, stream, seen, query) -> bool:  # type: ignore[no-untyped-def]
        body = gzip.compress(b"hello " * 1_000)[:-12]
        await stream.send_all(_whole(b"text/plain", body, b"Content-Encoding: gzip\r\n"))
        return True

    async def _do_brotli(self, stream, seen, query) -> bool:  # type: ignore[no-untyped-def]
        await stream.send_all(_whole(b"text/plain", b"????", b"Content-Encoding: br\r\n"))
        return True

    async def _do_endless(self, stream, seen, query) -> bool:  # type: ignore[no-untyped-def]
        await stream.send_all(HEAD + b"Transfer-Encoding: chunked\r\n\r\n")
        while True:
            await stream.send_all(b"1000\r\n" + b"x" * 4096 + b"\r\n")

    async def _do_endless_headers(self, stream, seen, query) -> bool:  # type: ignore[no-untyped-def]
        await stream.send_all(HEAD)
        while True:
            await stream.send_all(b"X-Filler: " + b"x" * 1000 + b"\r\n")

    async def _do_big_head(self, stream, seen, query) -> bool:  # type: ignore[no-untyped-def]
        await stream.send_all(_whole(b"text/plain", b"", b"X-Big: " + b"x" * 70_000 + b"\r\n"))
        return True

    async def _do_endless_100(self, stream, seen, query) -> bool:  # type: ignore[no-untyped-def]
        while True:
            await stream.send_all(b"HTTP/1.1 100 Continue\r\n\r\n")
            await trio.lowlevel.checkpoint()

    async def _do_drip(self, stream, seen, query) -> bool:  # type: ignore[no-untyped-def]
        """A byte at a time, never long enough apart to be idle."""
        await stream.send_all(HEAD + b"Content-Length: 100000\r\n\r\n")
        return await _drip(stream)

    async def _do_drip_head(self, stream, seen, query) -> bool:  # type: ignore[no-untyped-def]
        await stream.send_all(HEAD + b"X-Slow: ")
        return await _drip(stream)

    async def _do_silent(self, stream, seen, query) -> bool:  # type: ignore[no-untyped-def]
        await stream.receive_some()
        self.cut.set()
        return False

    async def _do_stuck(self, stream, seen, query) -> bool:  # type: ignore[no-untyped-def]
        await stream.send_all(HEAD + b"Content-Length: 10\r\n\r\nhalf")
        await stream.receive_some()
        return False

    async def _do_short(self, stream, seen, query) -> bool:  # type: ignore[no-untyped-def]
        await stream.send_all(HEAD + b"Content-Length: 10\r\n\r\nhalf")
        return False

    async def _do_drop(self, stream, seen, query) -> bool:  # type: ignore[no-untyped-def]
        return False

    async def _do_garbage(self, stream, seen, query) -> bool:  # type: ignore[no-untyped-def]
        await stream.send_all(b"I am no web server at all\r\n\r\n")
        return False

    async def _do_switch(self, stream, seen, query) -> bool:  # type: ignore[no-untyped-def]
        await stream.send_all(
            b"HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n"
        )
        return False

    async def _do_cookie(self, stream, seen, query) -> bool:  # type: ignore[no-untyped-def]
        await stream.send_all(_whole(b"text/plain", b"ok", b"Set-Cookie: a=b; Path=/\r\n"))
        return True


async def _drip(stream: trio.abc.Stream) -> bool:
    while True:
        await stream.send_all(b"x")
        await trio.sleep(0.01)


def _whole(kind: bytes, body: bytes, extra: bytes = b"") -> bytes:
    length = str(len(body)).encode()
    return (
        HEAD + b"Content-Type: " + kind + b"\r\nContent-Length: " + length + b"\r\n" + extra
        + b"\r\n" + body
    )  # fmt: skip


async def _read(
    stream: trio.abc.Stream, buffer: bytes, connection: int
) -> tuple[Seen | None, bytes]:
    while b"\r\n\r\n" not in buffer:
        data = await stream.receive_some()
        if not data:
            return None, b""
        buffer += data
        if buffer[:1] == b"\x16":  # TLS, which this server does not speak
            await stream.send_all(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n")
            return None, b""
    head, _, buffer = buffer.partition(b"\r\n\r\n")
    line, *rest = head.split(b"\r\n")
    headers = tuple(
        (name.decode(), value.decode().strip())
        for name, _, value in (h.partition(b":") for h in rest)
    )
    named = {name.lower(): value for name, value in headers}
    if named.get("transfer-encoding") == "chunked":
        body, buffer = await _chunked(stream, buffer)
    else:
        length = int(named.get("content-length", "0"))
        while len(buffer) < length:
            buffer += await _some(stream)
        body, buffer = buffer[:length], buffer[length:]
    return Seen(line, headers, body, connection), buffer


async def _chunked(stream: trio.abc.Stream, buffer: bytes) -> tuple[bytes, bytes]:
    body = b""
    while True:
        while b"\r\n" not in buffer:
            buffer += await _some(stream)
        size, _, buffer = buffer.partition(b"\r\n")
        length = int(size, 16)
        while len(buffer) < length + 2:
            buffer += await _some(stream)
        body, buffer = body + buffer[:length], buffer[length + 2 :]
        if not length:
            return body, buffer


async def _some(stream: trio.abc.Stream) -> bytes:
    data = bytes(await stream.receive_some())
    if not data:
        raise trio.BrokenResourceError
    return data


@asynccontextmanager
async def open_server(tls: ssl.SSLContext | None = None) -> AsyncIterator[Server]:
    """A server on a free port of the loopback, gone with the context."""
    async with trio.open_nursery() as nursery:
        (listener,) = await trio.open_tcp_listeners(0, host="127.0.0.1")
        port = listener.socket.getsockname()[1]
        server = Server(port, "https" if tls else "http")

        async def serve(stream: trio.SocketStream) -> None:
            if tls is None:
                await server.serve(stream)
                return
            with suppress(trio.BrokenResourceError):
                await server.serve(trio.SSLStream(stream, tls, server_side=True))

        nursery.start_soon(trio.serve_listeners, serve, [listener])
        yield server
        nursery.cancel_scope.cancel()
