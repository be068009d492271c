"""Look here if you want to know which lines a manifest lacks, by what a run was refused: all of
them at once, ready to write.

Rule: each names calls that were made, and no more; where a line cannot help, who refused is told.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from lion.domain.decider import Decider, decider_of
from lion.domain.plan import Plan
from lion.domain.record import Record
from lion.manifest.edit import Change, Entry, Value
from lion.policy.suggest import Suggestion, join_suggestions
from lion.review.report import Denial, Refused, denials_of
from lion.review.run import plan_of, read_uses, started_of


class Missing(msgspec.Struct, frozen=True, kw_only=True):
    """What a run was refused: `lines`, one for each place of the manifest, that would allow it,
    and `refused`, which no line would. `more` counts calls beyond those that are told apart.
    """

    lines: tuple[Suggestion, ...]
    refused: tuple[Denial, ...]
    more: int


def missing_of(run: str, records: Iterable[Record]) -> tuple[Plan, Missing]:
    """The plan that a run recorded, and what that lacks. Raises AuditError."""
    found = iter(records)
    plan = plan_of(run, started_of(run, found))
    usage = read_uses(found, plan).usage
    refused = usage.refused()
    return plan, Missing(
        lines=missing_lines(refused),
        refused=denials_of(filter(None, (_refused(one, refused) for one in refused))),
        more=usage.other_denials,
    )


def _refused(one: Refused, refused: Iterable[Refused]) -> Refused | None:
    """A call that no line allows, or not alone: who else objected is told."""
    for opinion in one.opinions:
        if decider_of(opinion.processor) not in (Decider.GRANTS, Decider.MANIFEST):
            return msgspec.structs.replace(
                one, reason=opinion.reason, decided_by=opinion.processor, suggestion=None
            )
    return None if _is_helped(one, refused) else one


def _is_helped(one: Refused, refused: Iterable[Refused]) -> bool:
    """Whether a line allows it: one of its own, or, where it names nothing (the method of what
    another call gave), that call's.
    """
    if one.suggestion is not None or str(one.question.target) or one.decided_by != Decider.GRANTS:
        return one.suggestion is not None
    asked = one.question
    return any(
        other.suggestion is not None
        and (other.question.holder, other.question.capability) == (asked.holder, asked.capability)
        for other in refused
    )


def missing_lines(refused: Iterable[Refused]) -> tuple[Suggestion, ...]:
    """One line for each place."""
    found = [one.suggestion for one in refused if one.suggestion is not None]
    joined = join_suggestions(found)
    return tuple({one.place: joined.get(one.place, one) for one in found}.values())


def changes_of(plan: Plan, lines: Iterable[Suggestion]) -> dict[tuple[str, ...], Change]:
    """The changes that write these lines into the plan's manifest (manifest/edit.py)."""
    return {one.place: _change(plan, one) for one in lines}


def _change(plan: Plan, line: Suggestion) -> Change:
    if not isinstance(line.value, list):
        return Value(line.value)
    _, holder, *_, name = line.place
    written = _written(plan.resolved, line.place)
    old = written if isinstance(written, list) else []
    if name == "deny":
        return tuple(Entry(index) for index, one in enumerate(old) if one in line.value)
    grants = sum(grant.capability == name for grant in plan.holders[holder].grants)
    if grants != len(old):  # of names, which are one grant together
        added = [Entry(None, one) for one in line.value if one not in old]
        return (*map(Entry, range(len(old))), *added)
    # A suggestion begins with what is granted already, entry by entry.
    kept = [Entry(i, _wider(old[i], line.value[i])) for i in range(len(old))]
    return (*kept, *(Entry(None, one) for one in line.value[len(old) :]))


def _wider(old: Any, new: Any) -> Any:
    """The entry in its new form, if that may be written and the old one not; else as it is."""
    if isinstance(old, Mapping) and isinstance(new, Mapping) and new.get("write"):
        return None if old.get("write") else {**old, "write": True}
    return None


def _written(tables: Any, place: tuple[str, ...]) -> Any:
    for key in place:
        tables = tables.get(key) if isinstance(tables, Mapping) else None
    return tables
