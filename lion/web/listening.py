"""Look here if you want to know who listens for commands in a state directory, and to how many.

Rule: the socket is its owner's alone, by its mode and by who is at the other end.
Rule: as many speak at once as there are places; one more is told so and let go.
"""

import os
import socket
import struct
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

import trio

from lion.domain.task import Principal, Role
from lion.errors import InternalError, LionError, OperatorError
from lion.fittings import name_of_user
from lion.kernel.groups import flattened
from lion.service.sockets import reachable
from lion.web.connection import Answer, Connection, Request, answer_of

MOST_CONNECTIONS: Final = 128
"""How many speak at the same time."""
BACKLOG: Final = 128
MOST_TOLD: Final = 32
"""How many are told at the same time that there is no place; any more are let go."""

Handle = Callable[[Request, Principal], Awaitable[Answer]]
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


async def listen(listener: trio.SocketListener, handle: Handle) -> None:
    """Answer whoever comes, for ever."""
    door = _Door(handle, trio.CapacityLimiter(MOST_CONNECTIONS), trio.CapacityLimiter(MOST_TOLD))
    async with trio.open_nursery() as nursery:
        await trio.serve_listeners(door.serve, [listener], handler_nursery=nursery)


class _Door:
    """Lets in as many as there are places, tells some that there is none, and lets others go."""

    def __init__(
        self, handle: Handle, places: trio.CapacityLimiter, told: trio.CapacityLimiter
    ) -> None:
        self._handle = handle
        self._places = places
        self._told = told

    async def serve(self, stream: trio.SocketStream) -> None:
        """Answer one request, if there is a place."""
        async with stream:
            connection = Connection(stream)
            with suppress(trio.WouldBlock), _one_of(self._places):
                await _answered(connection, self._handle, principal_of(stream))
                return
            with suppress(trio.WouldBlock), _one_of(self._told):
                await _tell(connection, _no_place())


@contextmanager
def _one_of(places: trio.CapacityLimiter) -> Iterator[None]:
    """A place while this lasts. Raises trio.WouldBlock if there is none."""
    places.acquire_nowait()
    try:
        yield
    finally:
        places.release()


async def _answered(connection: Connection, handle: Handle, who: Principal | None) -> None:
    """Read one request, and answer it; who leaves ends what is done only for him."""
    try:
        request = await connection.read()
        if request is None:
            return
        if who is None:
            raise OperatorError("the socket is another user's", status=403)
        with flattened():
            async with trio.open_nursery() as nursery:
                nursery.start_soon(_leave, connection, nursery.cancel_scope)
                await connection.write(await handle(request, who))
                nursery.cancel_scope.cancel()
    except LionError as exc:
        await _tell(connection, exc)
    except (trio.BrokenResourceError, trio.ClosedResourceError):
        return
    except Exception as exc:  # noqa: BLE001 - the seam: one request's bug is its own
        await _tell(connection, InternalError(f"a bug in lion: {type(exc).__name__}: {exc}"))


async def _leave(connection: Connection, scope: trio.CancelScope) -> None:
    with suppress(trio.BrokenResourceError):
        await connection.wait_left()
    scope.cancel()


async def _tell(connection: Connection, error: LionError) -> None:
    if not connection.has_begun:  # else it is cut off, which is all that can be said
        with suppress(trio.BrokenResourceError):
            await connection.write(answer_of(error))
            await connection.linger()


def _no_place() -> OperatorError:
    return OperatorError(
        f"{MOST_CONNECTIONS} speak to this service already", hint="try again later", status=503
    )


def principal_of(stream: trio.SocketStream) -> Principal | None:
    """Who is at the other end: the socket's owner, who is administrator, or nobody we know."""
    if not hasattr(socket, "SO_PEERCRED"):  # where there is none, the socket's mode has to do
        return Principal("user", name_of_user(os.getuid()), Role.ADMINISTRATOR)
    data = stream.socket.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    _, uid, _ = struct.unpack("3i", data)
    if uid != os.getuid():
        return None
    return Principal("user", name_of_user(uid), Role.ADMINISTRATOR)
