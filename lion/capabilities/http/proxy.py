"""Look here if you want to know how a connection goes through the operator's proxy.

Rule: the operator's policy names it (`[http] proxy = ...`), never the environment or a manifest.
Rule: there is only CONNECT: what is sent is what was decided, and TLS is with the server itself.
Rule: the proxy resolves names: which address is reached can be neither vetted nor pinned here
(network.py vets what can be looked up here, all the same).
"""

from collections.abc import Awaitable, Callable
from typing import Final

import trio

from lion.domain.call import CallError
from lion.scopes.http_url import Url

MOST_HEAD: Final = 16 * 1024
"""Bytes of the proxy's answer."""

Connect = Callable[[str, int], Awaitable[trio.SocketStream | None]]
"""A connection to a host's port, None if it takes none."""


async def connect_through(proxy: Url, host: str, port: int, connect: Connect) -> trio.SocketStream:
    """A connection to the host, made by the proxy. Raises CallError("connection")."""
    stream = await connect(proxy.host, proxy.port)
    if stream is None:
        raise CallError("connection", "the operator's proxy takes no connection")
    try:
        status = await _ask(stream, f"[{host}]:{port}" if ":" in host else f"{host}:{port}")
    except (trio.BrokenResourceError, trio.ClosedResourceError):
        await trio.aclose_forcefully(stream)
        raise CallError("connection", "the connection to the operator's proxy broke") from None
    except BaseException:
        await trio.aclose_forcefully(stream)
        raise
    if status != "200":
        await trio.aclose_forcefully(stream)
        words = f"the operator's proxy makes no connection to {host} on port {port}"
        raise CallError("connection", f"{words}: {status}" if status else words)
    return stream


async def _ask(stream: trio.SocketStream, where: str) -> str:
    """The status of the proxy's answer, empty for what is none."""
    await stream.send_all(f"CONNECT {where} HTTP/1.1\r\nHost: {where}\r\n\r\n".encode())
    head = b""
    while b"\r\n\r\n" not in head:
        piece = await stream.receive_some(MOST_HEAD)
        head += piece
        if not piece or len(head) > MOST_HEAD:
            return ""
    line, _, _ = head.partition(b"\r\n")
    words = line.split(b" ")
    is_whole = head.endswith(b"\r\n\r\n") and head.count(b"\r\n\r\n") == 1
    if not is_whole or len(words) < 2 or not words[0].startswith(b"HTTP/1."):
        return ""
    return words[1].decode("latin-1") if words[1].isdigit() and len(words[1]) == 3 else ""
