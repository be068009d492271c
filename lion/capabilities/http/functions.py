"""Look here if you want to know what a guest's request is held to, and what its host functions do.

Rule: what a request costs is charged to the grant that allowed it.
Rule: a body that a person is asked about waits until it is complete, and the request with it.
Rule: whatever sends is an outside effect, whose intent is durable first; waiting for what comes of
it is one record.
"""

from functools import partial
from typing import Any, cast

import msgspec

from lion.capabilities.bounds import check_range
from lion.capabilities.http.exchange import GuestExchange, head_record
from lion.capabilities.http.recalled import (
    EXCHANGE,
    recall_finish,
    recall_head,
    recall_read,
    recall_sent,
    recall_start,
    recall_write,
)
from lion.capabilities.http.spool import Spool
from lion.capabilities.http.start import HARMLESS, bytes_of, count_request, outgoing, read_target
from lion.capabilities.opened import door_of, opened
from lion.capabilities.secrets.functions import scan
from lion.domain.call import CallError, Effect
from lion.policy.decide import words_for_guest
from lion.ports import Again, CallContext, Fate, Kind, Operation
from lion.scopes.http_target import HttpTarget
from lion.values.packed import pack

MOST_READ = 262_144
"""Bytes of a body that `send` or one `read` gives."""


async def send(caller: CallContext, request: dict[str, Any]) -> dict[str, Any]:
    """Ask and wait for the whole answer. Raises CallError."""
    asked = outgoing(caller, "send", request)
    async with door_of(caller).open(asked) as exchange:
        body = b""
        while piece := await exchange.receive():
            body += piece
            if len(body) > MOST_READ:
                words = f"the answer's body has more than {MOST_READ:,} bytes; use `start`"
                raise CallError("exhausted", words)
        return {**head_record(exchange), "body": pack(body)}


async def start(caller: CallContext, request: dict[str, Any], streams: bool) -> dict[str, int]:
    """Start an exchange; all fields of the answer are reps. Raises CallError."""
    if streams and request["body"] is not None:
        raise CallError("invalid", "a body that follows by `write` is not given at once, too")
    spool: Spool | None = None
    if caller.asked_later == caller.number:
        target = cast(HttpTarget, caller.target)
        spool = Spool(opened(caller), target, [request, streams])
    exchange = GuestExchange(streams=streams, spool=spool)
    exchange.about = str(caller.target)
    asked = outgoing(caller, "start", request, exchange.outlet)
    rep = caller.handles.add(EXCHANGE, exchange, exchange.cancel)
    try:
        room = caller.handles.add("writable", exchange.room, None)
        exchange.on_cancel(partial(caller.handles.drop, room))
        if spool is None:
            caller.start_task(exchange.run, door_of(caller), asked)
        else:
            exchange.request = asked
    except CallError:
        caller.handles.drop(rep)
        raise
    return {"exchange": rep, "writable": room, "readable": rep}


async def write(caller: CallContext, rep: int, piece: str) -> None:
    """Send a piece of the body. Raises CallError."""
    exchange: GuestExchange = caller.handles.get(rep, EXCHANGE)
    await exchange.write(bytes_of("a piece of a body", piece))


async def finish(caller: CallContext, rep: int) -> None:
    """Say that the body is complete. Raises CallError."""
    exchange: GuestExchange = caller.handles.get(rep, EXCHANGE)
    if exchange.spool is not None:
        await _send_approved(caller, exchange, exchange.spool)
    await exchange.finish()


async def _send_approved(caller: CallContext, exchange: GuestExchange, spool: Spool) -> None:
    """Ask about a request whose body is complete, and begin it. Raises CallError("denied")."""
    taken = spool.take()
    exchange.check()
    if taken is None:
        return
    data, body = taken
    decision = await caller.may(caller.number, "http", "start", spool.target, spool.args, body)
    if not decision.allowed:
        exchange.fail(CallError("denied", words_for_guest(decision)))
        exchange.check()
    assert exchange.request is not None
    exchange.room.is_kept = False
    request = msgspec.structs.replace(exchange.request, body=data)
    caller.start_task(exchange.run, door_of(caller), request)


async def head(caller: CallContext, rep: int) -> dict[str, Any]:
    """Wait for the head of the answer. Raises CallError."""
    exchange: GuestExchange = caller.handles.get(rep, EXCHANGE)
    return await exchange.head()


async def read(caller: CallContext, rep: int, most: int) -> str | None:
    """The next piece of the answer, or None at its end. Raises CallError."""
    check_range("the size of a piece", most, least=1, most=MOST_READ)
    exchange: GuestExchange = caller.handles.get(rep, EXCHANGE)
    piece = await exchange.read(most)
    return pack(piece) if piece else None


def _screen(caller: CallContext, args: list[Any]) -> None:
    request = args[0]
    scan(caller, *(request[name] for name in ("method", "url", "headers")), packed=request["body"])


def _screen_piece(caller: CallContext, args: list[Any]) -> None:
    exchange: GuestExchange = caller.handles.get(args[0], EXCHANGE)
    exchange.tail = scan(caller, packed=args[1], before=exchange.tail)


OUTSIDE = Effect.OUTSIDE


def _may_repeat(args: list[Any]) -> bool:
    """A request that asks for something and changes nothing."""
    return str(args[0]["method"]).upper() in HARMLESS


async def _look_up(caller: CallContext, args: list[Any], found: dict[str, Any] | None) -> Fate:
    """Whether the server tells by a key that it has had the request."""
    if caller.grant is not None and caller.grant.has_key:
        return Fate(Again.AGAIN, "key", "the server tells a repetition by its key")
    return Fate(Again.UNKNOWN, "unknown", "nothing tells whether it took effect")


async def _look_up_piece(
    caller: CallContext, args: list[Any], found: dict[str, Any] | None
) -> Fate:
    """A piece of a body that waits is nowhere but in the records; any other was on its way."""
    exchange: GuestExchange = caller.handles.get(args[0], EXCHANGE)
    if exchange.spool is not None:
        return Fate(Again.AGAIN, "harmless", "its body waits, and nothing was sent")
    return Fate(Again.UNKNOWN, "unknown", "nothing tells whether it took effect")


def _later(args: list[Any]) -> bool:
    """Its body follows: nobody can approve it beforehand."""
    return bool(args[1])


def _which(caller: CallContext, args: list[Any]) -> str:
    exchange: GuestExchange = caller.handles.get(args[0], EXCHANGE)
    return f"the request is {exchange.about}"


OPERATIONS = (
    Operation(
        "http", "send", Kind.WAITING, send, target=read_target, effect=OUTSIDE, screen=_screen,
        is_harmless=_may_repeat, look_up=_look_up, count=count_request,
    ),
    Operation(
        "http", "start", Kind.WAITING, start, target=read_target, effect=OUTSIDE, screen=_screen,
        spawns=True, later=_later, is_harmless=_may_repeat, look_up=_look_up,
        count=count_request, recall=recall_start,
    ),
    Operation(
        "http", "exchange.write", Kind.WAITING, write, effect=OUTSIDE, screen=_screen_piece,
        unseen=_which, recall=recall_write, look_up=_look_up_piece,
    ),
    Operation(
        "http", "exchange.finish", Kind.WAITING, finish, effect=OUTSIDE, spawns=True,
        unseen=_which, is_harmless=lambda _: True, recall=recall_finish,
        recall_begun=recall_sent,
    ),
    Operation("http", "exchange.head", Kind.WAITING, head, unseen=_which, recall=recall_head),
    Operation("http", "exchange.read", Kind.WAITING, read, unseen=_which, recall=recall_read),
)  # fmt: skip
