"""Look here if you want to know how a grant is narrowed to what calls have needed.

Rule: what comes out covers all of those calls and gives nothing that the grant did not: the one
and the other is asked of the scopes themselves, and where they say no, the grant stays as it is.
Rule: a grant stays one grant: two in its place would have two budgets.
"""

from collections.abc import Collection, Sequence
from typing import Any, Final

import msgspec

from lion.domain.plan import Grant
from lion.domain.question import Question
from lion.scopes.bus import way_patterns
from lion.scopes.fs_path import FsTarget
from lion.scopes.http_scope import HttpScope, parse_grant_scope, render_scope
from lion.scopes.http_target import HttpTarget
from lion.scopes.named import NamedScopes
from lion.scopes.table import find_scopes

MOST_NAMES: Final = 20
"""Names that are written one by one; of more the pattern stays."""


def narrowed(grant: Grant, needed: Collection[Question]) -> Grant:
    """The least of a grant that covers all `needed`, each of which it covers."""
    scopes = find_scopes(grant.capability)
    if scopes is None or not needed:
        return grant
    less = _less(grant, needed, scopes)
    is_within = all(
        any(scopes.includes(wide, text) for wide in grant.patterns) for text in less.patterns
    )
    is_enough = all(scopes.covers(less, one) for one in needed)
    return less if is_within and is_enough else grant


def _less(grant: Grant, needed: Collection[Question], scopes: NamedScopes) -> Grant:
    targets = [one.target for one in needed]
    if grant.capability == "bus":
        return _ways(grant, needed)
    if grant.mount is not None:
        return _read_only(grant, targets)
    if not grant.patterns:
        return grant
    https = [target for target in targets if isinstance(target, HttpTarget)]
    if https:
        scope = _hull(parse_grant_scope(grant.patterns[0]), https)
        return msgspec.structs.replace(grant, patterns=(render_scope(scope),))
    return _named(grant, targets, scopes)


def _read_only(grant: Grant, targets: Sequence[Any]) -> Grant:
    """A directory that nobody wrote to is one to read."""
    assert grant.mount is not None
    files = [target for target in targets if isinstance(target, FsTarget)]
    if any(claim.write for target in files for claim in target.claims):
        return grant
    mount = msgspec.structs.replace(grant.mount, write=False)
    return msgspec.structs.replace(grant, mount=mount, quota={})


def _named(grant: Grant, targets: Sequence[Any], scopes: NamedScopes) -> Grant:
    """The names themselves; patterns where they are many, or where one would be read as more."""
    names = sorted({str(target) for target in targets if str(target)})
    if not names:
        return msgspec.structs.replace(grant, patterns=grant.patterns[:1])
    is_one = scopes.is_list or len(names) == 1
    if not is_one or len(names) > MOST_NAMES or any("*" in name for name in names):
        used = (
            text for text in grant.patterns
            if any(scopes.pattern_of(grant, text).matches(name) for name in names)
        )  # fmt: skip
        return msgspec.structs.replace(grant, patterns=tuple(used))
    return msgspec.structs.replace(grant, patterns=tuple(names))


def _ways(grant: Grant, needed: Collection[Question]) -> Grant:
    """Of each way of messages what was asked, or the patterns that allowed it."""
    scopes = find_scopes(grant.capability)
    assert scopes is not None
    names = list(way_patterns(needed))
    if len(names) > MOST_NAMES or any(
        "*" in name for name in names if not name.startswith("receive ")
    ):
        alone = {text: msgspec.structs.replace(grant, patterns=(text,)) for text in grant.patterns}
        names = [
            text
            for text, one in alone.items()
            if any(scopes.covers(one, asked) for asked in needed)
        ]
    for name in tuple(names):
        if any(scopes.includes(other, name) for other in names if other != name):
            names.remove(name)
    is_same = set(names) == set(grant.patterns)
    return grant if is_same else msgspec.structs.replace(grant, patterns=tuple(names))


def _hull(scope: HttpScope, targets: Sequence[HttpTarget]) -> HttpScope:
    """The least scope of one line that has all of these."""
    asked = {target.method for target in targets}
    hosts = {target.url.host for target in targets}
    return msgspec.structs.replace(
        scope,
        methods=tuple(sorted(asked, key=_order(scope))),
        host=hosts.pop() if len(hosts) == 1 else scope.host,
        path=_path(sorted({target.url.path for target in targets})),
    )


def _order(scope: HttpScope) -> Any:
    places = {method: place for place, method in enumerate(scope.methods)}
    return lambda method: (places.get(method, len(places)), method)


def _path(paths: Sequence[str]) -> str:
    """One path, or what all have in common: `*` for a segment that differs, `**` for an end."""
    if len(paths) == 1:
        return paths[0]
    parts = [path.split("/") for path in paths]
    if len({len(one) for one in parts}) == 1:
        return "/".join(
            ours[0] if len(set(ours)) == 1 else "*" for ours in zip(*parts, strict=True)
        )
    shortest = min(map(len, parts)) - 1
    same = 0
    while same < shortest and len({one[same] for one in parts}) == 1:
        same += 1
    return "/".join([*parts[0][:same], "**"])
