"""Look here if you want to know whether a request is one that a grant or a rule speaks of.

Rule: what is compared is in normal form on both sides (scopes/http_url.py), hosts and ports as
such and never as part of a longer text.
Rule: a path with an encoded slash (`%2F`) has two readings, as it is sent and with the slash: a
grant has to cover both, unless it says that it means the one that is sent.
Rule: a rule of the operator's speaks of a path if it speaks of anything that a server could see in
it (http_readings.py).
"""

from collections.abc import Callable, Collection
from functools import lru_cache
from typing import Any, Final

import msgspec

from lion.domain.call import Target
from lion.domain.plan import Grant, Holder, Plan
from lion.domain.question import Question
from lion.scopes.http_grant import is_suggestible, written_entry
from lion.scopes.http_readings import readings
from lion.scopes.http_scope import ANY, BadScope, HttpScope, parse_grant_scope, parse_rule_scope
from lion.scopes.http_target import HttpTarget, read_http_target
from lion.scopes.http_url import ENCODED_SLASH, BadUrl, Url, slashes_decoded
from lion.scopes.named import NamedScopes, all_granted, granted
from lion.scopes.pattern import BadPattern, Matches, Pattern, compile_pattern, includes
from lion.scopes.written import as_written

METHODS: Final = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
"""Those that a person means by a word in small letters."""


class HttpScopes(NamedScopes):
    """Requests: methods, scheme, host, port, path and query, each compared as such."""

    def read_target(self, text: str) -> Target:
        """Method and URL; the text itself if it is none."""
        try:
            return read_http_target(text) if text else text
        except BadUrl:
            return text

    def grant_pattern(self, text: str) -> Pattern:
        """What a grant's scope matches. Raises BadPattern."""
        return grant_pattern(text)

    def pattern_of(self, grant: Grant, text: str) -> Pattern:
        """What a scope of this grant matches. Raises BadPattern."""
        return grant_pattern(text, encoded_slash=grant.encoded_slash)

    def attenuate(self, grant: Grant, by: Grant) -> Grant | None:
        """What both give: what widens has to be in both, and `plain` in one."""
        less = super().attenuate(grant, by)
        if less is None:
            return None
        return msgspec.structs.replace(
            less,
            encoded_slash=grant.encoded_slash and by.encoded_slash,
            plain=grant.plain or by.plain,
            headers=tuple(name for name in grant.headers if name in by.headers),
            on_unknown=grant.on_unknown if grant.on_unknown == by.on_unknown else "",
            has_key=grant.has_key and by.has_key,
        )

    def rule_pattern(self, text: str) -> Pattern:
        """What a rule's pattern matches. Raises BadPattern."""
        return rule_pattern(text)

    def is_in_pattern(self, word: str) -> bool:
        """Methods are: `GET`, `GET,POST`; those that nobody knows in capitals."""
        if word.lower() in self.capability.operations:
            return False
        names = word.split(",")
        is_known = all(name.upper() in METHODS for name in names)
        return is_known or (word.isupper() and all(name.isalpha() for name in names))

    def rule_hint(self, text: str) -> str:
        """Behind methods stands a server; before a server alone an operation, or `*` for any."""
        first = text.partition(" ")[0]
        why, pattern, any_one = "before a server stands an operation", text, "* "
        if self.is_in_pattern(text):
            why, pattern, any_one = "behind a method stands a server", f"{text.upper()} {ANY}", ""
        elif not ({".", ":"} & set(first) or first == "localhost") or first.startswith("exchange"):
            return ""
        try:
            self.rule_pattern(pattern)
        except BadPattern:
            return f'{why}: write for instance "http POST https://api.example.com/v1/**"'
        return f'{why}: write "http {any_one}{pattern}"'

    def rule_meets(self, pattern: Pattern, plan: Plan, tools: Collection[str]) -> bool:
        """Whether it could be about a server and a method that are granted."""
        rule = parse_rule_scope(pattern.text)
        scopes = (g.patterns[0] for g in all_granted(plan, "http"))
        return any(_may_meet(rule, parse_grant_scope(text)) for text in scopes)

    def budgets_of(self, grant: Grant) -> dict[str, int]:
        """Requests and bytes."""
        counted = ("calls", "bytes-in", "bytes-out")
        quota = {kind: grant.quota[kind] for kind in counted if kind in grant.quota}
        return {f"http {kind} {grant.patterns[0]}": most for kind, most in quota.items()}

    def includes(self, wide: str, narrow: str) -> bool:
        """True only if one grant's scope covers all that the other does."""
        return scope_includes(wide, narrow)

    def suggest(self, holder: Holder, plan: Plan, question: Question) -> Any:
        """Exactly this request; none for a private address that is new."""
        target, own = question.target, granted(holder, "http")
        if not isinstance(target, HttpTarget) or not is_suggestible(target, own):
            return None
        scopes, text = as_written([grant.patterns[0] for grant in own], target.text, plan)
        entries = [
            {**entry, "url": scope} if isinstance(entry := written_entry(grant), dict) else scope
            for grant, scope in zip(own, scopes, strict=True)
        ]
        return [*entries, text]


def _may_meet(rule: HttpScope, grant: HttpScope) -> bool:
    """Whether some request is meant by both, as far as method, server and the beginning of the
    path tell.
    """
    begins = [slashes_decoded(scope.path).partition(ANY)[0] for scope in (rule, grant)]
    if not (
        rule.path == grant.path
        or begins[0].startswith(begins[1])
        or begins[1].startswith(begins[0])
    ):
        return False
    return (
        rule.scheme in (None, grant.scheme)
        and rule.port in (None, grant.port)
        and not (rule.methods and grant.methods and set(rule.methods).isdisjoint(grant.methods))
        and hosts_meet(rule.host, grant.host)
    )


@lru_cache(maxsize=1_024)
def grant_pattern(text: str, *, encoded_slash: bool = False) -> Pattern:
    """What a grant's scope matches: HttpTargets. Raises BadPattern.

    `encoded_slash` says that an encoded slash is meant as it is sent; so does one in the scope.
    """

    def covers(path: Matches, sent: str) -> bool:
        is_meant = encoded_slash or ENCODED_SLASH in text.upper()
        return path(sent) and (is_meant or path(slashes_decoded(sent)))

    return _compiled(text, parse_grant_scope, covers)


@lru_cache(maxsize=1_024)
def rule_pattern(text: str) -> Pattern:
    """What a rule's pattern matches. Raises BadPattern."""
    return _compiled(text, parse_rule_scope, _speaks_of)


def _speaks_of(path: Matches, sent: str) -> bool:
    seen = readings(sent)
    return seen is None or any(map(path, seen))


def scope_includes(wide: str, narrow: str) -> bool:
    """True only if one grant's scope covers all that the other does."""
    a, b = parse_grant_scope(wide), parse_grant_scope(narrow)
    if a.methods and not (b.methods and set(b.methods) <= set(a.methods)):
        return False
    if (a.scheme, a.port) != (b.scheme, b.port) or not _host_includes(a.host, b.host):
        return False
    if not (a.path == b.path or _path_includes(a.path, b.path)):
        return False
    return a.query is None or (b.query is not None and includes(a.query, b.query, "&"))


def host_matches(pattern: str, host: str) -> bool:
    """Whether a host is meant by `*`, `*.x` or a host, both in normal form."""
    if pattern == ANY:
        return True
    if pattern.startswith("*."):
        return host.endswith(pattern[1:]) and len(host) > len(pattern) - 1
    return host == pattern


def _path_includes(wide: str, narrow: str) -> bool:
    """What the narrow one takes as it is sent, the wide one has to cover in both readings."""
    return all(includes(wide, path, "/") for path in {narrow, slashes_decoded(narrow)})


def hosts_meet(a: str, b: str) -> bool:
    """Whether some host is meant by both: each is `*`, `*.x` or a host, in normal form."""
    return _host_includes(a, b) or _host_includes(b, a)


Reads = Callable[[Matches, str], bool]
"""Whether a pattern of paths speaks of a path as sent."""


def _compiled(text: str, parse: Callable[[str], HttpScope], reads: Reads) -> Pattern:
    try:
        matches = _matcher(parse(text), reads)
    except BadScope as exc:
        raise BadPattern(str(exc)) from None
    return Pattern(text=text, separator="/", matches=matches, may_follow=matches)


def _matcher(scope: HttpScope, reads: Reads) -> Callable[[Target], bool]:
    path = compile_pattern(scope.path, "/").matches
    query = None if scope.query is None else _query(scope.query)

    def matches(target: Target) -> bool:
        if not isinstance(target, HttpTarget):
            return False
        url = target.url
        return (
            (not scope.methods or target.method in scope.methods)
            and _is_at(scope, url)
            and reads(path, url.path)
            and (query is None or query(url.query))
        )

    return matches


def _is_at(scope: HttpScope, url: Url) -> bool:
    return (
        scope.scheme in (None, url.scheme)
        and scope.port in (None, url.port)
        and host_matches(scope.host, url.host)
    )


def _query(pattern: str) -> Callable[[str | None], bool]:
    if not pattern:
        return lambda query: not query
    matches = compile_pattern(pattern, "&").matches
    return lambda query: query is not None and matches(query)


def _host_includes(wide: str, narrow: str) -> bool:
    if wide in (ANY, narrow):
        return True
    if not wide.startswith("*."):
        return False
    inner = narrow.removeprefix("*.")
    return host_matches(wide, inner) or (narrow.startswith("*.") and inner == wide[2:])
