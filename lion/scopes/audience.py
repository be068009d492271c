"""Look here if you want to know where secrets go, and which of that a person would not expect."""

from collections.abc import Iterator, Sequence

from lion.domain.plan import Grant, Model
from lion.domain.surroundings import Surroundings
from lion.scopes.http_grant import host_addresses
from lion.scopes.http_match import hosts_meet
from lion.scopes.http_scope import HttpScope, parse_grant_scope


def origins_of(secrets: Grant, around: Surroundings) -> tuple[str, ...]:
    """Where the secrets of a grant may go by their operator's word."""
    found = (origin for name in secrets.patterns for origin in around.audiences.get(name, ()))
    return tuple(dict.fromkeys(found))


def warn_of_secrets(
    secrets: Grant, requests: Sequence[Grant], around: Surroundings
) -> Iterator[str]:
    """Secrets that requests would lack, or that go where one may not have meant them to."""
    scopes = [parse_grant_scope(pattern) for grant in requests for pattern in grant.patterns]
    for name in secrets.patterns:
        yield from _secret(name, scopes, around)
    yield from _untold(secrets, requests, around)


def _untold(secrets: Grant, requests: Sequence[Grant], around: Surroundings) -> Iterator[str]:
    """Requests that are refused since no secret is for there, though some is for elsewhere."""
    origins = origins_of(secrets, around)
    grants = [grant for grant in requests if not grant.plain]
    met = [
        any(_meet(_scope(one), parse_grant_scope(grant.patterns[0])) for one in origins)
        for grant in grants
    ]
    for grant, is_met in zip(grants, met, strict=True):
        if any(met) and not is_met:
            yield (
                f"no secret is for {grant.patterns[0]}: such requests are refused; "
                "say plain = true there if none is meant"
            )


def _secret(name: str, scopes: Sequence[HttpScope], around: Surroundings) -> Iterator[str]:
    if name in around.unbound:
        yield f"granted but not bound: secret {name}; requests it would go into are refused"
        return
    origins = around.audiences.get(name, ())
    met = [one for one in origins if any(_meet(_scope(one), scope) for scope in scopes)]
    if origins and not met:
        yield (
            f"secret {name} is for {', '.join(origins)}, which no grant of http reaches: "
            "it is never sent, and requests are refused"
        )
    yield from _plain(f"secret {name}", met)


def warn_of_key(model: Model, around: Surroundings) -> Iterator[str]:
    """A model without its key, or whose key goes where everybody reads it."""
    if model.key in around.unbound:
        yield f"model {model.name} has no key: secret {model.key} is not bound"
    origins = around.audiences.get(model.key, ())
    if not origins or not model.base_url:
        return
    place = parse_grant_scope(f"* {model.base_url}/**")
    met = [one for one in origins if _meet(_scope(one), place)]
    if not met:
        yield (
            f"model {model.name} has no key there: secret {model.key} is for "
            f"{', '.join(origins)}, and its base-url is {model.base_url}"
        )
    yield from _plain(f"secret {model.key}", met)


def _plain(what: str, origins: Sequence[str]) -> Iterator[str]:
    for origin in origins:
        scope = _scope(origin)
        if scope.scheme == "http" and not host_addresses(scope.host):
            yield f"{what} goes to {origin} unencrypted, for everybody on the way to read"


def _scope(origin: str) -> HttpScope:
    return parse_grant_scope(f"* {origin}/**")


def _meet(a: HttpScope, b: HttpScope) -> bool:
    """Whether some server is meant by both."""
    return (a.scheme, a.port) == (b.scheme, b.port) and hosts_meet(a.host, b.host)
