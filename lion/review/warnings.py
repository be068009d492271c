"""Look here if you want to know what a person is warned of before a plan runs.

Rule: check and audit warn of the same, with the same words: both ask here.
Rule: a warning is for what is allowed and will surprise; what cannot run is an error elsewhere.
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePath

from lion.domain.names import did_you_mean
from lion.domain.plan import DEFAULT_CAPABILITIES, Grant, Holder, Model, Plan
from lion.ports import Surroundings
from lion.ports.surroundings import older_than_source
from lion.review.loaded import Loaded
from lion.scopes.http_grant import host_addresses
from lion.scopes.http_match import hosts_meet
from lion.scopes.http_scope import HttpScope, parse_grant_scope
from lion.scopes.pattern import compile_pattern
from lion.scopes.rules import Rule

HOMES = (PurePath("/home"), PurePath("/Users"))
"""What is right in these is a person's home."""


def warnings_of(
    plan: Plan,
    holder: Holder,
    loaded: Loaded | None,
    rules: Sequence[Rule],
    tools: Mapping[str, str],
    around: Surroundings,
) -> Iterator[str]:
    """What to warn of in one holder. `tools` has the holder by the tool's name, `rules` are the
    operator's that speak of what it imports.
    """
    if loaded is None:
        yield "its component was not loaded: it can do nothing"
        return
    if (folder := around.stale.get(holder.name)) is not None:
        yield older_than_source(folder)
    yield from _useless(holder, loaded, tools)
    yield from _refused(holder, loaded, rules)
    yield from _files(holder, around)
    yield from _secrets(plan, holder, around)


def _useless(holder: Holder, loaded: Loaded, tools: Mapping[str, str]) -> Iterator[str]:
    """Grants that lead nowhere."""
    for name in dict.fromkeys(grant.capability for grant in holder.grants):
        # A secret goes into requests, whether or not the guest may ask if it is there.
        is_injected = name == "secrets" and "http" in loaded.imports
        if name not in loaded.imports and not is_injected:
            yield f"granted but not imported: {name}"
    for grant in holder.grants:
        if grant.capability == "tools":
            for pattern in grant.patterns:
                if not any(map(compile_pattern(pattern, ".").matches, tools)):
                    yield f"granted but not there: tool {pattern}{_meant(pattern, tools)}"


def _meant(pattern: str, tools: Mapping[str, str]) -> str:
    plugin, _, tool = pattern.partition(".")
    if "*" in pattern:
        return ""
    known = [name.partition(".")[2] for name, holder in tools.items() if holder == plugin]
    return f"; {did_you_mean(tool, known)}" if known else f"; {did_you_mean(pattern, tools)}"


def _refused(holder: Holder, loaded: Loaded, rules: Sequence[Rule]) -> Iterator[str]:
    """What it imports and may not use, and who says so."""
    granted = {grant.capability for grant in holder.grants}
    for name in loaded.imports:
        if name in holder.denied:
            yield f"imported but denied by the manifest: {name}"
        elif name not in granted and name not in DEFAULT_CAPABILITIES:
            yield f"imported but not granted: {name}"
    for rule in rules:
        if rule.is_whole and (
            rule.capability in granted or rule.capability in DEFAULT_CAPABILITIES
        ):
            yield f"granted but {rule.opinion.reason}: {rule.capability}"


def _files(holder: Holder, around: Surroundings) -> Iterator[str]:
    """Directories that hold a person's home, if they may be written."""
    found = around.directories.get(holder.name, ())
    yield from (one.problem for one in found if one.problem)
    directories = {one.path: one.real for one in found}
    for grant in holder.grants:
        if grant.mount is not None and grant.mount.write:
            directory = directories.get(grant.mount.path, "")
            if directory and _holds_home(directory, around.homes):
                path = grant.mount.path
                yield f"fs {path} may write all of a home directory: it is {directory}"


def _holds_home(directory: str, homes: Sequence[str]) -> bool:
    path = PurePath(directory)
    is_home = path.parent in HOMES or path in HOMES
    return is_home or any(PurePath(home).is_relative_to(path) for home in homes)


def _secrets(plan: Plan, holder: Holder, around: Surroundings) -> Iterator[str]:
    """Secrets that requests or models of this holder would lack, or that go where one may not
    have meant them to.
    """
    scopes = [
        parse_grant_scope(pattern)
        for grant in holder.grants
        if grant.capability == "http"
        for pattern in grant.patterns
    ]
    for grant in holder.grants:
        if grant.capability == "secrets":
            for name in grant.patterns:
                yield from _secret(name, scopes, around)
            yield from _untold(holder, grant, around)
        if grant.capability == "llm":
            for model in plan.models.values():
                if _names(grant, model):
                    yield from _key(model, around)


def _untold(holder: Holder, secrets: Grant, around: Surroundings) -> Iterator[str]:
    """Requests that are refused since no secret is for there, though some is for elsewhere."""
    origins = [one for name in secrets.patterns for one in around.audiences.get(name, ())]
    grants = [grant for grant in holder.grants if grant.capability == "http" and not grant.plain]
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


def _names(grant: Grant, model: Model) -> bool:
    return any(compile_pattern(pattern, ".").matches(model.name) for pattern in grant.patterns)


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


def _key(model: Model, around: Surroundings) -> Iterator[str]:
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
