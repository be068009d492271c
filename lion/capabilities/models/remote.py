"""Look here if you want to know how a model on a server is asked: through the http door.

Rule: status and content type are looked at before a stream is read.
Rule: what may pass is tried again, later each time and as the server wishes, but only until the
first piece was told: what was heard is never said twice.
Rule: the key is put in by the door; nothing here has ever seen it.
Rule: an answer is read to its end, so that its connection can be used again.
"""

import random
from collections.abc import Awaitable, Callable
from email.utils import parsedate_to_datetime

import msgspec
import trio

from lion.capabilities.http.contract import Exchange, HttpDoor, OutgoingRequest, Terms, Times
from lion.capabilities.models.chat import Chat
from lion.capabilities.models.events import Event, Stop, Tell, Usage
from lion.capabilities.models.sse import SseParser
from lion.capabilities.models.wire import Decoder, Overloaded, Wire, WireRequest, error_text
from lion.domain.call import CallError
from lion.domain.plan import SECOND, Model
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
MOST_WHOLE = 4 * 1024 * 1024
MOST_ERROR = 16 * 1024

STREAMS = ("text/event-stream", "text/plain", "")
"""Some servers stream and say it is plain text, or nothing."""

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
    kind = _header(exchange, "content-type").partition(";")[0].strip().lower()
    if exchange.status != 200:
        await _refuse(exchange)
    if kind in STREAMS:
        await _read_stream(exchange, decoder, attempt)
    elif kind == "application/json":
        for event in decoder.whole(await _read_all(exchange, MOST_WHOLE)):
            await attempt.tell(event)
    else:
        words = f"the model's server answered {kind[:60] or 'without a type'}, which is no stream"
        raise CallError("unavailable", words)
    is_whole = False
    for event in decoder.finish():
        is_whole = is_whole or isinstance(event, Stop)
        await attempt.tell(event)
    if not is_whole:
        raise _Again(CallError("unavailable", "the model's answer was cut off before its end"))


async def _read_stream(exchange: Exchange, decoder: Decoder, attempt: _Attempt) -> None:
    parser = SseParser()
    while piece := await exchange.receive():
        for said in parser.feed(piece):
            for event in decoder.feed(said.type, said.data):
                await attempt.tell(event)
    for said in parser.finish():
        for event in decoder.feed(said.type, said.data):
            await attempt.tell(event)


async def _refuse(exchange: Exchange) -> None:
    """Raise what a status other than 200 means."""
    status = exchange.status
    words = _words(await _read_all(exchange, MOST_ERROR, is_cut=True))
    failure = CallError(
        CASES.get(status, "unavailable"), f"the model's server says {status}{words}"
    )
    if status in PASSING or status >= 500:
        raise _Again(failure, _wished_pause(exchange))
    raise failure


async def _read_all(exchange: Exchange, most: int, *, is_cut: bool = False) -> bytes:
    pieces, size = [], 0
    while piece := await exchange.receive():
        pieces.append(piece)
        size += len(piece)
        if size > most:
            if is_cut:
                break
            raise CallError("exhausted", f"the answer has more than {most:,} bytes")
    return b"".join(pieces)[:most]


def _words(body: bytes) -> str:
    try:
        said = error_text(msgspec.json.decode(body))
    except (msgspec.DecodeError, RecursionError):
        said = error_text(body.decode("utf-8", "replace").strip())
    return f": {said}" if said else ""


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
    except (ValueError, TypeError):
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
