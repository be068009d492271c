"""Look here if you want to know how requests are answered without a network: by a function.

Rule: it stands behind the door, where connections are: grants, rates, bytes, redirects, secrets
and packed bodies are as ever. What a private address is, is not asked: nothing is resolved.
"""

from collections.abc import AsyncIterable, Awaitable, Callable

import httpcore2
import msgspec

from lion.capabilities.http.headers import Header
from lion.scopes.http_url import Url


class CannedRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A request as a server would get it, with secrets put in. Header names are in lower case."""

    method: str
    url: str
    headers: tuple[Header, ...]
    body: bytes


class CannedAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What the server says."""

    status: int
    headers: tuple[Header, ...] = ()
    body: bytes = b""


AnswerRequest = Callable[[CannedRequest], Awaitable[CannedAnswer]]
"""Answers a request. Raises CallError for a server that does not answer."""


class CannedPool(httpcore2.AsyncConnectionPool):
    """Connections to nowhere."""

    def __init__(self, answer: AnswerRequest) -> None:
        super().__init__()
        self._answer = answer

    async def handle_async_request(self, request: httpcore2.Request) -> httpcore2.Response:
        """Read the whole request and answer it. Raises CallError."""
        body = b""
        assert isinstance(request.stream, AsyncIterable)
        async for piece in request.stream:
            body += piece
        url = Url(
            scheme=request.url.scheme.decode(),
            host=request.url.host.decode(),
            port=request.url.port or 0,
            path=request.url.target.decode(),
        )
        answer = await self._answer(
            CannedRequest(
                method=request.method.decode(),
                url=url.text,
                headers=tuple((n.decode(), v.decode()) for n, v in request.headers),
                body=body,
            )
        )
        headers = [(name.encode(), value.encode()) for name, value in answer.headers]
        return httpcore2.Response(answer.status, headers=headers, content=answer.body)
