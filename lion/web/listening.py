"""Look here if you want to know who listens for commands in a state directory, and to how many.

Rule: the socket is its owner's alone, by its mode and by who is at the other end.
Rule: as many speak at once as there are places; one more is told so and let go.
Rule: who has not finished asking keeps nobody out: of too many, the one that has been at it
longest is let go.
"""

import os
import socket
import struct
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final, TypeAlias, TypeVar

import trio

from lion.domain.task import Principal, Role
from lion.errors import InternalError, LionError, OperatorError
from lion.fittings import name_of_user
from lion.kernel.groups import flattened
from lion.service.sockets import reachable
from lion.web.connection import Answer, Connection, Request, answer_of
from lion.web.newcomers import Newcomers
from lion.web.routes import Endpoint

MOST_CONNECTIONS: Final = 128
"""How many are answered at the same time."""
MOST_STREAMS: Final = 96
"""How many of them without end: who follows leaves places to others."""
MOST_ASKING: Final = 128
"""How many may be about to ask at the same time."""
BACKLOG: Final = 128
MOST_TOLD: Final = 32
"""How many are told at the same time that there is no place; any more are let go."""

T = TypeVar("T")
Stream: TypeAlias = trio.SocketStream | trio.SSLStream[trio.SocketStream]
Admit: TypeAlias = Callable[[Request, Stream], Awaitable[tuple[Request, Principal]]]
"""Says who asks, and what, before there is a body. Raises LionError for who may not."""
Find: TypeAlias = Callable[[Request, Principal], Endpoint]
"""Says what a request is for. Raises LionError."""
Handle: TypeAlias = Callable[[Endpoint, Request, Principal], Awaitable[Answer]]
"""Carries a request out for who asks. Raises LionError."""


@contextmanager
def open_socket(path: Path) -> Iterator[trio.SocketListener]:
    """A socket at a path, which nobody else may open; what was left there goes. Raises
    OperatorError.
    """
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        with reachable(path) as name:
            path.unlink(missing_ok=True)
            before = os.umask(0o177)
            try:
                sock.bind(name)
            except OSError as exc:
                raise OperatorError(
                    f"nobody can listen at {str(path)!r}: {exc.strerror}",
                    hint="choose another state directory with --state DIR",
                ) from exc
            finally:
                os.umask(before)
        sock.listen(BACKLOG)
        yield trio.SocketListener(trio.socket.from_stdlib_socket(sock))
    finally:
        sock.close()
        path.unlink(missing_ok=True)


class Door:
    """What all who come to one listener share: its places, and what they are asked."""

    def __init__(self, admit: Admit, find: Find, handle: Handle) -> None:
        self.admit = admit
        self.find = find
        self.handle = handle
        self.refused: Callable[[LionError], None] = lambda error: None
        """Told of each request that is not carried out."""
        self._places = trio.CapacityLimiter(MOST_CONNECTIONS)
        self._streams = trio.CapacityLimiter(MOST_STREAMS)
        self._told = trio.CapacityLimiter(MOST_TOLD)
        self._newcomers = Newcomers()

    async def listen(self, listener: "trio.abc.Listener[Stream]") -> None:
        """Answer whoever comes, for ever."""
        async with trio.open_nursery() as nursery:
            await trio.serve_listeners(self._serve, [listener], handler_nursery=nursery)

    async def _serve(self, stream: Stream) -> None:
        with suppress(trio.BrokenResourceError, trio.ClosedResourceError):
            async with stream:
                connection = Connection(stream)
                try:
                    await self._serve_one(connection, stream)
                except OperatorError as exc:  # there is no place for him
                    with suppress(trio.WouldBlock), _one_of(self._told):
                        await self._tell(connection, exc)

    async def _serve_one(self, connection: Connection, stream: Stream) -> None:
        """Read one request, and answer it. Raises OperatorError if there is no place."""
        asked = None
        with self._newcomers.one(MOST_ASKING) as place:
            asked = await self._told_of(connection, self._ask(connection, stream))
        if place.cancelled_caught:
            raise OperatorError(
                f"{MOST_ASKING} others are about to ask", hint="ask at once", status=503
            )
        if asked is None:
            return
        with suppress(trio.WouldBlock), _one_of(self._places):
            await self._told_of(connection, self._answer(connection, *asked))
            return
        raise OperatorError(
            f"{MOST_CONNECTIONS} speak to this service already", hint="try again later", status=503
        )

    async def _told_of(self, connection: Connection, doing: Awaitable[T]) -> T | None:
        """Do it, and tell who asked what went wrong."""
        try:
            return await doing
        except LionError as exc:
            await self._tell(connection, exc)
        except (trio.BrokenResourceError, trio.ClosedResourceError):
            raise
        except Exception as exc:  # noqa: BLE001 - the seam: one request's bug is its own
            await self._tell(connection, InternalError(f"{type(exc).__name__}: {exc}"))
        return None

    async def _ask(
        self, connection: Connection, stream: Stream
    ) -> tuple[Endpoint, Request, Principal] | None:
        head = await connection.read_head()
        if head is None:
            return None
        head, who = await self.admit(head, stream)
        endpoint = self.find(head, who)
        return endpoint, await connection.read_body(head, endpoint.most), who

    async def _answer(
        self, connection: Connection, endpoint: Endpoint, request: Request, who: Principal
    ) -> None:
        """Carry a request out; who leaves ends what is done only for him."""
        with flattened():
            async with trio.open_nursery() as nursery:
                nursery.start_soon(_leave, connection, nursery.cancel_scope)
                answer = await self.handle(endpoint, request, who)
                with self._going_on(answer):
                    await connection.write(answer)
                nursery.cancel_scope.cancel()

    @contextmanager
    def _going_on(self, answer: Answer) -> Iterator[None]:
        """A place among those who are answered without end, if he is. Raises OperatorError."""
        if answer.pieces is None:
            yield
            return
        holder = object()
        try:
            self._streams.acquire_on_behalf_of_nowait(holder)
        except trio.WouldBlock:
            raise OperatorError(
                f"{MOST_STREAMS} follow this service already",
                hint="close some pages, or try later", status=503,
            ) from None  # fmt: skip
        try:
            yield
        finally:
            self._streams.release_on_behalf_of(holder)

    async def _tell(self, connection: Connection, error: LionError) -> None:
        self.refused(error)
        if connection.has_begun:  # it is cut off, which is all that can be said
            return
        await connection.write(answer_of(error))
        await connection.linger()


@contextmanager
def _one_of(places: trio.CapacityLimiter) -> Iterator[None]:
    """A place while this lasts. Raises trio.WouldBlock if there is none."""
    holder = object()
    places.acquire_on_behalf_of_nowait(holder)
    try:
        yield
    finally:
        places.release_on_behalf_of(holder)


async def _leave(connection: Connection, scope: trio.CancelScope) -> None:
    with suppress(trio.BrokenResourceError):
        await connection.wait_left()
    scope.cancel()


async def admit_owner(request: Request, stream: Stream) -> tuple[Request, Principal]:
    """Who is at the other end of the state directory's socket: its owner, who is administrator.
    Raises OperatorError.
    """
    assert isinstance(stream, trio.SocketStream)
    who = principal_of(stream)
    if who is None:
        raise OperatorError("the socket is another user's", status=403)
    return request, who


def principal_of(stream: trio.SocketStream) -> Principal | None:
    """Who is at the other end: the socket's owner, who is administrator, or nobody we know."""
    if not hasattr(socket, "SO_PEERCRED"):  # where there is none, the socket's mode has to do
        return Principal("user", name_of_user(os.getuid()), Role.ADMINISTRATOR)
    data = stream.socket.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    _, uid, _ = struct.unpack("3i", data)
    if uid != os.getuid():
        return None
    return Principal("user", name_of_user(uid), Role.ADMINISTRATOR)
