"""Look here if you want to know how a connection comes about: to the address that was vetted.

Rule: a name is resolved once for a connection, and the connection goes to an address of that
answer; nobody resolves it again.
Rule: how long reading and connecting may take is the door's to say, by cancelling.
Rule: TLS is checked against the host of the URL, not against the address.
Rule: behind the operator's proxy the name is resolved anew, there: what is known of it here is
vetted first, but what it reaches is pinned no more.
"""

import math
import os
import ssl
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from ipaddress import ip_address
from typing import Any

import httpcore2
import trio

from lion.capabilities.http.addresses import Address, Network, objection, vet
from lion.capabilities.http.connection import Toll
from lion.capabilities.http.proxy import connect_through
from lion.domain.call import CallError
from lion.listeners import is_own
from lion.scopes.http_url import Url

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]
"""The addresses of a host for a port, as text. Raises OSError."""


async def resolve(host: str, port: int) -> Sequence[str]:
    """Ask the system. Raises OSError."""
    answers = await trio.socket.getaddrinfo(host, port, type=trio.socket.SOCK_STREAM)
    return [str(sockaddr[0]) for *_, sockaddr in answers]


class VettedNetwork(httpcore2.AsyncNetworkBackend):
    """Connects for one pool; `allowed` are the networks its grant names, `proxy` the operator's.

    A private address that was named is not the proxy's to reach: it is connected to from here.
    """

    def __init__(
        self, allowed: Sequence[Network], resolve: Resolve, proxy: Url | None = None
    ) -> None:
        self._allowed = allowed
        self._resolve = resolve
        self._proxy = proxy

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        """Resolve, vet, connect. Raises CallError: `dns`, `denied`, `connection`."""
        addresses = await self._vetted(host, port)
        if self._proxy is not None and all(objection(one) is None for one in addresses):
            return _Stream(await connect_through(self._proxy, host, port, self._connect_proxy))
        stream = await _connect_any(addresses, port, timeout or 10.0)
        if stream is None:
            raise CallError("connection", f"{host} takes no connection on port {port}")
        return _Stream(stream)

    async def sleep(self, seconds: float) -> None:
        await trio.sleep(seconds)

    async def _vetted(self, host: str, port: int) -> list[Address]:
        """The addresses; none where only the proxy knows the name. Raises CallError."""
        try:
            found = vet(host, await self._addresses(host, port), self._allowed)
        except CallError as exc:
            if exc.case == "dns" and self._proxy is not None:
                return []
            raise
        if any(is_own(one, port) for one in found):
            raise CallError("denied", f"{host} is lion's own, at port {port}")
        return found

    async def _connect_proxy(self, host: str, port: int) -> trio.SocketStream | None:
        try:
            texts = [host] if _is_address(host) else await self._resolve(host, port)
        except OSError:
            return None
        return await _connect_any([ip_address(text) for text in texts], port, 10.0)

    async def _addresses(self, host: str, port: int) -> Sequence[str]:
        if _is_address(host):
            return [host]
        try:
            return await self._resolve(host, port)
        except OSError as exc:
            raise CallError("dns", f"{host} has no address: {exc.strerror or exc}") from None


class _Stream(httpcore2.AsyncNetworkStream):
    """A connection, plain or TLS."""

    def __init__(self, stream: trio.SocketStream | trio.SSLStream[trio.SocketStream]) -> None:
        self._stream = stream
        self.reads = 0
        """How often it was read from, which always gives way to other tasks."""
        self.toll: Toll | None = None

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ASYNC109
        """Raises CallError("exhausted"): what comes is paid for."""
        self.reads += 1
        try:
            if isinstance(self._stream, trio.SSLStream):
                piece = bytes(await self._stream.receive_some(max_bytes))
            else:
                piece = await _receive(self._stream.socket, max_bytes)
        except (OSError, trio.BrokenResourceError, trio.ClosedResourceError) as exc:
            raise httpcore2.ReadError("the connection broke") from exc
        if self.toll is not None:
            self.toll.came(len(piece))
        return piece

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ASYNC109
        """Raises httpcore2.WriteTimeout if nobody takes it."""
        try:
            with _as(httpcore2.WriteError), trio.fail_after(timeout or math.inf):
                await self._stream.send_all(buffer)
        except trio.TooSlowError:
            raise httpcore2.WriteTimeout from None

    async def aclose(self) -> None:
        await self._stream.aclose()

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ASYNC109
    ) -> httpcore2.AsyncNetworkStream:
        """Raises CallError("tls")."""
        assert isinstance(self._stream, trio.SocketStream)
        stream = trio.SSLStream(
            self._stream, ssl_context, server_hostname=server_hostname, https_compatible=True
        )
        try:
            await stream.do_handshake()
        except trio.BrokenResourceError as exc:
            await trio.aclose_forcefully(self._stream)
            raise CallError("tls", f"{server_hostname}: {_reason(exc.__cause__)}") from None
        except BaseException:
            await trio.aclose_forcefully(self._stream)
            raise
        return _Stream(stream)

    def get_extra_info(self, info: str) -> Any:
        """Only whether something came while nobody asked, which ends a kept connection."""
        if info != "is_readable":
            return None
        return self._socket.is_readable() or _has_left(self._stream)

    def cut(self) -> None:
        """Break it off: whoever reads gets a ReadError."""
        self._socket.close()

    @property
    def _socket(self) -> trio.socket.SocketType:
        plain = self._stream
        if isinstance(plain, trio.SSLStream):
            plain = plain.transport_stream
        return plain.socket


def _has_left(stream: trio.SocketStream | trio.SSLStream[trio.SocketStream]) -> bool:
    """Whether TLS holds anything that came and that nobody has read."""
    if not isinstance(stream, trio.SSLStream):
        return False
    # trio tells this to nobody. Were it to rename them, no connection would be kept.
    inside = [getattr(stream, name, None) for name in ("_incoming", "_ssl_object")]
    return any(one is None or _pending(one) for one in inside)


def _pending(held: ssl.MemoryBIO | ssl.SSLObject) -> int:
    return held.pending if isinstance(held, ssl.MemoryBIO) else held.pending()


async def _receive(socket: trio.socket.SocketType, most: int) -> bytes:
    """What has come. Waits first: trio reads first, and who follows a stream does that in vain.

    Raises OSError, trio.ClosedResourceError.
    """
    while True:
        number = socket.fileno()
        if number < 0:
            raise trio.ClosedResourceError("the connection is closed")
        await trio.lowlevel.wait_readable(number)
        try:
            # Asked anew: it may have been closed since, and its number be another's.
            return os.read(socket.fileno(), most)
        except BlockingIOError:
            continue


@contextmanager
def _as(kind: type[Exception]) -> Iterator[None]:
    """What a broken connection raises in the words of the client."""
    try:
        yield
    except (trio.BrokenResourceError, trio.ClosedResourceError) as exc:
        raise kind("the connection broke") from exc


async def _connect_any(
    addresses: Sequence[Address], port: int, seconds: float
) -> trio.SocketStream | None:
    """A connection to the first address that takes one."""
    until = trio.current_time() + seconds
    for place, address in enumerate(addresses):
        # An address that does not answer leaves time for the others.
        share = (until - trio.current_time()) / (len(addresses) - place)
        with trio.move_on_after(max(share, 0.0)):
            stream = await _connect(address, port)
            if stream is not None:
                return stream
    return None


async def _connect(address: Address, port: int) -> trio.SocketStream | None:
    """A connection to exactly this address, or None if it takes none."""
    family = trio.socket.AF_INET if address.version == 4 else trio.socket.AF_INET6
    socket = trio.socket.socket(family, trio.socket.SOCK_STREAM)
    try:
        await socket.connect((str(address), port))
    except OSError:
        socket.close()
        return None
    except BaseException:
        socket.close()
        raise
    return trio.SocketStream(socket)


def _reason(cause: BaseException | None) -> str:
    match cause:
        case ssl.SSLCertVerificationError():
            return f"the certificate is refused: {cause.verify_message}"
        case ssl.SSLError():
            return f"no TLS comes about: {cause.reason}"
        case _:
            return "the connection ended before TLS came about"


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
