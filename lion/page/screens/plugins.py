"""Look here if you want to know what the screen Plugins shows: what is installed, what it may do,
a form for each tool, and workflows as pictures.

Rule: a form is made from a tool's own schema, which is a stranger's: names and words of it are
text, and what no plain field can say is asked for as JSON.
"""

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any, Final

import msgspec

from lion.domain.plan import Holder
from lion.domain.text import show_line
from lion.domain.units import round_size
from lion.page.drift import Seen
from lion.page.frame import render
from lion.page.pictures import picture_of
from lion.page.seat import Seat
from lion.reading import beside
from lion.review.loaded import ToolInfo
from lion.telling.amounts import limit_word, render_limit

MOST_TOOLS: Final = 40
MOST_FIELDS: Final = 24
_KINDS: Final = {"string": "text", "integer": "number", "number": "number", "boolean": "checkbox"}


class Field(msgspec.Struct, frozen=True, kw_only=True):
    """A field of a form: `kind` is text, number, checkbox, choice or json."""

    name: str
    kind: str
    choices: tuple[str, ...] = ()
    is_needed: bool = False
    step: str = "any"
    hint: str = ""


class Tool(msgspec.Struct, frozen=True, kw_only=True):
    """A tool, and how it is asked for."""

    name: str
    description: str
    type: str
    fields: tuple[Field, ...]


class Card(msgspec.Struct, frozen=True, kw_only=True):
    """A holder as it is shown."""

    name: str
    kind: str
    manifest: str
    by: str
    code: str
    digest: str
    size: str
    is_sandboxed: bool
    ceiling: tuple[str, ...]
    grants: tuple[str, ...]
    limits: tuple[tuple[str, str], ...]
    tools: tuple[Tool, ...]
    more_tools: int
    disabled: str | None
    drifted: str
    picture: Any = None


async def show(seat: Seat) -> str:
    """The screen. Raises LionError."""
    waiting = await seat.waiting()
    seen = await seat.looks.look(seat.by)
    cards = await beside(partial(_cards, seen))
    manifests = [one.installed for one in seen]
    return await beside(partial(
        render, "plugins", seat.by, seat.gauges(len(waiting)), cards=cards, manifests=manifests,
        workflows=[one for one in cards if one.picture is not None],
    ))  # fmt: skip


def _cards(seen: list[Seen]) -> list[Card]:
    return [_card(one, holder) for one in seen for holder in one.holders.values()]


def _card(seen: Seen, holder: Holder) -> Card:
    info = seen.infos.get(holder.name)
    tools = () if info is None else info.tools
    return Card(
        name=holder.name, kind=holder.kind, manifest=seen.installed.name, by=seen.installed.by,
        code=holder.origin.rpartition("/")[2], digest=holder.digest,
        size="" if info is None or not info.size else round_size(info.size),
        is_sandboxed=holder.is_sandboxed,
        ceiling=() if info is None else info.ceiling,
        grants=tuple(show_line(grant.line, longest=300) for grant in holder.grants),
        limits=tuple(_limits(holder)),
        tools=tuple(_tool(tool) for tool in tools[:MOST_TOOLS]),
        more_tools=max(len(tools) - MOST_TOOLS, 0),
        disabled=seen.installed.why_not(holder.name), drifted=seen.why,
        picture=None if holder.workflow is None else picture_of(holder.workflow),
    )  # fmt: skip


def _limits(holder: Holder) -> Iterator[tuple[str, str]]:
    """Limits that are another than usual."""
    usual = type(holder.limits)()
    for name in holder.limits.__struct_fields__:
        value = getattr(holder.limits, name)
        if value != getattr(usual, name):
            yield limit_word(name), render_limit(name, value)


def _tool(tool: ToolInfo) -> Tool:
    return Tool(
        name=tool.name, description=tool.description, type=tool.type,
        fields=tuple(fields_of(tool.input_schema)),
    )  # fmt: skip


def fields_of(schema: Mapping[str, Any]) -> Iterator[Field]:
    """The fields of a form for a JSON schema of an object; what has no plain field is JSON."""
    properties = schema.get("properties")
    needed = schema.get("required")
    names = set(needed) if isinstance(needed, list) else set()
    for name, about in list(properties.items() if isinstance(properties, dict) else ())[
        :MOST_FIELDS
    ]:
        yield _field(str(name), about if isinstance(about, dict) else {}, name in names)


def _field(name: str, about: Mapping[str, Any], is_needed: bool) -> Field:
    choices = about.get("enum")
    if isinstance(choices, list) and all(isinstance(one, str) for one in choices):
        return Field(name=name, kind="choice", choices=tuple(choices[:100]), is_needed=is_needed)
    kind = about.get("type")
    return Field(
        name=name, kind=_KINDS.get(kind, "json") if isinstance(kind, str) else "json",
        is_needed=is_needed, step="1" if kind == "integer" else "any",
        hint=str(about.get("description", "")),
    )  # fmt: skip
