"""Look here if you want to know how a connection comes about: to the address that was vetted.

Rule: a name is resolved once for a connection, and the connection goes to an address of that
answer; nobody resolves it again.
Rule: how long reading and connecting may take is the door's to say, by cancelling.
Rule: TLS is checked against the host of the URL, not against the address.
"""

import math
import ssl
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from ipaddress import ip_address
from typing import Any

import httpcore2
import trio

from lion.capabilities.http_addresses import Address, Network, vet
from lion.domain.call import CallError

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]
"""The addresses of a host for a port, as text. Raises OSError."""


async def resolve(host: str, port: int) -> Sequence[str]:
    """Ask the system. Raises OSError."""
    answers = await trio.socket.getaddrinfo(host, port, type=trio.socket.SOCK_STREAM)
    return [str(sockaddr[0]) for *_, sockaddr in answers]


class VettedNetwork(httpcore2.AsyncNetworkBackend):
    """Connects for one pool; `allowed` are the networks its grant names."""

    def __init__(self, allowed: Sequence[Network], resolve: Resolve) -> None:
        self._allowed = allowed
        self._resolve = resolve

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        """Resolve, vet, connect. Raises CallError: `dns`, `denied`, `connection`."""
        addresses = vet(host, await self._addresses(host, port), self._allowed)
        until = trio.current_time() + (timeout or 10.0)
        for place, address in enumerate(addresses):
            # An address that does not answer leaves time for the others.
            share = (until - trio.current_time()) / (len(addresses) - place)
            with trio.move_on_after(max(share, 0.0)):
                stream = await _connect(address, port)
                if stream is not None:
                    return _Stream(stream)
        raise CallError("connection", f"{host} takes no connection on port {port}")

    async def sleep(self, seconds: float) -> None:
        await trio.sleep(seconds)

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

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ASYNC109
        with _as(httpcore2.ReadError):
            return bytes(await self._stream.receive_some(max_bytes))

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
        plain = self._stream
        if isinstance(plain, trio.SSLStream):
            plain = plain.transport_stream
        return plain.socket.is_readable()


@contextmanager
def _as(kind: type[Exception]) -> Iterator[None]:
    """What a broken connection raises in the words of the client."""
    try:
        yield
    except (trio.BrokenResourceError, trio.ClosedResourceError) as exc:
        raise kind("the connection broke") from exc


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
