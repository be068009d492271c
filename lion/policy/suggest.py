"""Look here if you want to know what a person may write into the manifest so that a call that was
denied is allowed.

Rule: a suggestion names the exact call only; whatever a guest calls, no wildcard is suggested.
Rule: nothing is suggested where the manifest cannot help: an operator's rule, a missing import.
Rule: it replaces what the holder has at that place, so it repeats what is granted already.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from lion.domain.call import Decision, Verdict
from lion.domain.capability import Capability, is_extension
from lion.domain.decider import Decider
from lion.domain.plan import Plan
from lion.domain.question import Question
from lion.scopes.extension_grant import ExtensionScopes
from lion.scopes.table import SCOPES
from lion.values.toml_line import write_line


class Suggestion(msgspec.Struct, frozen=True):
    """A value and its place in the manifest: `("agents", "ann", "allow", "tools")`."""

    place: tuple[str, ...]
    value: Any

    @property
    def line(self) -> str:
        """What a person writes: `agents.ann.allow.tools = ["notes.*", "db.query"]`."""
        return write_line(self.place, self.value)


def suggest(
    question: Question,
    decision: Decision,
    plan: Plan,
    extensions: Mapping[str, Capability] = {},
) -> Suggestion | None:
    """What would allow a denied call. `extensions` are those of the run."""
    holder = plan.holders.get(question.holder)
    denials = {one.processor for one in decision.opinions if one.verdict is Verdict.DENY}
    if holder is None or decision.verdict is not Verdict.DENY:
        return None
    if denials == {Decider.MANIFEST}:
        kept = [name for name in holder.denied if name != question.capability]
        return Suggestion((holder.table, holder.name, "deny"), kept)
    name = question.capability
    scopes = SCOPES.get(name)
    if is_extension(name) and name in extensions:
        scopes = ExtensionScopes(extensions[name])
    if denials != {Decider.GRANTS} or scopes is None:
        return None
    value = scopes.suggest(holder, plan, question)
    if value is None:
        return None
    return Suggestion((holder.table, holder.name, *scopes.place()), value)


def join_suggestions(found: Iterable[Suggestion | None]) -> dict[tuple[str, ...], Suggestion]:
    """One suggestion by each place that several different ones are for.

    Two lines for one place of a manifest cannot both be written: each repeats what is granted
    already, and TOML has every key once. What is joined names the calls that were denied, and no
    more than the suggestions by themselves.
    """
    by_place: dict[tuple[str, ...], list[Any]] = {}
    for one in found:
        if one is not None and one.value not in by_place.setdefault(one.place, []):
            by_place[one.place].append(one.value)
    return {
        place: Suggestion(place, _join(place, values))
        for place, values in by_place.items()
        if len(values) > 1
    }


def _join(place: tuple[str, ...], values: list[Any]) -> Any:
    first, *more = values
    for other in more:
        if isinstance(first, list) and isinstance(other, list):
            first = _less(first, other) if place[-1] == "deny" else _more(first, other)
    return first


def _less(one: list[Any], other: list[Any]) -> list[Any]:
    """What both leave denied."""
    return [name for name in one if name in other]


def _more(one: list[Any], other: list[Any]) -> list[Any]:
    """Everything that either allows; a directory once, written if one of them says so."""
    joined = list(one)
    for entry in other:
        same = next((i for i, known in enumerate(joined) if _is_same(known, entry)), None)
        if same is None:
            joined.append(entry)
        elif isinstance(entry, dict):
            joined[same] = {**joined[same], **entry}
    return joined


def _is_same(known: Any, entry: Any) -> bool:
    if isinstance(known, dict) and isinstance(entry, dict) and "path" in entry:
        return bool(known.get("path") == entry["path"])
    return bool(known == entry)
