"""Look here if you want to know how any part of lion asks a server over HTTP: the one door.

Rule: every outgoing request passes `HttpDoor.open`: of a guest, of a model, of a system plugin.
Rule: what a request is held to (`Terms`) is chosen by the host; a guest chooses only what it asks.
Rule: failures are CallErrors with the cases of `http.failure`: those of `types.error` and `dns`,
`connection`, `tls`, `redirects`, `protocol`.
"""

from collections.abc import AsyncIterable, Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from typing import Protocol

import msgspec

from lion.domain.plan import SECOND, Rate
from lion.scopes.http_target import HttpTarget
from lion.scopes.http_url import Url

Follow = Callable[[HttpTarget], Awaitable["Terms"]]
"""Decides and records a redirect's target and says what it is held to.

Raises CallError: `denied`, or `exhausted`.
"""

Spend = Callable[[str, int], None]
"""Takes bytes of the budget `bytes-in` or `bytes-out`. Raises CallError("exhausted")."""


Refused = Callable[[HttpTarget, str], None]
"""Is told the target of a request that was allowed and led to what may not be reached, and why."""


def refused_nothing(target: HttpTarget, reason: str) -> None:
    """The `Refused` of a request that nobody keeps books of."""


def spend_nothing(budget: str, amount: int) -> None:
    """The `Spend` of a request that is not metered in bytes."""


class Times(msgspec.Struct, frozen=True, kw_only=True):
    """How long each phase may take, in nanoseconds.

    `connect_ns` for resolving, connecting and TLS, once there is room for a connection; `head_ns`
    until the answer's head once the request is sent; `idle_ns` between two pieces, either way;
    `total_ns` for everything, redirects and both bodies included.
    """

    connect_ns: int = 10 * SECOND
    head_ns: int = 60 * SECOND
    idle_ns: int = 30 * SECOND
    total_ns: int = 300 * SECOND


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """What a request is held to.

    `pool` names holder and grant: connections are shared within it and nowhere else.
    `addresses` are addresses and networks that may be reached though they are private
    ("127.0.0.1", "::1", "10.0.0.0/8"); every other private address is refused.
    `secrets` are names whose values go into the request where their audience has its host;
    `required` are those without which it is not sent (`denied`), for instance a model's key;
    they go into `key_header` where the operator names no place (empty: `authorization`).
    `is_told`: it is not sent (`denied`) if one of `secrets` is bound to no value, or if none of
    them goes into it.
    `headers` are names that may be sent though they can change what a request is at a server.
    `connections` are open at most at once in this pool; further requests wait for one.
    `rate` is how often requests of this pool may begin.
    `redirects` are followed at most so often, each after `follow`; none without it: then the
    answer is the redirect itself.
    """

    pool: str
    addresses: tuple[str, ...] = ()
    secrets: tuple[str, ...] = ()
    required: tuple[str, ...] = ()
    key_header: str = ""
    is_told: bool = False
    headers: tuple[str, ...] = ()
    connections: int = 32
    redirects: int = 10
    follow: Follow | None = None
    rate: Rate | None = None
    refused: Refused = refused_nothing
    spend: Spend = spend_nothing
    times: Times = Times()


class OutgoingRequest(msgspec.Struct, frozen=True, kw_only=True):
    """One request. `url` is in normal form, or text that the door brings into it, and is sent so.

    `headers` are (name, value) in order; Host, lengths and hop-by-hop headers are the door's.
    `body` are bytes, or pieces that come by and by (sent chunked); None for no body.
    """

    method: str
    url: Url | str
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes | AsyncIterable[bytes] | None = None
    terms: Terms


class Exchange(Protocol):
    """An answer whose head is there; its body follows. Secrets' values are starred out of both."""

    status: int
    headers: tuple[tuple[str, str], ...]
    """Names in lower case. After decompression there is no content-encoding and no length."""
    url: str
    """Where it came from in the end."""

    async def receive(self) -> bytes:
        """The next piece of the body, decompressed, at most 64 KiB; empty at its end.

        Raises CallError: `timeout`, `exhausted`, `connection`, `protocol`.
        """
        ...


class HttpDoor(Protocol):
    """The one way out."""

    def open(self, request: OutgoingRequest) -> AbstractAsyncContextManager[Exchange]:
        """Ask, and wait for the head of the answer; leaving the context ends the exchange.

        Any status is an answer. Raises CallError as the module says; `denied` for an address or
        a redirect that may not be reached.
        """
        ...
