"""Look here if you want to know what a guest's request is held to, and how one of before its run
was resumed is asked again.

Rule: what a request costs is charged to the grant that allowed it.
Rule: a server is told by `Idempotency-Key`, where the grant says so, which request it has had
already: the same name for the same call, which tells nothing of the run. A guest's own key wins.
"""

import hashlib
import hmac
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any, Final, cast

from lion.capabilities.bounds import check_size
from lion.capabilities.http.contract import OutgoingRequest, Terms, Times
from lion.capabilities.http.exchange import GuestExchange
from lion.capabilities.http.headers import parse_headers
from lion.capabilities.opened import door_of
from lion.domain.call import BULK, CallError
from lion.domain.plan import SECOND, Grant, Rate
from lion.policy.decide import words_for_guest
from lion.ports import CallContext
from lion.scopes.http_grant import named_addresses
from lion.scopes.http_target import HttpTarget, parse_http_target
from lion.scopes.http_url import BadUrl
from lion.values.packed import unpack

KEY: Final = "idempotency-key"
HARMLESS: Final = ("GET", "HEAD")
"""Methods that may be asked again."""


def outgoing(
    caller: CallContext, operation: str, request: dict[str, Any], pieces: Any = None
) -> OutgoingRequest:
    """A guest's request with what it is held to, charged as a call: the call under way was decided
    for its target, by its grant. Raises CallError.
    """
    target = cast(HttpTarget, caller.target)
    body = pieces
    if request["body"] is not None:
        body = bytes_of("the body of a request", request["body"])
    return OutgoingRequest(
        method=target.method,
        url=target.url,
        headers=_headers(caller, target.method, request["headers"]),
        body=body,
        terms=_terms(
            caller, operation, cast(Grant, caller.grant), request["timeout"], is_first=True
        ),
    )


def bytes_of(what: str, packed: str) -> bytes:
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


def read_target(args: list[Any]) -> HttpTarget:
    """Method and URL, read once. Raises CallError("invalid")."""
    try:
        return parse_http_target(args[0]["method"], args[0]["url"])
    except BadUrl as exc:
        raise CallError("invalid", str(exc)) from None


def _headers(caller: CallContext, method: str, text: str) -> tuple[tuple[str, str], ...]:
    """A request's, with a key where its grant wants one."""
    headers = parse_headers(text)
    grant = cast(Grant, caller.grant)
    if not grant.has_key or method in HARMLESS or any(name == KEY for name, _ in headers):
        return headers
    return (*headers, (KEY, key_of(caller)))


def count_request(caller: CallContext) -> None:
    """Charge the grant for a request that may have been sent."""
    grant = caller.grant
    if grant is not None and "calls" in grant.quota:
        caller.charge(f"http calls {grant.patterns[0]}", grant.quota["calls"], 1)


def key_of(caller: CallContext) -> str:
    """The name of the call under way, the same however often it is made."""
    call = f"{caller.path}#{caller.number}"
    return hmac.new(caller.run.encode(), call.encode(), hashlib.sha256).hexdigest()[:32]


def begin_again(
    caller: CallContext, exchange: GuestExchange, request: dict[str, Any], number: int,
    target: HttpTarget, grant: Grant | None,
) -> None:  # fmt: skip
    """Ask again, beside a guest that goes on, what its call of this number had asked."""
    with _as_before(caller, exchange, number, target, grant):
        asked = outgoing(caller, "start", request)
        caller.start_task(exchange.run, door_of(caller), asked)


def prepare_again(
    caller: CallContext, exchange: GuestExchange, request: dict[str, Any], number: int,
    target: HttpTarget, grant: Grant | None,
) -> None:  # fmt: skip
    """The same of one whose body waits: nothing was sent, and it was paid for."""
    with _as_before(caller, exchange, number, target, grant):
        if grant is not None and "calls" in grant.quota:
            caller.spend(f"http calls {grant.patterns[0]}", grant.quota["calls"], -1)
        exchange.request = outgoing(caller, "start", request)


@contextmanager
def _as_before(
    caller: CallContext, exchange: GuestExchange, number: int, target: HttpTarget,
    grant: Grant | None,
) -> Iterator[None]:  # fmt: skip
    """While a call of before is made again; what it fails for, the guest hears of its exchange."""
    before = caller.number, caller.target, caller.grant
    caller.number, caller.target, caller.grant = number, target, grant
    try:
        yield
    except CallError as exc:
        exchange.fail(exc)
    finally:
        caller.number, caller.target, caller.grant = before
