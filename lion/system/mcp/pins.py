"""Look here if you want to know what is agreed to of a server, and what becomes of it when the
server is another one day.

Rule: pins are kept in the operator's state directory: a manifest may come from a stranger, and so
may a file beside it. A program that nobody agreed to is not started.
Rule: what was pinned is what guests are told and held to; a tool whose words or schemas are others
now is refused with the difference, and so is one that is gone. A new one is not there until it is
pinned.
"""

import difflib
import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import msgspec

from lion.domain.text import show_line
from lion.errors import OperatorError
from lion.reading import read_regular, reason_of

FOLDER: Final = "mcp"
MOST_TOOLS: Final = 512
"""Tools of one server."""
LONGEST_TOOL: Final = 64 * 1024
"""Bytes of a tool's description and schemas."""
SHOWN: Final = 40
"""Lines of a difference."""


class PinnedTool(msgspec.Struct, frozen=True, kw_only=True):
    """A tool as it was agreed to, by the server's own name for it."""

    name: str
    description: str
    input_schema: dict[str, Any]
    output_schema: dict[str, Any] | None = None

    @property
    def own_name(self) -> str:
        """What it is called here: `search-issues` for `search_issues`."""
        return own_name(self.name)


class Pins(msgspec.Struct, frozen=True, kw_only=True):
    """What was agreed to of a server: how it is started (a digest), who it says it is, tools."""

    start: str
    server: str
    tools: tuple[PinnedTool, ...]

    @property
    def digest(self) -> str:
        """SHA-256 of all that, in hex."""
        return hashlib.sha256(msgspec.msgpack.encode(self, order="deterministic")).hexdigest()


def own_name(name: str) -> str:
    """A name as tools have one here: letters, digits and "-", at most 64."""
    kept = "".join(char if char.isascii() and char.isalnum() else "-" for char in name)
    return kept.strip("-")[:64] or "tool"


def start_digest(settings: Mapping[str, Any]) -> str:
    """The digest of how a server is started: command, environment, names of secrets."""
    said = {key: settings.get(key) for key in ("command", "env", "secrets")}
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()


def pins_path(state: Path, owner: str, name: str) -> Path:
    """Where the pins of a manifest's server are."""
    key = hashlib.sha256(f"{owner}\0{name}".encode()).hexdigest()[:32]
    return state / FOLDER / f"{key}.json"


def read_pins(state: Path, owner: str, name: str) -> Pins | None:
    """The pins of a server, None if there are none. Raises OperatorError for what is none."""
    path = pins_path(state, owner, name)
    try:
        return msgspec.json.decode(read_regular(path), type=Pins)
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as exc:
        raise OperatorError(
            f"the pins of {name!r}, {str(path)!r}, cannot be read: {reason_of(exc)}",
            hint="remove the file and pin it anew: lion mcp pin MANIFEST",
        ) from exc


def write_pins(state: Path, owner: str, name: str, pins: Pins) -> None:
    """Keep pins, whole or not at all. Raises OperatorError."""
    path = pins_path(state, owner, name)
    beside = path.with_suffix(f".{os.getpid()}")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        beside.write_bytes(msgspec.json.format(msgspec.json.encode(pins)))
        beside.replace(path)
    except OSError as exc:
        raise OperatorError(f"the pins of {name!r} cannot be written: {reason_of(exc)}") from exc


def difference(before: Pins | None, now: Pins) -> list[str]:
    """What is another in a listing than was agreed to, as lines for people; none if nothing is."""
    old = {} if before is None else {tool.name: tool for tool in before.tools}
    new = {tool.name: tool for tool in now.tools}
    lines: list[str] = []
    for name in sorted(old.keys() | new.keys()):
        lines += _changed(name, old.get(name), new.get(name))
    return lines


def drift(pins: Pins, now: Pins) -> list[str]:
    """The same for what was pinned alone: a tool that is new is nobody's yet."""
    kept = {tool.name for tool in pins.tools}
    held = msgspec.structs.replace(now, tools=tuple(t for t in now.tools if t.name in kept))
    lines = difference(pins, held)
    return lines if len(lines) <= SHOWN else [*lines[:SHOWN], f"... {len(lines) - SHOWN} more"]


def _changed(name: str, old: PinnedTool | None, new: PinnedTool | None) -> Iterator[str]:
    shown = show_line(name, longest=80)
    if new is None:
        yield f"- {shown}: is gone"
    elif old is None:
        yield f"+ {shown}({', '.join(map(show_line, new.input_schema.get('properties') or ()))})"
        yield from (f"    {show_line(line, longest=200)}" for line in new.description.split("\n"))
    elif old != new:
        yield f"~ {shown}: is another"
        for line in difflib.unified_diff(_lines(old), _lines(new), n=0, lineterm=""):
            if not line.startswith(("---", "+++", "@@")):
                yield f"    {line}"


def _lines(tool: PinnedTool) -> list[str]:
    """All that guests are told of a tool, escaped."""
    schemas = json.dumps([tool.input_schema, tool.output_schema], sort_keys=True, indent=1)
    words = [f"says: {line}" for line in tool.description.split("\n")]
    return [show_line(line, longest=200) for line in (*words, *schemas.split("\n"))]
