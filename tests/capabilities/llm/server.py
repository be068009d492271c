"""Look here if you want to know how a test gets a server that says exactly these bytes."""

import json
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import Any

import trio

from lion.capabilities.models.chat import Chat, Tool, User
from lion.capabilities.models.events import Event
from lion.domain.plan import Model


def sse(*chunks: Any, ending: str = "\n\n") -> bytes:
    """Chunks as server-sent events: values as JSON, texts as they are."""
    texts = [chunk if isinstance(chunk, str) else json.dumps(chunk) for chunk in chunks]
    return "".join(f"data: {text}{ending}" for text in texts).encode()


def delta(finish: str | None = None, **fields: Any) -> dict[str, Any]:
    """A chunk of `chat/completions` with this delta."""
    return {"choices": [{"index": 0, "delta": fields, "finish_reason": finish}]}


DONE = "[DONE]"
HELLO = (delta(role="assistant", content=None), delta(content="Hel"), delta(content="lo"))
END = (delta("stop"), {"choices": [], "usage": {"prompt_tokens": 7, "completion_tokens": 2}}, DONE)


def answer(
    *pieces: bytes, status: str = "200 OK", type: str = "text/event-stream", more: str = ""
) -> list[bytes]:
    """A whole HTTP answer that ends with its connection."""
    head = f"HTTP/1.1 {status}\r\ncontent-type: {type}\r\nconnection: close\r\n{more}\r\n"
    return [head.encode(), *pieces]


class Server:
    """Answers each request with the next of `answers`; the last one again and again.

    A piece that is None breaks the connection off, a number waits so many seconds.
    """

    def __init__(self, answers: Iterable[list[Any]]) -> None:
        self._answers = list(answers)
        self.requests: list[tuple[str, dict[str, Any]]] = []
        """Head and body of each."""
        self.port = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    def model(self, **fields: Any) -> Model:
        """A model of this server."""
        usual = {"provider": "openai", "base_url": self.url, "model": "m-1"}
        return Model(name="fast", **{**usual, **fields})

    async def serve(self, stream: trio.SocketStream) -> None:
        head, body = await _read_request(stream)
        self.requests.append((head, json.loads(body)))
        pieces = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        try:
            for piece in pieces:
                if piece is None:
                    return
                if isinstance(piece, bytes):
                    await stream.send_all(piece)
                else:
                    await trio.sleep(piece)
            await stream.send_eof()
        except (trio.BrokenResourceError, trio.ClosedResourceError):
            pass


async def _read_request(stream: trio.SocketStream) -> tuple[str, bytes]:
    data = b""
    while b"\r\n\r\n" not in data:
        data += await stream.receive_some()
    head, _, body = data.partition(b"\r\n\r\n")
    lines = head.decode().lower().split("\r\n")
    length = next(int(x.partition(":")[2]) for x in lines if x.startswith("content-length:"))
    while len(body) < length:
        body += await stream.receive_some()
    return head.decode(), body


@asynccontextmanager
async def open_server(*answers: list[Any]) -> AsyncIterator[Server]:
    """A server on a free port of loopback."""
    server = Server(answers)
    async with trio.open_nursery() as nursery:
        listeners = await trio.open_tcp_listeners(0, host="127.0.0.1")
        server.port = listeners[0].socket.getsockname()[1]

        async def quietly(stream: trio.SocketStream) -> None:
            async with stream:
                await server.serve(stream)

        nursery.start_soon(trio.serve_listeners, quietly, listeners)
        yield server
        nursery.cancel_scope.cancel()


def chat(text: str = "hello", *tools: str, **fields: Any) -> Chat:
    """A question with these tools."""
    return Chat(
        model="fast",
        messages=(User(text),),
        tools=tuple(Tool(name) for name in tools),
        **fields,
    )


class Ear:
    """Hears what a provider tells."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    async def __call__(self, event: Event) -> None:
        self.events.append(event)
