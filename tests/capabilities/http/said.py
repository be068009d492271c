"""Look here if you want to know how a test gets a server that says exactly these bytes, over HTTP
or TLS, on connections that it keeps.
"""

import ssl
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import trio
import trustme

NAME = "api.example.com"


class Said:
    """Gives each request the next of `answers`, the last one again and again.

    An answer is pieces; over TLS each is a record of its own, and all go out at once. One that is
    None ends the connection.
    """

    def __init__(self, answers: Sequence[Sequence[bytes | None]]) -> None:
        self._answers = list(answers)
        self.lines: list[bytes] = []
        """First line of each request."""
        self.connections = 0
        self.url = ""
        self.trust: ssl.SSLContext | None = None
        self._last: tuple[trio.abc.Stream, _Held] | None = None

    async def push(self, piece: bytes) -> None:
        """Say something on the last connection that nobody asked for."""
        assert self._last is not None
        stream, out = self._last
        await stream.send_all(piece)
        await out.flush()

    async def serve(self, stream: trio.abc.Stream, out: "_Held") -> None:
        """One connection."""
        self.connections += 1
        self._last = stream, out
        buffer = b""
        while True:
            while b"\r\n\r\n" not in buffer:
                piece = await stream.receive_some()
                if not piece:
                    return
                buffer += bytes(piece)
            head, _, buffer = buffer.partition(b"\r\n\r\n")
            self.lines.append(head.split(b"\r\n")[0])
            answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
            for part in answer:
                if part is not None:
                    await stream.send_all(part)
            await out.flush()
            if None in answer:
                return


class _Held(trio.abc.Stream):
    """A connection whose bytes go out together, when they are flushed or an answer is awaited."""

    def __init__(self, stream: trio.SocketStream) -> None:
        self._stream = stream
        self._held = b""

    async def send_all(self, data: bytes | bytearray | memoryview) -> None:
        await trio.lowlevel.checkpoint()
        self._held += bytes(data)

    async def flush(self) -> None:
        held, self._held = self._held, b""
        await self._stream.send_all(held)

    async def receive_some(self, max_bytes: int | None = None) -> bytes | bytearray:
        await self.flush()
        return await self._stream.receive_some(max_bytes)

    async def wait_send_all_might_not_block(self) -> None:
        await trio.lowlevel.checkpoint()

    async def aclose(self) -> None:
        await self._stream.aclose()


@asynccontextmanager
async def open_said(*answers: Sequence[bytes | None], is_tls: bool = False) -> AsyncIterator[Said]:
    """A server on a free port of the loopback; over TLS it is `api.example.com`."""
    said = Said(answers)
    context = None
    if is_tls:
        authority = trustme.CA()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert(NAME).configure_cert(context)
        said.trust = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        authority.configure_trust(said.trust)

    async def serve(stream: trio.SocketStream) -> None:
        out = _Held(stream)
        inside: trio.abc.Stream = out
        if context is not None:
            inside = trio.SSLStream(out, context, server_side=True, https_compatible=True)
        try:
            await said.serve(inside, out)
        except (trio.BrokenResourceError, trio.ClosedResourceError):
            pass
        finally:
            await trio.aclose_forcefully(stream)

    async with trio.open_nursery() as nursery:
        (listener,) = await trio.open_tcp_listeners(0, host="127.0.0.1")
        port = listener.socket.getsockname()[1]
        said.url = f"https://{NAME}:{port}" if is_tls else f"http://127.0.0.1:{port}"
        nursery.start_soon(trio.serve_listeners, serve, [listener])
        yield said
        nursery.cancel_scope.cancel()
