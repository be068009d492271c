"""Look here if you want to know what one request on its way is made of, and how it is framed."""

import msgspec

from lion.capabilities.http.answer import Paid
from lion.capabilities.http.body import ENCODINGS
from lion.capabilities.http.contract import OutgoingRequest, Terms
from lion.capabilities.http.headers import Header, check_headers, find
from lion.capabilities.secrets.vault import Parts
from lion.domain.call import CallError
from lion.scopes.http_url import BadUrl, Url, parse_method, parse_url

_WITH_BODY = ("POST", "PUT", "PATCH")


class Hop(msgspec.Struct, frozen=True, kw_only=True):
    """One request on its way: what was asked for first, or where a redirect leads."""

    method: str
    url: Url
    headers: tuple[Header, ...]
    body: "bytes | Paid | None"
    terms: Terms


def first_hop(request: OutgoingRequest) -> Hop:
    """What was asked for. Raises CallError("invalid")."""
    try:
        method, url = parse_method(request.method), request.url
        url = url if isinstance(url, Url) else parse_url(url)
    except BadUrl as exc:
        raise CallError("invalid", str(exc)) from None
    body = request.body
    if not isinstance(body, bytes | None):
        body = Paid(body, request.terms)
    return Hop(
        method=method,
        url=url,
        headers=check_headers(request.headers),
        body=body,
        terms=request.terms,
    )


def framed(hop: Hop) -> Parts:
    """The request as it is sent, before secrets."""
    body = hop.body if isinstance(hop.body, bytes) else None
    headers: list[Header] = [("host", hop.url.authority), *hop.headers]
    if find(headers, "user-agent") is None:
        headers.append(("user-agent", "lion"))
    headers.append(("accept-encoding", ENCODINGS))
    if isinstance(hop.body, Paid):
        headers.append(("transfer-encoding", "chunked"))
    elif body is not None or hop.method in _WITH_BODY:
        headers.append(("content-length", str(len(body or b""))))
    return Parts(resource=hop.url.resource, headers=tuple(headers), body=body)


def relengthed(parts: Parts) -> tuple[Header, ...]:
    """The headers with the body's length as it is now."""
    size = str(len(parts.body or b""))
    return tuple((n, size if n == "content-length" else v) for n, v in parts.headers)


def size_of(hop: Hop, parts: Parts) -> int:
    """Bytes of a request, the pieces of a body that is still to come aside."""
    line = len(hop.method) + len(parts.resource) + 12
    return line + sum(len(n) + len(v) + 4 for n, v in parts.headers) + len(parts.body or b"") + 2
