"""Look here if you want to know who may speak to a gateway, how many at once, and what is asked of
a connection before anything of it is believed.

Rule: it listens on this machine alone, and answers only who names it as that: a page in a browser
that got its own name to point here (DNS rebinding), or calls from another origin, is refused.
Rule: as many speak at once as there are places; one more is refused. Who has not said yet who he
is takes none of them: of those there are so many, and one more takes the place of the oldest.
"""

import socket
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Final

import trio

from lion.errors import InternalError, OperatorError
from lion.gateway.exchange import Exchange, Heard
from lion.gateway.refusals import Refusal
from lion.gateway.routes import speaks_anthropic
from lion.gateway.tokens import Tokens
from lion.kernel.groups import flattened
from lion.web.newcomers import Newcomers

MOST_CONNECTIONS: Final = 128
MOST_ASKING: Final = 128
"""Those who have not said yet who they are."""
BACKLOG: Final = 128
LOOPBACK: Final = "127.0.0.1"
NAMES: Final = (LOOPBACK, "localhost")

Answer = Callable[[Exchange, Heard, str], Awaitable[None]]
"""Answers one request of a client, by his name. Raises Refusal."""
NoteBug = Callable[[str], None]


@contextmanager
def open_port(port: int) -> Iterator[trio.SocketListener]:
    """A port of this machine, 0 for any that is free. Raises OperatorError."""
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            sock.bind((LOOPBACK, port))
        except OSError as exc:
            raise OperatorError(
                f"nobody can listen on port {port} of {LOOPBACK}: {exc.strerror}",
                hint="choose another with --port, or leave it out",
            ) from exc
        sock.listen(BACKLOG)
        yield trio.SocketListener(trio.socket.from_stdlib_socket(sock))
    finally:
        sock.close()


class Door:
    """Lets in who has a token. `note` is told of lion's own bugs."""

    def __init__(self, port: int, tokens: Tokens, answer: Answer, note: NoteBug) -> None:
        self._names = {f"{name}:{port}" for name in NAMES}
        self._tokens = tokens
        self._answer = answer
        self._note = note
        self._places = trio.CapacityLimiter(MOST_CONNECTIONS)
        self._newcomers = Newcomers()

    async def listen(self, listener: trio.SocketListener) -> None:
        """Answer whoever comes, for ever."""
        async with trio.open_nursery() as nursery:
            await trio.serve_listeners(self._serve, [listener], handler_nursery=nursery)

    async def _serve(self, stream: trio.SocketStream) -> None:
        async with stream:
            with suppress(trio.BrokenResourceError, trio.ClosedResourceError):
                await self._speak(Exchange(stream))

    @contextmanager
    def _one_who_speaks(self) -> Iterator[None]:
        """A place among those who are answered. Raises Refusal if there is none."""
        try:
            self._places.acquire_nowait()
        except trio.WouldBlock:
            words = f"{MOST_CONNECTIONS} speak to this gateway already"
            raise Refusal(503, "api_error", "crowded", words) from None
        try:
            yield
        finally:
            self._places.release()

    async def _speak(self, exchange: Exchange) -> None:
        heard: Heard | None = None
        name = ""
        try:
            with self._newcomers.one(MOST_ASKING) as place:
                heard = await exchange.head()
                if heard is None:
                    return
                self._check_names(heard)
                name = await self._tokens.name(heard.headers)
            if place.cancelled_caught or heard is None:
                return
            with self._one_who_speaks(), flattened():
                async with trio.open_nursery() as nursery:
                    await self._answer_while_heard(exchange, heard, name, nursery)
        except Refusal as exc:
            await _refuse(exchange, exc, heard)
        except (trio.BrokenResourceError, trio.ClosedResourceError):
            raise
        except Exception as exc:  # noqa: BLE001 - the seam: one request's bug is its own
            bug = InternalError(f"a bug in lion: {type(exc).__name__}: {str(exc)[:200]}")
            self._note(bug.what)
            await _refuse(exchange, Refusal(500, "api_error", "bug", bug.what), heard)

    async def _answer_while_heard(
        self, exchange: Exchange, heard: Heard, name: str, nursery: trio.Nursery
    ) -> None:
        exchange.when_read(lambda: nursery.start_soon(_leave, exchange, nursery.cancel_scope))
        await self._answer(exchange, heard, name)
        nursery.cancel_scope.cancel()

    def _check_names(self, heard: Heard) -> None:
        """Raise Refusal for who names this machine otherwise, or comes from a page."""
        host = heard.headers.get("host", "").lower()
        if host not in self._names:
            words = f"this gateway is {' or '.join(sorted(self._names))}, and nothing else"
            raise Refusal(421, "invalid_request_error", "wrong_host", words)
        if "origin" in heard.headers:
            words = "pages of a browser are not answered"
            raise Refusal(403, "permission_error", "wrong_origin", words)


async def _leave(exchange: Exchange, scope: trio.CancelScope) -> None:
    """Whoever leaves ends what is done only for him."""
    with suppress(trio.BrokenResourceError, trio.ClosedResourceError):
        await exchange.wait_left()
    scope.cancel()


async def _refuse(exchange: Exchange, refusal: Refusal, heard: Heard | None) -> None:
    if not exchange.has_begun:  # else it is cut off, which is all that can be said
        is_anthropic = heard is not None and speaks_anthropic(heard)
        with suppress(trio.BrokenResourceError, trio.ClosedResourceError):
            await exchange.refuse(refusal, anthropic=is_anthropic)
