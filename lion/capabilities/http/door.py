"""Look here if you want to know what happens to every request that leaves: the http door.

Rule: nothing is taken from the environment: no proxy, no netrc, no certificates' variables; there
is no cookie jar and no HTTP/2. A proxy is named by the operator's policy or there is none.
Rule: connections are shared by requests of one holder under one grant only.
Rule: a redirect is a request of its own: decided, charged, vetted, and told no credentials of
another origin.
Rule: bytes are charged both ways: an answer's by what is larger, as sent or as unpacked.
"""

import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from types import TracebackType
from typing import TYPE_CHECKING

import httpcore2
import trio

from lion.capabilities.http.addresses import parse_networks
from lion.capabilities.http.answer import HttpAnswer, Paid, Watch
from lion.capabilities.http.canned import AnswerRequest, CannedPool
from lion.capabilities.http.connection import KeptPool
from lion.capabilities.http.contract import OutgoingRequest, Terms
from lion.capabilities.http.headers import check_steering, check_whole, kept_across
from lion.capabilities.http.hop import Hop, first_hop, framed, relengthed, size_of
from lion.capabilities.http.lookout import Lookout
from lion.capabilities.http.network import Resolve, VettedNetwork, resolve
from lion.capabilities.secrets.vault import Parts, Vault
from lion.domain.call import CallError
from lion.domain.rate import Bucket, render_rate
from lion.scopes.http_target import http_target
from lion.scopes.http_url import BadUrl, Url
from lion.scopes.http_url import resolve as resolve_reference

if TYPE_CHECKING:
    import ssl

KEPT_SECONDS = 15.0

KEY = "idempotency-key"
"""Names the first request; another one is not it."""
_REDIRECTS = (301, 302, 303, 307, 308)

Pool = httpcore2.AsyncConnectionPool


class Door:
    """Implements ports.HttpDoor. Made by open_door."""

    def __init__(
        self,
        vault: Vault,
        resolve: Resolve,
        tls: "Callable[[], ssl.SSLContext]",
        answer: AnswerRequest | None,
        proxy: Url | None,
    ) -> None:
        self._answer = answer
        self._proxy = proxy
        self._vault = vault
        self._resolve = resolve
        self._tls = tls
        self._context: ssl.SSLContext | None = None
        self._pools: dict[tuple[str, tuple[str, ...], bool], Pool] = {}
        self._buckets: dict[str, Bucket] = {}
        self.lookout = Lookout()

    def open(self, request: OutgoingRequest) -> "Opened":
        """See ports.HttpDoor.open."""
        return Opened(self, request)

    async def ask(self, request: OutgoingRequest) -> HttpAnswer:
        """The first answer that is no redirect to be followed. Raises CallError."""
        watch = Watch(request.terms, self.lookout)
        hop = first_hop(request)
        for left in range(request.terms.redirects, -1, -1):
            try:
                answer = await self._send(hop, watch)
            except CallError as exc:
                _note_refused(hop, exc)
                raise
            try:
                following = await _next(hop, answer, left)
            except BaseException:
                await answer.aclose()
                raise
            if following is None:
                return answer
            await answer.aclose()
            hop = following
        raise AssertionError("a redirect was followed beyond the last")

    async def _send(self, hop: Hop, watch: Watch) -> HttpAnswer:
        self._admit(hop.terms)
        check_steering(hop.headers, hop.terms.headers)
        parts = framed(hop)
        hop.terms.spend("bytes-out", size_of(hop, parts))
        told = self._vault.inject(
            hop.url,
            parts,
            hop.terms.secrets,
            hop.terms.required,
            is_told=hop.terms.is_told,
            key_header=hop.terms.key_header,
        )
        has_secret = told is not parts
        if has_secret:
            check_whole(hop.headers)
        answer = await HttpAnswer.of(
            self._pool(hop),
            _client_request(hop, parts, told),
            url=hop.url.text,
            terms=hop.terms,
            watch=watch,
            scrubber=self._vault.scrubber,
        )
        if has_secret and answer.is_partial:
            await answer.aclose()
            words = "the server sends a part of an answer, and a secret went with the request"
            raise CallError("denied", words)
        return answer

    def _admit(self, terms: Terms) -> None:
        if terms.rate is None:
            return
        now = int(trio.current_time() * 1e9)
        bucket = self._buckets.setdefault(terms.pool, Bucket(terms.rate, now))
        if not bucket.tokens(now):
            words = f"requests: more than {render_rate(terms.rate)}; wait and ask again"
            raise CallError("exhausted", words)
        bucket.take(1)

    def _pool(self, hop: Hop) -> Pool:
        is_tls = hop.url.scheme == "https"
        key = (hop.terms.pool, hop.terms.addresses, is_tls)
        if key not in self._pools and self._answer is not None:
            self._pools[key] = CannedPool(self._answer)
        elif key not in self._pools:
            network = VettedNetwork(
                parse_networks(hop.terms.addresses), self._resolve, self._proxy
            )
            self._pools[key] = KeptPool(
                ssl_context=self._tls_context() if is_tls else None,
                max_connections=hop.terms.connections,
                keepalive_expiry=KEPT_SECONDS,
                network_backend=network,
            )
        return self._pools[key]

    def _tls_context(self) -> "ssl.SSLContext":
        if self._context is None:
            self._context = self._tls()
        return self._context

    async def aclose(self) -> None:
        """Close all connections."""
        for pool in self._pools.values():
            await pool.aclose()


class Opened:
    """One exchange as a context; leaving it ends the exchange, however far it came."""

    def __init__(self, door: Door, request: OutgoingRequest) -> None:
        self._door = door
        self._request = request
        self._answer: HttpAnswer | None = None

    async def __aenter__(self) -> HttpAnswer:
        self._answer = await self._door.ask(self._request)
        return self._answer

    async def __aexit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, at: TracebackType | None
    ) -> None:
        if self._answer is not None:
            await self._answer.aclose()


@asynccontextmanager
async def open_door(
    vault: Vault | None = None,
    *,
    resolve: Resolve = resolve,
    tls: "Callable[[], ssl.SSLContext] | None" = None,
    answer: AnswerRequest | None = None,
    proxy: Url | None = None,
) -> AsyncIterator[Door]:
    """The door of one run. `tls` says whom it trusts: the system's authorities, if not given.

    `answer` stands in for servers and network: no name is resolved and no connection is made.
    `proxy` is the operator's, by which what is not near is reached.
    """
    # At its debug level the client writes whole requests, secrets included.
    logging.getLogger("httpcore2").setLevel(logging.WARNING)
    door = Door(vault or Vault(), resolve, tls or _system_tls, answer, proxy)
    # Not `async with`: a nursery would wrap the caller's own exceptions in a group.
    nursery = trio.open_nursery()
    (inside := await nursery.__aenter__()).start_soon(door.lookout.look)
    try:
        yield door
    finally:
        inside.cancel_scope.cancel()
        with trio.CancelScope(shield=True):
            await door.aclose()
        await nursery.__aexit__(None, None, None)


def _system_tls() -> "ssl.SSLContext":
    return httpcore2.default_ssl_context(_trust_env=False)


def _client_request(hop: Hop, parts: Parts, told: Parts) -> httpcore2.Request:
    """What the client sends: `told` are the parts once secrets are in them."""
    headers = told.headers if told.body is parts.body else relengthed(told)
    return httpcore2.Request(
        hop.method,
        httpcore2.URL(
            scheme=hop.url.scheme, host=hop.url.host, port=hop.url.port, target=told.resource
        ),
        headers=[(n.encode(), v.encode()) for n, v in headers],
        content=hop.body if isinstance(hop.body, Paid) else told.body or b"",
    )


def _note_refused(hop: Hop, exc: CallError) -> None:
    if exc.case == "denied":
        hop.terms.refused(http_target(hop.method, hop.url), exc.text)


async def _next(hop: Hop, answer: HttpAnswer, left: int) -> Hop | None:
    """Where an answer sends on to, decided; None if it is not to be followed."""
    places = answer.locations
    if answer.status not in _REDIRECTS or not places or hop.terms.follow is None:
        return None
    if not left:
        raise CallError("redirects", "more redirects than are followed")
    if answer.has_secret_location:
        leaks = CallError("denied", "the redirect has the value of a secret in it")
        _note_refused(hop, leaks)
        raise leaks
    if len(places) > 1:
        raise CallError("redirects", "the redirect names more than one place")
    try:
        url = resolve_reference(hop.url, places[0])
    except BadUrl as exc:
        raise CallError("redirects", f"the redirect leads nowhere: {exc}") from None
    changes = answer.status == 303 and hop.method != "HEAD"
    changes |= answer.status in (301, 302) and hop.method == "POST"
    if isinstance(hop.body, Paid) and not changes:
        raise CallError("redirects", "a body that came in pieces cannot be sent again")
    method = "GET" if changes else hop.method
    headers = hop.headers
    if changes:
        headers = tuple(one for one in headers if one[0] != KEY and one[0][:8] != "content-")
    if url.origin != hop.url.origin:
        headers = kept_across(headers, with_body=not changes)
    terms = await hop.terms.follow(http_target(method, url))
    return Hop(
        method=method, url=url, headers=headers, body=None if changes else hop.body, terms=terms
    )
