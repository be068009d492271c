"""Look here if you want to know how an answer is waited for and read, and what cuts it.

Rule: each phase has its own time limit, and no phase outlives the one for all together.
Rule: what the client raises becomes a case of `http.failure`, in words without anything of what
was sent or came: those could hold a secret.
"""

import math
from collections.abc import AsyncIterable, AsyncIterator, Iterator
from contextlib import contextmanager
from time import perf_counter_ns
from typing import Any

import httpcore2
import trio

from lion.capabilities.http.body import unpacker
from lion.capabilities.http.connection import TOLL, Toll
from lion.capabilities.http.contract import Terms
from lion.capabilities.http.headers import answer_headers, find, locations, read_headers
from lion.capabilities.http.lookout import Cuttable, Lookout, Patience
from lion.capabilities.secrets.scrub import Scrubber
from lion.domain.call import CallError
from lion.domain.units import render_duration

AT_ONCE_NS = 500_000
"""Nanoseconds for which pieces that lie here are given without giving way to other tasks."""

_BROKEN = (httpcore2.TimeoutException, httpcore2.NetworkError, httpcore2.ProtocolError)


class Paid:
    """The pieces of a request's body on their way out, charged one by one."""

    def __init__(self, pieces: AsyncIterable[bytes], terms: Terms) -> None:
        self._pieces = pieces
        self._terms = terms

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for piece in self._pieces:
            if piece:
                self._terms.spend("bytes-out", len(piece))
                yield piece


class Watch:
    """Which phase an exchange is in, and until when it may be."""

    def __init__(self, terms: Terms, lookout: Lookout) -> None:
        self.lookout = lookout
        self._times = terms.times
        self._until = trio.current_time() + terms.times.total_ns / 1e9
        self._phase = ""
        self._limit_ns = 0
        self._scope = trio.CancelScope()

    @contextmanager
    def over(self, phase: str, limit_ns: int) -> Iterator[None]:
        """Allow what is inside so long. Raises CallError("timeout")."""
        self._scope = trio.CancelScope()
        self._enter(phase, limit_ns)
        with self._scope:
            yield
        if self._scope.cancelled_caught:
            raise self._late()

    def patience(self, connection: Cuttable | None) -> Patience:
        """How long each piece of the answer may take."""
        one = Patience(connection, self._times.idle_ns / 1e9, self._until)
        if connection is not None:
            self.lookout.add(one)
        return one

    def lost(self, patience: Patience) -> CallError:
        """What waiting for a piece came to."""
        self._phase, self._limit_ns = "the next piece", self._times.idle_ns
        if patience.since + patience.idle >= patience.until:
            self._phase, self._limit_ns = "the whole exchange", self._times.total_ns
        return self._late()

    def _late(self) -> CallError:
        words = f"{self._phase} took longer than {render_duration(self._limit_ns)}"
        return CallError("timeout", words)

    async def note(self, event: str, _: Any) -> None:
        """What the client tells of its progress."""
        if event == "connection.connect_tcp.started":
            self._enter("connecting", self._times.connect_ns)
        elif event == "http11.send_request_headers.started":
            self._enter("the request", self._times.total_ns)
        elif event == "http11.receive_response_headers.started":
            self._enter("the answer's head", self._times.head_ns)

    def _enter(self, phase: str, limit_ns: int) -> None:
        self._phase, self._limit_ns = phase, limit_ns
        deadline = trio.current_time() + limit_ns / 1e9
        if deadline >= self._until:
            deadline = self._until
            self._phase, self._limit_ns = "the whole exchange", self._times.total_ns
        self._scope.deadline = deadline


class HttpAnswer:
    """Implements ports.Exchange."""

    def __init__(
        self,
        response: httpcore2.Response,
        url: str,
        toll: Toll,
        watch: Watch,
        scrubber: Scrubber | None,
    ) -> None:
        self._response = response
        self._toll = toll
        self._watch = watch
        self._stream = None if scrubber is None else scrubber.stream()
        self._is_done = self._is_closed = False
        raw = list(response.headers)
        self._toll.unpacked(sum(len(name) + len(value) + 4 for name, value in raw))
        self.has_secret_location = scrubber is not None and any(
            name.lower() == b"location" and scrubber.finds(value) for name, value in raw
        )
        if scrubber is not None:
            raw = [(scrubber.scrub(name), scrubber.scrub(value)) for name, value in raw]
        headers = read_headers(raw)
        self._body = unpacker(value for name, value in headers if name == "content-encoding")
        self.status = response.status
        self.locations = locations(raw)
        self.headers = answer_headers(headers, is_packed=self._body.is_packed)
        self.url = url
        self.is_partial = self.status == 206 or find(headers, "content-range") is not None
        self._network = response.extensions.get("network_stream")
        self._patience = watch.patience(self._network)
        self._reads = self._gave_way = 0
        # Made last: a generator that nobody began needs no closing.
        self._pieces = aiter(response.stream)  # type: ignore[arg-type]

    @classmethod
    async def of(
        cls,
        pool: httpcore2.AsyncConnectionPool,
        request: httpcore2.Request,
        *,
        url: str,
        terms: Terms,
        watch: Watch,
        scrubber: Scrubber | None,
    ) -> "HttpAnswer":
        """Send a request and wait for the head. Raises CallError."""
        times = terms.times
        seconds = {"connect": times.connect_ns / 1e9, "write": times.idle_ns / 1e9}
        toll = Toll(terms.spend)
        request.extensions = {"timeout": seconds, "trace": watch.note, TOLL: toll}
        with watch.over("waiting for a free connection", times.total_ns):
            try:
                response = await pool.handle_async_request(request)
            except _BROKEN as exc:
                raise _translated(exc) from None
        try:
            return cls(response, url, toll, watch, scrubber)
        except BaseException:
            await _close(response)
            raise

    async def receive(self) -> bytes:
        """See ports.Exchange.receive."""
        while not self._is_done:
            piece = self._body.take()
            if not piece:
                await self._more()
                continue
            self._toll.unpacked(len(piece))
            piece = piece if self._stream is None else self._stream.feed(piece)
            if piece:
                if self._goes_on():
                    await trio.lowlevel.checkpoint()
                return piece
        return b"" if self._stream is None else self._stream.finish()

    async def aclose(self) -> None:
        """End the exchange; its connection is kept if the body was read to its end."""
        if not self._is_closed:
            self._is_closed = self._is_done = True
            self._watch.lookout.remove(self._patience)
            with trio.CancelScope(shield=True):
                await self._pieces.aclose()  # type: ignore[attr-defined]
            await _close(self._response)

    def _goes_on(self) -> bool:
        """Whether pieces were given for a while and none waited for: others have their turn."""
        network, now = self._network, perf_counter_ns()
        if network is not None and network.reads != self._reads:
            self._reads, self._gave_way = network.reads, now
            return False
        if now - self._gave_way <= AT_ONCE_NS:
            return False
        self._gave_way = now
        return True

    async def _more(self) -> None:
        patience = self._patience
        patience.since = trio.current_time()
        if patience.since >= patience.until:
            raise self._watch.lost(patience)
        try:
            raw = await anext(self._pieces, None)
        except _BROKEN as exc:
            lost = self._watch.lost(patience) if patience.is_over else _translated(exc)
            raise lost from None
        finally:
            patience.since = math.inf
        if raw is None:
            self._body.finish()
            self._is_done = True
            return
        if self._network is None:
            self._toll.came(len(raw))
        self._body.feed(raw)


async def _close(response: httpcore2.Response) -> None:
    with trio.CancelScope(shield=True):
        await response.aclose()


def _translated(exc: Exception) -> CallError:
    """The client's exceptions as CallErrors."""
    match exc:
        case httpcore2.TimeoutException():
            return CallError("timeout", "the server takes nothing any more")
        case httpcore2.NetworkError():
            return CallError("connection", "the connection broke")
        case httpcore2.LocalProtocolError():
            return CallError("invalid", "this is no request that HTTP can carry")
    if "disconnected" in str(exc) or "peer closed" in str(exc):
        return CallError("connection", "the server ended the connection too early")
    return CallError("protocol", "what the server says is not HTTP, or too long")
