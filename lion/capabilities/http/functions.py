"""Look here if you want to know what a guest's request is held to, and what its host functions do.

Rule: what a request costs is charged to the grant that allowed it.
Rule: a body that a person is asked about waits until it is complete, and the request with it.
Rule: whatever sends is an outside effect, whose intent is durable first; waiting for what comes of
it is one record.
"""

from functools import partial
from typing import Any, cast

import msgspec

from lion.capabilities.bounds import check_range, check_size
from lion.capabilities.http.contract import OutgoingRequest, Terms, Times
from lion.capabilities.http.exchange import GuestExchange, head_record
from lion.capabilities.http.headers import parse_headers
from lion.capabilities.http.spool import Spool
from lion.capabilities.opened import door_of, opened
from lion.capabilities.secrets.functions import scan
from lion.domain.call import BULK, CallError, Effect
from lion.domain.plan import SECOND, Grant, Rate
from lion.policy.decide import words_for_guest
from lion.ports import CallContext, Kind, Operation
from lion.scopes.http_grant import named_addresses
from lion.scopes.http_target import HttpTarget, parse_http_target
from lion.scopes.http_url import BadUrl
from lion.values.packed import pack, unpack

EXCHANGE = "exchange"
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
    await exchange.write(_bytes("a piece of a body", piece))


async def finish(caller: CallContext, rep: int) -> None:
    """Say that the body is complete. Raises CallError."""
    exchange: GuestExchange = caller.handles.get(rep, EXCHANGE)
    if exchange.spool is not None:
        await _send_approved(caller, exchange, exchange.spool)
    await exchange.finish()


async def _send_approved(caller: CallContext, exchange: GuestExchange, spool: Spool) -> None:
    """Ask about a request whose body is complete, and begin it. Raises CallError("denied")."""
    taken = spool.take()
    if taken is None:
        exchange.check()
        return
    data, body = taken
    decision = await caller.may(caller.number, "http", "start", spool.target, spool.args, body)
    if not decision.allowed:
        exchange.fail(CallError("denied", words_for_guest(decision)))
        exchange.check()
    assert exchange.request is not None
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


def outgoing(
    caller: CallContext, operation: str, request: dict[str, Any], pieces: Any = None
) -> OutgoingRequest:
    """A guest's request with what it is held to, charged as a call: the call under way was decided
    for its target, by its grant. Raises CallError.
    """
    target = cast(HttpTarget, caller.target)
    body = pieces
    if request["body"] is not None:
        body = _bytes("the body of a request", request["body"])
    return OutgoingRequest(
        method=target.method,
        url=target.url,
        headers=parse_headers(request["headers"]),
        body=body,
        terms=_terms(
            caller, operation, cast(Grant, caller.grant), request["timeout"], is_first=True
        ),
    )


def _bytes(what: str, packed: str) -> bytes:
    """Packed bytes, at most 64 KiB of them. Raises CallError("invalid")."""
    check_size(what, packed, most=BULK * 4 // 3 + 4)  # before a copy is made
    data = unpack(packed)
    if len(data) > BULK:
        raise CallError(
            "invalid", f"{what} has at most {BULK:,} bytes, this one has {len(data):,}"
        )
    return data


def _terms(
    caller: CallContext, operation: str, grant: Grant, timeout_ns: int | None, *, is_first: bool
) -> Terms:
    """What the grant says that covers a target, once it is charged for a request.

    Where a redirect leads to, secrets go that are for there; the first request has to have one.
    """
    scope, quota = grant.patterns[0], grant.quota
    if "calls" in quota:
        caller.spend(f"http calls {scope}", quota["calls"], 1)

    def spend(budget: str, amount: int) -> None:
        caller.spend(f"http {budget} {scope}", quota[budget], amount)

    number = caller.number

    async def follow(target: HttpTarget) -> Terms:
        is_beside = operation == "start"
        decision = await caller.may(number, "http", operation, target, is_beside=is_beside)
        if not decision.allowed or decision.grant is None:
            words = words_for_guest(decision)
            raise CallError("denied", f"the redirect to {target.text!r}: {words}")
        return _terms(caller, operation, decision.grant, timeout_ns, is_first=False)

    total = quota["timeout"] if timeout_ns is None else min(quota["timeout"], timeout_ns)
    return Terms(
        pool=f"{caller.holder} {scope}",
        addresses=named_addresses(grant),
        secrets=() if grant.plain else _secrets(caller),
        is_told=is_first and not grant.plain,
        headers=grant.headers,
        follow=follow,
        refused=partial(caller.refuse, number, "http", operation),
        rate=Rate(quota["rate"], quota["rate-period"]) if "rate" in quota else None,
        spend=spend,
        times=Times(
            connect_ns=min(total, 10 * SECOND), head_ns=total, idle_ns=total, total_ns=total
        ),
    )


def _secrets(caller: CallContext) -> tuple[str, ...]:
    """The secrets of the holder's. Raises CallError("denied") if a rule keeps one from it."""
    names = tuple(name for grant in caller.grants("secrets") for name in grant.patterns)
    for name in names:
        decision = caller.foresee("secrets", "exists", name)
        if not decision.allowed:
            words = words_for_guest(decision)
            raise CallError("denied", f"the secret {name!r}, which would go along: {words}")
    return names


def _target(args: list[Any]) -> HttpTarget:
    """Method and URL, read once. Raises CallError("invalid")."""
    try:
        return parse_http_target(args[0]["method"], args[0]["url"])
    except BadUrl as exc:
        raise CallError("invalid", str(exc)) from None


def _screen(caller: CallContext, args: list[Any]) -> None:
    request = args[0]
    scan(caller, *(request[name] for name in ("method", "url", "headers")), packed=request["body"])


def _screen_piece(caller: CallContext, args: list[Any]) -> None:
    exchange: GuestExchange = caller.handles.get(args[0], EXCHANGE)
    exchange.tail = scan(caller, packed=args[1], before=exchange.tail)


OUTSIDE = Effect.OUTSIDE


def _later(args: list[Any]) -> bool:
    """Its body follows: nobody can approve it beforehand."""
    return bool(args[1])


def _which(caller: CallContext, args: list[Any]) -> str:
    exchange: GuestExchange = caller.handles.get(args[0], EXCHANGE)
    return f"the request is {exchange.about}"


OPERATIONS = (
    Operation("http", "send", Kind.WAITING, send, target=_target, effect=OUTSIDE, screen=_screen),
    Operation(
        "http", "start", Kind.WAITING, start, target=_target, effect=OUTSIDE, screen=_screen,
        spawns=True, later=_later,
    ),
    Operation(
        "http", "exchange.write", Kind.WAITING, write, effect=OUTSIDE, screen=_screen_piece,
        unseen=_which,
    ),
    Operation(
        "http", "exchange.finish", Kind.WAITING, finish, effect=OUTSIDE, spawns=True, unseen=_which
    ),
    Operation("http", "exchange.head", Kind.WAITING, head, unseen=_which),
    Operation("http", "exchange.read", Kind.WAITING, read, unseen=_which),
)  # fmt: skip
