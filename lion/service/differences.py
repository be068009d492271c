"""Look here if you want to know what a new version of a manifest may do that the old one
might not, and the other way round, for whoever has to accept it.

Rule: a line with `+` is more than before, one with `-` less, as it could stand in a manifest.
"""

from collections.abc import Iterator, Mapping
from hashlib import sha256

from lion.domain.plan import Holder, Plan
from lion.review.loaded import ComponentInfo


def differences(
    old: Plan, new: Plan, before: Mapping[str, str], infos: Mapping[str, ComponentInfo]
) -> tuple[str, ...]:
    """What changes between two versions: holders, grants, limits, rules, models, code. `before`
    are the old one's digests by holder.
    """
    return tuple(_all(old, new, before, infos))


def token_of(name: str, lines: tuple[str, ...]) -> str:
    """What somebody says who accepts exactly these."""
    return sha256("\n".join((name, *lines)).encode()).hexdigest()[:12]


def _all(
    old: Plan, new: Plan, before: Mapping[str, str], infos: Mapping[str, ComponentInfo]
) -> Iterator[str]:
    for name in (*old.holders, *(n for n in new.holders if n not in old.holders)):
        one, other = old.holders.get(name), new.holders.get(name)
        if other is None:
            yield f"- {one.table if one else ''}.{name}"
            continue
        if one is None:
            yield f"+ {other.table}.{name}"
            yield from (f"+ {grant.line}" for grant in other.grants)
            continue
        yield from _of_holder(one, other)
        digest = infos[name].digest
        if not other.is_trusted and before.get(name) != digest:
            yield f"+ {other.table}.{name}: other code, sha256:{digest[:12]}"
    for name in sorted({*old.models, *new.models}):
        if old.models.get(name) != new.models.get(name):
            yield f"{'-' if name not in new.models else '+'} models.{name}"
    if old.memory != new.memory:
        yield f"+ limits.memory: {new.memory}"


def _of_holder(one: Holder, other: Holder) -> Iterator[str]:
    place = f"{other.table}.{other.name}"
    old, new = [g.line for g in one.grants], [g.line for g in other.grants]
    yield from (f"- {line}" for line in old if line not in new)
    yield from (f"+ {line}" for line in new if line not in old)
    for word, less, more in (("deny", one.denied, other.denied), ("ask", one.asks, other.asks)):
        yield from (f"- {place}: {word} {what}" for what in less if what not in more)
        yield from (f"+ {place}: {word} {what}" for what in more if what not in less)
    for field in one.limits.__struct_fields__:
        was, is_now = getattr(one.limits, field), getattr(other.limits, field)
        if was != is_now:
            yield f"+ {place}: limits.{field} {was} -> {is_now}"
    if (one.use, one.settings, one.config) != (other.use, other.settings, other.config):
        yield f"+ {place}: another configuration"
    if one.kind != other.kind:
        yield f"+ {place}: now of kind {other.kind}"
