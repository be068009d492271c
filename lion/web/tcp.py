"""Look here if you want to know where a service listens for browsers and programs, and how that
is kept from strangers.

Rule: without TLS or a proxy that is named, only this machine is listened to.
"""

import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, TypeAlias
from urllib.parse import urlsplit

import msgspec
import trio

from lion.domain.task import Principal
from lion.errors import OperatorError
from lion.web.connection import Request
from lion.web.guard import Addressed, Guard, is_loopback, origins_at
from lion.web.listening import BACKLOG, Stream

USUAL_HOST: Final = "127.0.0.1"
USUAL_PORT: Final = 8080
SEND_BUFFER: Final = 256 * 1024
"""Bytes that the system keeps for who reads slowly."""

Listener: TypeAlias = "trio.SocketListener | _TlsListener"


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """Where to listen: an address, a port (0: a free one; None: the usual one, or else a free
    one), and with which certificate. `proxy` is
    the origin of what stands before it, as browsers say it (empty: nothing does).
    """

    host: str = USUAL_HOST
    port: int | None = None
    certificate: Path | None = None
    key: Path | None = None
    proxy: str = ""


class Opened(msgspec.Struct, frozen=True, kw_only=True):
    """A listener, where it listens, and how it is addressed."""

    listener: Listener
    host: str
    port: int
    addressed: Addressed


@contextmanager
def open_tcp(place: Place) -> Iterator[Opened]:
    """Listen there. Raises OperatorError for what nobody may or can listen at."""
    proxy = _proxy(place)
    context = _tls(place)
    if not (is_loopback(place.host) or context or proxy):
        raise OperatorError(
            f"at {place.host!r} others could hear what is said",
            hint="give --certificate FILE and --key FILE, or name the proxy before it that speaks "
            "TLS: --proxy https://HOST; or listen at 127.0.0.1",
        )
    sock = _bound_anywhere(place) if place.port is None else _bound(place.host, place.port)
    try:
        host, port = sock.getsockname()[:2]
        plain = trio.SocketListener(trio.socket.from_stdlib_socket(sock))
        origins = (proxy,) if proxy else origins_at(place.host, port, is_tls=context is not None)
        yield Opened(
            listener=plain if context is None else _TlsListener(plain, context),
            host=host, port=port, addressed=Addressed(origins=origins),
        )  # fmt: skip
    finally:
        sock.close()


class Admitter:
    """Finds who is at the other end of a connection, and asks the guard."""

    def __init__(self, guard: Guard) -> None:
        self._guard = guard

    async def __call__(self, request: Request, stream: Stream) -> tuple[Request, Principal]:
        plain = stream.transport_stream if isinstance(stream, trio.SSLStream) else stream
        peer = str(plain.socket.getpeername()[0])
        return await self._guard.admit(request, peer)


class _TlsListener(trio.abc.Listener[trio.SSLStream[trio.SocketStream]]):
    """Hands out connections that speak TLS; the handshake is theirs, within its time."""

    def __init__(self, plain: trio.SocketListener, context: ssl.SSLContext) -> None:
        self._plain = plain
        self._context = context

    async def accept(self) -> trio.SSLStream[trio.SocketStream]:
        stream = await self._plain.accept()
        return trio.SSLStream(stream, self._context, server_side=True, https_compatible=True)

    async def aclose(self) -> None:
        await self._plain.aclose()


def _proxy(place: Place) -> str:
    """The origin of a proxy as browsers write it. Raises OperatorError."""
    if not place.proxy:
        return ""
    try:
        parts = urlsplit(place.proxy)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        host, port, parts = "", None, urlsplit("")
    is_origin = parts.path in ("", "/") and not parts.query and not parts.fragment
    if parts.scheme not in ("http", "https") or not host or not is_origin or parts.username:
        raise OperatorError(
            f"--proxy is {place.proxy!r:.100}, which is no origin",
            hint="write it as browsers show it: --proxy https://lion.example.com",
        )
    if parts.scheme == "http" and not is_loopback(host):
        raise OperatorError(
            f"the proxy {place.proxy!r:.100} speaks no TLS",
            hint="let it speak TLS, and name it --proxy https://...",
        )
    name = f"[{host}]" if ":" in host else host
    usual = 443 if parts.scheme == "https" else 80
    return f"{parts.scheme}://{name}" + ("" if port in (None, usual) else f":{port}")


def _tls(place: Place) -> ssl.SSLContext | None:
    if place.certificate is None and place.key is None:
        return None
    if place.certificate is None or place.key is None:
        raise OperatorError(
            "TLS needs a certificate and its key", hint="give --certificate FILE and --key FILE"
        )
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(place.certificate, place.key, password=lambda: "")
    except (OSError, ValueError) as exc:  # ssl.SSLError among them
        why = getattr(exc, "reason", None) or getattr(exc, "strerror", None) or exc
        raise OperatorError(
            f"the certificate {str(place.certificate)!r} with the key {str(place.key)!r} cannot "
            f"be used: {why}",
            hint="give PEM files that belong together, the key without a password",
        ) from exc
    return context


def _bound_anywhere(place: Place) -> socket.socket:
    try:
        return _bound(place.host, USUAL_PORT)
    except OperatorError:
        return _bound(place.host, 0)


def _bound(host: str, port: int) -> socket.socket:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        family, kind, protocol, _, address = found[0]
        sock = socket.socket(family, kind, protocol)
    except (OSError, UnicodeError) as exc:
        raise _nowhere(host, port, exc) from exc
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)  # of its connections
        sock.bind(address)
        sock.listen(BACKLOG)
    except OSError as exc:
        sock.close()
        raise _nowhere(host, port, exc) from exc
    return sock


def _nowhere(host: str, port: int, exc: Exception) -> OperatorError:
    why = getattr(exc, "strerror", None) or str(exc)
    return OperatorError(
        f"nobody can listen at {host!r:.100}, port {port}: {why}",
        hint="choose another port: --port N, or --port 0 for a free one",
    )
