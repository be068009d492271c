"""Look here if you want to know which keys `[schedules]` has, and how they become what a service
begins by itself.

Rule: whoever is begun by a message has a grant that covers its topic, as if he heard it himself.
"""

import re
from collections.abc import Mapping
from typing import Annotated, Any, Final

import msgspec
from pydantic import BeforeValidator, Field, WithJsonSchema

from lion.domain.names import did_you_mean
from lion.domain.plan import SYSTEM, Holder
from lion.domain.schedule import MISSED, MOST_SCHEDULES, SECOND, SHORTEST, Schedule
from lion.domain.task import Order
from lion.manifest.base_table import Table
from lion.manifest.document import Document, Place
from lion.manifest.fields import Count, HolderName, Time, TopicScope
from lion.manifest.named import named_tool
from lion.scopes.bus import ways_of
from lion.scopes.pattern import includes

LARGEST: Final = 32 * 1024
"""Bytes of an order as JSON, before what has happened comes into it."""
_AT_PATTERN: Final = r"([01][0-9]|2[0-3]):([0-5][0-9])(?::([0-5][0-9]))?"
_read_at = re.compile(_AT_PATTERN, re.ASCII).fullmatch


def _parse_at(value: object) -> object:
    found = _read_at(value) if isinstance(value, str) else None
    if found is None:
        raise ValueError(f'{value!r:.40} is no time of day; write "02:30", which is UTC')
    hours, minutes, seconds = (int(one or 0) for one in found.groups())
    return ((hours * 60 + minutes) * 60 + seconds) * SECOND


TimeOfDay = Annotated[
    int,
    BeforeValidator(_parse_at),
    WithJsonSchema({"type": "string", "pattern": f"^({_AT_PATTERN}|.*\\$\\{{.*)$"}),
]


class ScheduleTable(Table):
    """What a service begins by itself: when, and what."""

    agent: HolderName | None = None
    task: str | None = None
    call: str | None = None
    workflow: HolderName | None = None
    with_: dict[str, Any] | None = Field(None, alias="with")
    every: Time | None = None
    at: TimeOfDay | None = None
    missed: str | None = None
    topic: TopicScope | None = None
    at_once: Count | None = None


def build_schedules(
    document: Document, tables: Mapping[str, ScheduleTable], holders: Mapping[str, Holder]
) -> tuple[Schedule, ...]:
    """What a service begins of a manifest. Raises OperatorError."""
    if len(tables) > MOST_SCHEDULES:
        what = f"{len(tables)} schedules, and a manifest has at most {MOST_SCHEDULES}"
        raise document.error(("schedules",), what, "divide the manifest")
    return tuple(_build(document, name, table, holders) for name, table in tables.items())


def _build(
    document: Document, name: str, table: ScheduleTable, holders: Mapping[str, Holder]
) -> Schedule:
    place: Place = ("schedules", name)
    _check_when(document, place, table)
    order = _order(document, place, table, holders)
    if table.topic is not None:
        _check_heard(document, place, holders[order.holder], table.topic)
    usual = 0 if table.every is None else 1
    return Schedule(
        name=name, order=order, every_ns=table.every or 0, at_ns=(table.at or 0),
        missed=table.missed or "last", topic=table.topic or "",
        at_once=usual if table.at_once is None else table.at_once,
    )  # fmt: skip


def _check_when(document: Document, place: Place, table: ScheduleTable) -> None:
    if (table.every is None) == (table.topic is None):
        raise document.error(place, "needs either 'every' or 'topic'", "write one of them")
    for key in ("at", "missed"):
        if table.every is None and getattr(table, key) is not None:
            raise document.error((*place, key), f"{key!r} is for 'every'", "remove it")
    if table.every is not None and table.every < SHORTEST:
        raise document.error((*place, "every"), 'it is at least "1 s"')
    if table.missed is not None and table.missed not in MISSED:
        hint = did_you_mean(table.missed, MISSED)
        raise document.error((*place, "missed"), f"{table.missed!r} is not known", hint)


def _order(
    document: Document, place: Place, table: ScheduleTable, holders: Mapping[str, Holder]
) -> Order:
    from lion.workflows.begun import find_flaw

    given = [key for key in ("agent", "call", "workflow") if getattr(table, key) is not None]
    if len(given) != 1:
        what = "needs either 'agent', 'call' or 'workflow'"
        raise document.error(place, what, "write one of them")
    order = _named(document, place, table, holders)
    if len(msgspec.json.encode(order)) > LARGEST:
        raise document.error(place, f"its order has more than {LARGEST:,} bytes", "make it less")
    if (flaw := find_flaw(order)) is not None:
        raise document.error((*place, *flaw[0]), flaw[1])
    return order


def _named(
    document: Document, place: Place, table: ScheduleTable, holders: Mapping[str, Holder]
) -> Order:
    if (table.task is None) != (table.agent is None):
        raise document.error(place, "'agent' and 'task' go together", 'write task = "..."')
    if table.agent is not None:
        if table.with_ is not None:
            what = "an agent takes no 'with'"
            raise document.error((*place, "with"), what, 'write task = "..."')
        _check_known(document, (*place, "agent"), table.agent, "agent", holders)
        return Order(agent=table.agent, task=table.task or "")
    if table.workflow is not None:
        _check_known(document, (*place, "workflow"), table.workflow, "workflow", holders)
        return Order(call=f"{table.workflow}.run", arguments=table.with_ or {})
    call = named_tool(document, place, table.call or "", holders)
    return Order(call=call, arguments=table.with_ or {})


def _check_known(
    document: Document, place: Place, name: str, kind: str, holders: Mapping[str, Holder]
) -> None:
    known = [one for one, holder in holders.items() if holder.kind == kind]
    if name not in known:
        raise document.error(place, f"there is no {kind} {name!r}", did_you_mean(name, known))


def _check_heard(document: Document, place: Place, holder: Holder, topic: str) -> None:
    granted = [
        text for grant in holder.grants if grant.capability == "bus"
        for text in ways_of(grant).get("receive", [])
    ]  # fmt: skip
    if holder.kind == SYSTEM:
        what = f"{holder.name!r} is a system plugin, and hears no topics"
        raise document.error((*place, "topic"), what, "let a workflow or an agent hear it")
    if not any(includes(one, topic, ".") for one in granted):
        more = ", ".join(f'"{one}"' for one in (*granted, topic))
        hint = f"under [{holder.table}.{holder.name}] write allow.bus = {{ receive = [{more}] }}"
        what = f"no grant of {holder.name!r} covers topic {topic!r}"
        raise document.error((*place, "topic"), what, hint)
