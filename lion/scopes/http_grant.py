"""Look here if you want to know what a grant of `http` holds, and how it is written.

    allow.http = [
        "GET https://docs.example.com/**",
        { url = "POST https://api.example.com/v1/**", calls = 100, rate = "5/s", timeout = "10 s",
          bytes-in = "4 MiB", bytes-out = "64 KiB" },
        { url = "GET https://build.internal/**", addresses = ["10.0.0.0/8"] },
        { url = "GET https://gitlab.com/api/v4/projects/*/issues", encoded-slash = true },
    ]

Rule: each entry is a grant of its own, with its own budgets and connections.
Rule: `encoded-slash` says that `%2F` in a path is no slash for this server: what is sent is what
is decided. Without it both readings have to be granted (http_match.py).
Rule: `plain` says that no secret goes along; a request of a holder that has some is refused where
none of them is for. `headers` are sent though they can change what a request is at a server.
Rule: `idempotency-key` says that the server tells by that header whether it has had a request;
`on-unknown` what is done about one of before of which nobody knows whether it had.
Rule: a host that is written as an address, or as localhost, names that address; every other
private address needs `addresses`.
"""

import json
import re
from collections.abc import Sequence
from functools import lru_cache
from ipaddress import ip_address, ip_network
from typing import Any, Final

from lion.domain.plan import MIB, SECOND, Grant, Rate
from lion.domain.units import render_duration, render_rate, render_size
from lion.scopes.http_scope import parse_grant_scope
from lion.scopes.http_target import HttpTarget

DEFAULT_QUOTA: Final = {
    "bytes-in": 64 * MIB,
    "bytes-out": 16 * MIB,
    "timeout": 60 * SECOND,
}
"""What an entry that writes none has: bytes per run, nanoseconds per request."""

HEADER_NAME: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,256}")
LOOPBACK: Final = ("127.0.0.0/8", "::1/128")


def check_url(value: str) -> str:
    """A scope as it was written. Raises BadScope, which is a ValueError."""
    parse_grant_scope(value)
    return value


def check_network(value: str) -> str:
    """An address or network in normal form. Raises ValueError."""
    try:
        network = ip_network(value, strict=False)
    except ValueError:
        raise ValueError(
            f'{value!r} is no address or network; write "127.0.0.1" or "10.0.0.0/8"'
        ) from None
    return str(network.network_address if network.num_addresses == 1 else network)


def check_steering_header(value: str) -> str:
    """The name of a header in lower case. Raises ValueError."""
    if not HEADER_NAME.fullmatch(value):
        raise ValueError(f'{value!r} is no name of a header; write "x-forwarded-for"')
    return value.lower()


def build_http_grant(
    where: str,
    url: str,
    *,
    bytes_in: int | None = None,
    bytes_out: int | None = None,
    calls: int | None = None,
    rate: Rate | None = None,
    timeout_ns: int | None = None,
    addresses: tuple[str, ...] = (),
    encoded_slash: bool = False,
    plain: bool = False,
    headers: tuple[str, ...] = (),
    ask_at: int | None = None,
    on_unknown: str = "",
    has_key: bool = False,
) -> Grant:
    """One entry of `allow.http`, with defaults for what it does not say."""
    written: dict[str, int | None] = {
        "bytes-in": bytes_in,
        "bytes-out": bytes_out,
        "timeout": timeout_ns,
        "calls": calls,
        "rate": None if rate is None else rate.count,
        "rate-period": None if rate is None else rate.period_ns,
    }
    quota = {**DEFAULT_QUOTA, **{name: n for name, n in written.items() if n is not None}}
    line = f"{where}.http = [{json.dumps(url)}]"
    return Grant(
        "http", line, patterns=(url,), quota=quota, addresses=addresses,
        encoded_slash=encoded_slash, plain=plain, headers=headers,
        ask_at=ask_at, on_unknown=on_unknown, has_key=has_key,
    )  # fmt: skip


def named_addresses(grant: Grant) -> tuple[str, ...]:
    """Networks that this grant names: those it lists, and its hosts where they are addresses."""
    return (*grant.addresses, *(n for text in grant.patterns for n in _named(text)))


def written_entry(grant: Grant) -> str | dict[str, Any]:
    """A grant as its entry in `allow.http` is written."""
    (url,) = grant.patterns
    quota = grant.quota
    entry: dict[str, Any] = {"url": url}
    for name in ("bytes-in", "bytes-out"):
        if quota[name] != DEFAULT_QUOTA[name]:
            entry[name] = render_size(quota[name])
    if "calls" in quota:
        entry["calls"] = quota["calls"]
    if "rate" in quota:
        entry["rate"] = render_rate(Rate(quota["rate"], quota["rate-period"]))
    if quota["timeout"] != DEFAULT_QUOTA["timeout"]:
        entry["timeout"] = render_duration(quota["timeout"])
    if grant.addresses:
        entry["addresses"] = list(grant.addresses)
    if grant.encoded_slash:
        entry["encoded-slash"] = True
    if grant.plain:
        entry["plain"] = True
    if grant.headers:
        entry["headers"] = list(grant.headers)
    if grant.ask_at is not None:
        entry |= {"at": f"{grant.ask_at} %", "then": "ask"}
    if grant.on_unknown:
        entry["on-unknown"] = grant.on_unknown
    if grant.has_key:
        entry["idempotency-key"] = True
    return entry if len(entry) > 1 else url


def is_suggestible(target: HttpTarget, granted: Sequence[Grant]) -> bool:
    """Whether a manifest line for this request may be offered to a person.

    Not if it has a star, which a pattern would read as one; not for an address or localhost,
    unless the holder may reach this host already.
    """
    url = target.url
    if "*" in target.text or len(target.text) > 1_000:
        return False
    if not _is_address(url.host) and "." in url.host:
        return True
    scopes = [parse_grant_scope(text) for grant in granted for text in grant.patterns]
    return any((s.scheme, s.host, s.port) == (url.scheme, url.host, url.port) for s in scopes)


@lru_cache(maxsize=1_024)
def _named(text: str) -> tuple[str, ...]:
    return host_addresses(parse_grant_scope(text).host)


def host_addresses(host: str) -> tuple[str, ...]:
    """Networks that a host names by being an address, or localhost."""
    if host == "localhost" or host.endswith(".localhost"):
        return LOOPBACK
    return (host,) if _is_address(host) else ()


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
