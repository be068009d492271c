"""Look here if you want to know how a grant or a rule names requests.

    grant  = METHODS " " SCHEME "://" HOST [":" PORT] [PATH] ["?" QUERY]
    rule   = [METHODS " "] [SCHEME "://"] HOST [":" PORT] [PATH] ["?" QUERY]

    "GET https://api.example.com/v1/**"    "GET,POST http://127.0.0.1:8000/**"    "**.internal/**"

METHODS is `GET`, `GET,POST` or `*`. HOST is a host, `*.x` (any subdomain of x at any depth, not x
itself; `**.x` is the same) or `*` (any host). In PATH `*` stays within a segment, `**` does not.

Rule: without `?` any query is admitted.
Rule: what is not written is narrow in a grant and wide in a rule: a grant's port is the scheme's
own and its path `/`; a rule means every scheme, port and path.
"""

import re

import msgspec

from lion.scopes.http_url import (
    DEFAULT_PORTS,
    BadUrl,
    normal_host,
    normal_path,
    normal_query,
    parse_method,
)

FORMS = 'methods and a URL, such as "GET https://api.example.com/v1/**"'
ANY = "*"

_SCOPE = re.compile(
    r"(?:(?P<methods>\S+) +)?(?:(?P<scheme>[A-Za-z]+)://)?"
    r"(?P<host>\[[^\]]*\]|[^/?#:\[\] ]+)(?::(?P<port>[0-9]{1,5}))?"
    r"(?P<path>/[^?# ]*)?(?:\?(?P<query>[^# ]*))?"
)


class BadScope(ValueError):
    """A scope that cannot be read; the sentence tells why and what to write."""


class HttpScope(msgspec.Struct, frozen=True, kw_only=True):
    """Which requests a grant or a rule speaks of.

    `methods` is empty for any, `scheme` and `port` None for any, `host` as written but normal:
    `*`, `*.x`, or a host; `path` and `query` are patterns in normal form, `query` None for any.
    """

    methods: tuple[str, ...]
    scheme: str | None
    host: str
    port: int | None
    path: str
    query: str | None


def parse_grant_scope(text: str) -> HttpScope:
    """Read what a grant names. Raises BadScope."""
    scope = _parse(text, "/")
    if " " not in text.strip() or scope.scheme is None:
        raise BadScope(f"{text[:100]!r} says not all that is needed; write {FORMS}")
    if scope.port is not None:
        return scope
    return msgspec.structs.replace(scope, port=DEFAULT_PORTS[scope.scheme])


def parse_rule_scope(text: str) -> HttpScope:
    """Read what a rule names. Raises BadScope."""
    return _parse(text, "/**")


def render_scope(scope: HttpScope) -> str:
    """A grant's scope in normal form."""
    methods = ",".join(scope.methods) or ANY
    host = f"[{scope.host}]" if ":" in scope.host else scope.host
    default = DEFAULT_PORTS.get(scope.scheme or "")
    port = "" if scope.port in (None, default) else f":{scope.port}"
    query = "" if scope.query is None else f"?{scope.query}"
    return f"{methods} {scope.scheme}://{host}{port}{scope.path}{query}"


def _parse(text: str, path: str) -> HttpScope:
    found = _SCOPE.fullmatch(text.strip()) if len(text) <= 1_024 else None
    if found is None or "***" in text:
        raise BadScope(f"{text[:100]!r} names no requests; write {FORMS}")
    scheme = found["scheme"] and found["scheme"].lower()
    if scheme not in (None, *DEFAULT_PORTS):
        raise BadScope(f"{text[:100]!r}: the scheme {scheme!r} is not http or https")
    port = None if found["port"] is None else int(found["port"])
    if port is not None and not 1 <= port <= 65_535:
        raise BadScope(f"{text[:100]!r}: {port} is no port")
    try:
        return HttpScope(
            methods=_methods(found["methods"] or ANY),
            scheme=scheme,
            host=host_pattern(found["host"]),
            port=port,
            path=normal_path(found["path"] or path),
            query=None if found["query"] is None else normal_query(found["query"]),
        )
    except BadUrl as exc:
        raise BadScope(f"{text[:100]!r}: {exc}") from None


def _methods(text: str) -> tuple[str, ...]:
    if text == ANY:
        return ()
    return tuple(dict.fromkeys(parse_method(word) for word in text.split(",")))


def host_pattern(text: str) -> str:
    """A host, `*.x` or `*` in normal form. Raises BadUrl."""
    if text in ("*", "**"):
        return ANY
    stars, dot, rest = text.partition(".")
    if dot and stars in ("*", "**"):
        return f"*.{_plain(rest)}"
    return _plain(text)


def _plain(text: str) -> str:
    if "*" in text:
        raise BadUrl(
            f'{text[:80]!r}: a star stands for whole labels in front, as in "*.example.com"'
        )
    return normal_host(text)
