"""Look here if you want to know what becomes of an exchange when its run goes on after its process
ended: the connection is gone, and what the guest heard of the answer is on record.

Rule: what was heard to the end is answered from the records.
Rule: a GET or HEAD is asked again; what equals what was heard is passed over, and the first
difference is `unavailable`.
Rule: so is any other request that the server tells from a new one by its key, if nothing was heard
of it. Else it is lost: after the head `unavailable`, before it `cancelled`, since whether the
server did it is not known.
Rule: what is asked again is on record first, with the call that began it.
Rule: a body that waits for a person to see it whole is in the records of its pieces, and nothing
of it was sent: it goes on waiting.
"""

from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any, Final, cast

from lion.capabilities.http.contract import Exchange
from lion.capabilities.http.exchange import GuestExchange, head_record
from lion.capabilities.http.spool import Spool
from lion.capabilities.http.start import HARMLESS, begin_again, prepare_again, read_target
from lion.capabilities.opened import opened
from lion.capabilities.secrets.functions import scan
from lion.domain.call import CallError
from lion.domain.decider import ASKED_LATER
from lion.domain.events import CallFinished, EffectSettled
from lion.policy.decide import words_for_guest
from lion.ports import CallContext
from lion.values.packed import unpack

EXCHANGE: Final = "exchange"
LOST: Final = "the host was restarted, and the rest of this answer is lost"
NOT_KNOWN: Final = "the host was restarted; whether the request took effect is not known"


class RecalledExchange(GuestExchange):
    """An exchange of before, with what was heard of it."""

    def __init__(self, *, streams: bool, spool: Spool | None = None) -> None:
        super().__init__(streams=streams, spool=spool)
        self.heard: dict[str, Any] | None = None
        """The head."""
        self.failure: CallError | None = None
        self.is_over = False
        self._skip = bytearray()
        self._is_told = False

    def note_head(self, head: dict[str, Any]) -> None:
        """The guest heard the head."""
        self.heard = head
        self._is_head_taken = True

    def note_piece(self, packed: str | None) -> None:
        """The guest heard a piece, or the end."""
        if packed is None:
            self.is_over = True
        else:
            self._skip += unpack(packed)

    def note_written(self, piece: bytes) -> None:
        """A piece of a body that waits was taken."""
        assert self.spool is not None
        try:
            self.spool.add(piece)
        except CallError as exc:  # the run's other bodies take more room than they did
            self.note_failure(exc)

    def note_sent(self) -> None:
        """What was shown was sent, or may have been."""
        if self.spool is not None:
            self.spool.drop()
            self.spool = None

    def note_failure(self, failure: CallError) -> None:
        """The guest heard that it failed."""
        self.failure, self.is_over = failure, True

    def note_ready(self) -> None:
        """The guest was told that something can be heard, and has not asked yet."""
        self._is_told = True

    @property
    def is_dropped(self) -> bool:
        """The guest has let go of it."""
        return self._scope.cancel_called

    @property
    def is_ready(self) -> bool:
        return self._is_told or super().is_ready

    async def head(self) -> dict[str, Any]:
        self._is_told = False
        return await super().head()

    def end(self, failure: CallError | None) -> None:
        """Nothing more comes of it."""
        self._head = self.heard
        self.fail(failure)

    async def _fill(self, exchange: Exchange) -> None:
        if self.heard is not None and exchange.status != self.heard["status"]:
            raise CallError("unavailable", LOST)
        await super()._fill(_Rest(exchange, self.heard or head_record(exchange), self._skip))


class _Rest:
    """An answer that is asked for again, without what was heard of it."""

    def __init__(self, exchange: Exchange, head: dict[str, Any], skip: bytearray) -> None:
        self._exchange = exchange
        self._skip = skip
        self.status: int = head["status"]
        self.url: str = head["url"]
        lines = (line.partition(": ") for line in head["headers"].splitlines())
        self.headers: tuple[tuple[str, str], ...] = tuple(
            (name, value) for name, _, value in lines
        )

    async def receive(self) -> bytes:
        """The next piece, empty at the end. Raises CallError for another answer."""
        while True:
            piece = await self._exchange.receive()
            size = min(len(piece), len(self._skip))
            if piece[:size] != self._skip[:size] or (self._skip and not piece):
                raise CallError("unavailable", LOST)
            del self._skip[:size]
            if not piece or size < len(piece):
                return piece[size:]


def recall_start(caller: CallContext, args: list[Any], call: CallFinished) -> None:
    """The exchange that a recorded `start` began."""
    if call.value[0] != "ok":
        return
    target, value = read_target(args), call.value[1]
    is_waiting = call.decided_by == ASKED_LATER
    spool = Spool(opened(caller), target, args) if is_waiting else None
    exchange = RecalledExchange(streams=args[1], spool=spool)
    exchange.about = str(target)
    caller.handles.put(value["exchange"], EXCHANGE, exchange, exchange.cancel)
    caller.handles.put(value["writable"], "writable", exchange.room, None)
    exchange.on_cancel(partial(caller.handles.drop, value["writable"]))
    caller.revivals.append(partial(_revive, caller, exchange, args, caller.number))


def recall_write(caller: CallContext, args: list[Any], call: CallFinished) -> None:
    """A piece of a request's body that was taken."""
    exchange = _find(caller, args[0])
    if exchange is None or exchange.spool is None or call.value[0] != "ok":
        return
    exchange.note_written(unpack(args[1]))
    try:
        exchange.tail = scan(caller, packed=args[1], before=exchange.tail)
    except CallError as exc:  # what is a secret today
        exchange.note_failure(exc)


def recall_finish(caller: CallContext, args: list[Any], call: CallFinished) -> None:
    """What was said of a body that was complete."""
    exchange = _find(caller, args[0])
    if exchange is not None and exchange.spool is not None and not _failed(exchange, call):
        exchange.note_sent()


def recall_sent(caller: CallContext, args: list[Any]) -> None:
    """Its process ended after a body was let go."""
    exchange = _find(caller, args[0])
    if exchange is not None:
        exchange.note_sent()


def recall_head(caller: CallContext, args: list[Any], call: CallFinished) -> None:
    """A head that was heard."""
    exchange = _find(caller, args[0])
    if exchange is not None and not _failed(exchange, call):
        exchange.note_head(call.value[1])


def recall_read(caller: CallContext, args: list[Any], call: CallFinished) -> None:
    """A piece that was heard."""
    exchange = _find(caller, args[0])
    if exchange is not None and not _failed(exchange, call):
        exchange.note_piece(call.value[1])


def _failed(exchange: RecalledExchange, call: CallFinished) -> bool:
    tag, value = call.value
    if tag == "err" and value[0] != "invalid":
        exchange.note_failure(CallError(*value))
    return bool(tag == "err")


def _find(caller: CallContext, rep: int) -> RecalledExchange | None:
    with suppress(CallError):
        return cast(RecalledExchange, caller.handles.get(rep, EXCHANGE))
    return None


def _revive(
    caller: CallContext, exchange: RecalledExchange, args: list[Any], number: int
) -> Callable[[], None] | None:
    if exchange.is_dropped:
        return None
    if exchange.is_over:
        exchange.end(exchange.failure)
        return None
    request, streams = args
    target = read_target(args)
    decision = caller.foresee("http", "start", target)
    if exchange.spool is not None and not decision.allowed:
        exchange.end(CallError("denied", words_for_guest(decision)))
        return None
    if exchange.spool is not None:
        return partial(prepare_again, caller, exchange, request, number, target, decision.grant)
    is_harmless = request["method"].upper() in HARMLESS and not streams
    grant = decision.grant
    has_key = grant is not None and grant.has_key and not streams and exchange.heard is None
    if not decision.allowed or not (is_harmless or has_key):
        denied = decision.reason if is_harmless else ""
        _lose(caller, exchange, str(target), number, denied)
        return None
    rule = "harmless" if is_harmless else "key"
    _settle(caller, str(target), number, "again", rule, "it is asked again")
    return partial(begin_again, caller, exchange, request, number, target, grant)


def _lose(
    caller: CallContext, exchange: RecalledExchange, target: str, number: int, denied: str
) -> None:
    """Of what is not asked for again: today's rules have `denied` it, or it may not be."""
    if exchange.heard is not None:
        rule, reason = ("policy", denied) if denied else ("connection", LOST)
        _settle(caller, target, number, "lost", rule, reason)
        exchange.end(CallError("unavailable", LOST))
    else:
        rule, reason = ("policy", denied) if denied else ("unknown", NOT_KNOWN)
        _settle(caller, target, number, "unknown", rule, reason)
        exchange.end(CallError("cancelled", NOT_KNOWN))


def _settle(
    caller: CallContext, target: str, number: int, decided: str, rule: str, reason: str
) -> None:
    event = EffectSettled(
        capability="http", operation="start", target=target, decided=decided, rule=rule,
        reason=reason,
    )  # fmt: skip
    caller.note(event, number)
