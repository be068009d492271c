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
from email.utils import parsedate_to_datetime

import trio

from lion.capabilities.http.contract import Exchange, HttpDoor, OutgoingRequest, Terms, Times
from lion.capabilities.models.balance import Balance
from lion.capabilities.models.chat import Chat
from lion.capabilities.models.error_words import body_text
from lion.capabilities.models.events import Event, Stop, Tell, Usage
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
MOST_STREAMS = 256
"""Of one model at once; who asks beyond that waits for one to end."""
MOST_BYTES = 64 * 1024 * 1024
"""Of one answer, comments included."""
MOST_ERROR = 16 * 1024

AFTER_DONE = 0.25
"""Seconds for a connection to end once the server said that nothing more comes."""
AFTER_REASON = 5.0
"""Seconds for what may follow the model's last word: how many tokens it was."""
_LOST = ("connection", "timeout", "protocol")
"""How a connection fails that dies."""

PASSING = (408, 409, 429)
CASES = {400: "invalid", 401: "denied", 402: "exhausted", 403: "denied", 404: "not-found"}
CASES |= {408: "timeout", 413: "invalid", 422: "invalid", 429: "exhausted"}
"""What a status means for a guest; any other is `unavailable`."""


class _Again(Exception):
    """Another try may do. `failure` is what it comes to if there is none."""

    def __init__(self, failure: CallError, pause: float | None = None) -> None:
        super().__init__(failure.text)
        self.failure = failure
        self.pause = pause


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
            await self._try(chat, tell)
        if scope.cancelled_caught:
            words = f"the whole answer took longer than {render_duration(total)}"
            raise CallError("timeout", words)

    async def _try(self, chat: Chat, tell: Tell) -> None:
        for number in range(1, TRIES + 1):
            attempt = _Attempt(tell)
            try:
                await self._ask(self._wire.spell(self._model, chat), attempt)
                return
            except _Again as exc:
                pause = self._pause(number, exc.pause)
                if attempt.has_told or number == TRIES or pause is None:
                    raise exc.failure from None
            await trio.sleep(pause)

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
            raise _Again(failure) from None
        except CallError as exc:
            raise _translated(exc) from None

    def _terms(self, attempt: "_Attempt") -> Terms:
        model = self._model
        return Terms(
            pool=f"model {model.name}",
            addresses=(*model.addresses, *host_addresses(parse_url(model.base_url).host)),
            required=(model.key,) if model.key else (),
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
        await _refuse(exchange)
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
        kind = _header(exchange, "content-type").partition(";")[0].strip().lower()
        words = f"the model's server answered {kind[:60] or 'without a type'}, which is no stream"
        raise CallError("unavailable", f"{words}: {body_text(piece[:MOST_ERROR])}")


def _unfinished(decoder: Decoder, stray: str) -> Exception:
    """What an answer comes to that is not whole."""
    for _ in decoder.finish():
        raise AssertionError("an answer that is not whole has no end")
    if stray:
        words = show_line(stray, longest=80)
        return CallError("unavailable", f"the model's server sent what is no answer: {words}")
    return _Again(CallError("unavailable", "the model's answer was cut off before its end"))


async def _refuse(exchange: Exchange) -> None:
    """Raise what a status other than 200 means."""
    status = exchange.status
    words = body_text(await _read_some(exchange, MOST_ERROR))
    said = f"the model's server says {status}{': ' if words else ''}{words}"
    failure = CallError(CASES.get(status, "unavailable"), said)
    if status in PASSING or status >= 500:
        raise _Again(failure, _wished_pause(exchange))
    raise failure


async def _read_some(exchange: Exchange, most: int) -> bytes:
    """The beginning of a body, or what comes of it: a refusal stands without its words."""
    pieces, size = [], 0
    with trio.move_on_after(AFTER_REASON):
        try:
            while size < most and (piece := await exchange.receive()):
                pieces.append(piece)
                size += len(piece)
        except CallError:
            pass
    return b"".join(pieces)[:most]


def _wished_pause(exchange: Exchange) -> float | None:
    """Seconds the server asks to wait for, None if it does not say."""
    for name, unit in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        text = _header(exchange, name)
        if text.replace(".", "", 1).isdecimal():
            return float(text) * unit
    return _pause_until(_header(exchange, "retry-after"), _header(exchange, "date"))


def _pause_until(when: str, now: str) -> float | None:
    """The time between two dates of HTTP: both are the server's, so its clock may be wrong."""
    try:
        return max(0.0, (parsedate_to_datetime(when) - parsedate_to_datetime(now)).total_seconds())
    except (ValueError, TypeError, OverflowError):
        return None


def _header(exchange: Exchange, name: str) -> str:
    return next((value for known, value in exchange.headers if known == name), "")


def _translated(exc: CallError) -> Exception:
    """A failure of the door as one of `llm`'s cases."""
    match exc.case:
        case "connection":
            return _Again(CallError("unavailable", f"the model's server: {exc.text}"))
        case "dns" | "tls" | "redirects" | "protocol":
            return CallError("unavailable", f"the model's server: {exc.text}")
        case _:
            return exc
