"""Look here if you want to know how a model on a server is asked: through the http door.

Rule: the status is looked at first; what an answer is then, its own first bytes say: servers lie
in the content type.
Rule: what may pass is tried again, later each time and as the server wishes, but only until the
first piece was told: what was heard is never said twice.
Rule: the key is put in by the door; nothing here has ever seen it.
Rule: an answer is read to its end, so that its connection can be used again; but once it is whole
nothing that becomes of the connection matters, nor is the rest waited for long.
"""

import random
from collections.abc import Awaitable, Callable

import trio

from lion.capabilities.http.contract import Exchange, HttpDoor, OutgoingRequest, Terms, Times
from lion.capabilities.models.balance import Balance
from lion.capabilities.models.chat import Chat
from lion.capabilities.models.error_words import body_text
from lion.capabilities.models.events import Event, Stop, Tell, Usage
from lion.capabilities.models.refusals import (
    AFTER_REASON,
    MOST_ERROR,
    Again,
    header,
    refuse,
    translated,
)
from lion.capabilities.models.sse import DOCUMENT, ServerEvent, SseParser
from lion.capabilities.models.wire import Decoder, Overloaded, Wire, WireRequest
from lion.domain.call import CallError
from lion.domain.plan import SECOND, Model
from lion.domain.text import show_line
from lion.domain.units import render_duration
from lion.scopes.http_grant import host_addresses
from lion.scopes.http_url import parse_url

TRIES = 4
FIRST_PAUSE = 0.5
"""Seconds before the second try; twice as many before each further one."""
LONGEST_PAUSE = 60.0
"""Seconds; a server that wishes for more has failed."""
MOST_PAUSES = 8
"""Within one answer; a server that pauses more often has failed."""
MOST_STREAMS = 256
"""Of one model at once; who asks beyond that waits for one to end."""
MOST_BYTES = 64 * 1024 * 1024
"""Of one answer, comments included."""

AFTER_DONE = 0.25
"""Seconds for a connection to end once the server said that nothing more comes."""
_LOST = ("connection", "timeout", "protocol")
"""How a connection fails that dies."""


class RemoteModel:
    """A Provider: a model behind a wire."""

    def __init__(
        self,
        model: Model,
        wire: Wire,
        door: HttpDoor,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._model = model
        self._wire = wire
        self._door = door
        self._jitter = jitter

    async def answer(self, chat: Chat, tell: Tell) -> None:
        """Ask, and tell what comes. Raises CallError."""
        total = self._model.total_ns
        with trio.move_on_after(total / SECOND) as scope:
            await self._turns(chat, tell)
        if scope.cancelled_caught:
            words = f"the whole answer took longer than {render_duration(total)}"
            raise CallError("timeout", words)

    async def _turns(self, chat: Chat, tell: Tell) -> None:
        """Ask, and ask on as long as the server pauses. Raises CallError."""
        decoder = await self._try(chat, tell, None)
        for _ in range(MOST_PAUSES):
            if not decoder.is_paused:
                return
            decoder = await self._try(chat, tell, decoder)
        if decoder.is_paused:
            words = f"the model paused more than {MOST_PAUSES} times within one answer"
            raise CallError("unavailable", words)

    async def _try(self, chat: Chat, tell: Tell, after: Decoder | None) -> Decoder:
        """The decoder that has read the answer. Raises CallError."""
        for number in range(1, TRIES + 1):
            attempt = _Attempt(tell)
            asked = self._wire.spell(self._model, chat, after)
            try:
                await self._ask(asked, attempt)
                decoder: Decoder = asked.decoder
                return decoder
            except Again as exc:
                pause = self._pause(number, exc.pause)
                if attempt.has_told or number == TRIES or pause is None:
                    raise exc.failure from None
            await trio.sleep(pause)
        raise AssertionError("the last try returns or raises")

    def _pause(self, number: int, wished: float | None) -> float | None:
        """Seconds before the next try, None for none."""
        if wished is not None:
            return wished if wished <= LONGEST_PAUSE else None
        return float(FIRST_PAUSE * 2 ** (number - 1) * (0.75 + self._jitter() / 2))

    async def _ask(self, asked: WireRequest, attempt: "_Attempt") -> None:
        request = OutgoingRequest(
            method="POST",
            url=asked.url,
            headers=asked.headers,
            body=asked.body,
            terms=self._terms(attempt),
        )
        try:
            async with self._door.open(request) as exchange:
                await _read(exchange, asked.decoder, attempt)
        except Overloaded as exc:
            failure = CallError("unavailable", f"the model's server says: {exc.text}")
            raise Again(failure) from None
        except CallError as exc:
            raise translated(exc) from None

    def _terms(self, attempt: "_Attempt") -> Terms:
        model = self._model
        return Terms(
            pool=f"model {model.name}",
            addresses=(*model.addresses, *host_addresses(parse_url(model.base_url).host)),
            required=(model.key,) if model.key else (),
            key_header=model.key_header,
            connections=MOST_STREAMS,
            redirects=0,
            spend=attempt.count,
            times=Times(head_ns=model.idle_ns, idle_ns=model.idle_ns, total_ns=model.total_ns),
        )


class _Attempt:
    """One try: whether anything of it was heard, and how many bytes came."""

    def __init__(self, tell: Tell) -> None:
        self._tell = tell
        self._bytes = 0
        self.has_told = False

    def tell(self, event: Event) -> Awaitable[None]:
        if not self.has_told and not isinstance(event, Usage | Stop):
            self.has_told = True
        return self._tell(event)

    def count(self, budget: str, amount: int) -> None:
        if budget == "bytes-in":
            self._bytes += amount
            if self._bytes > MOST_BYTES:
                raise CallError("exhausted", f"the answer has more than {MOST_BYTES:,} bytes")


async def _read(exchange: Exchange, decoder: Decoder, attempt: _Attempt) -> None:
    if exchange.status != 200:
        await refuse(exchange)
    parser = SseParser()
    is_first, lost = True, None
    while lost is None:
        piece, lost = await _next_piece(exchange, decoder)
        if not piece:
            break
        if is_first and piece.strip():
            is_first = False
            _check_beginning(exchange, piece)
        await _hear(parser.feed(piece), decoder, attempt)
    await _hear([one for one in parser.finish() if not _is_cut(one)], decoder, attempt)
    if not decoder.is_whole:
        raise lost or _unfinished(decoder, parser.stray)
    for event in decoder.finish():
        await attempt.tell(event)


async def _hear(said: list[ServerEvent], decoder: Decoder, attempt: _Attempt) -> None:
    for one in said:
        is_json = one.type == DOCUMENT
        for event in decoder.whole(one.data) if is_json else decoder.feed(one.type, one.data):
            await attempt.tell(event)


async def _next_piece(exchange: Exchange, decoder: Decoder) -> tuple[bytes, CallError | None]:
    """The next piece, empty at the end; and how the connection was lost, if it was."""
    try:
        if not (decoder.is_over or decoder.is_whole):
            return await exchange.receive(), None
        return await _last_piece(exchange, decoder), None
    except CallError as exc:
        if exc.case not in _LOST and not decoder.is_over:
            raise
        return b"", exc


async def _last_piece(exchange: Exchange, decoder: Decoder) -> bytes:
    """What follows behind an answer that is whole; not waited for long."""
    piece = b""
    with trio.move_on_after(AFTER_DONE if decoder.is_over else AFTER_REASON):
        piece = await exchange.receive()
    # Behind `[DONE]` there is nothing to hear: one piece more, and it has ended or is left.
    return b"" if decoder.is_over else piece


def _is_cut(last: ServerEvent) -> bool:
    """Whether the last event is only the beginning of one."""
    data = last.data.lstrip()
    balance = Balance()
    balance.feed(data)
    return data[:1] in ("{", "[") and not balance.is_closed


def _check_beginning(exchange: Exchange, piece: bytes) -> None:
    """Raise CallError for a page of HTML or the like."""
    if piece.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        kind = header(exchange, "content-type").partition(";")[0].strip().lower()
        words = f"the model's server answered {kind[:60] or 'without a type'}, which is no stream"
        raise CallError("unavailable", f"{words}: {body_text(piece[:MOST_ERROR])}")


def _unfinished(decoder: Decoder, stray: str) -> Exception:
    """What an answer comes to that is not whole."""
    for _ in decoder.finish():
        raise AssertionError("an answer that is not whole has no end")
    if stray:
        words = show_line(stray, longest=80)
        return CallError("unavailable", f"the model's server sent what is no answer: {words}")
    return Again(CallError("unavailable", "the model's answer was cut off before its end"))
