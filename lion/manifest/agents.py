"""Look here if you want to know how a table of an agent becomes a holder: a component, or a
program of others that lion speaks with.

Rule: what would be said of a program and nobody would hold it to is refused by name.
"""

from typing import TYPE_CHECKING, Final

import msgspec

from lion.domain.names import did_you_mean
from lion.domain.plan import ADAPTERS, OUTSIDE, Grant, Holder, Program
from lion.manifest.document import Document, Place
from lion.manifest.grants import build_holder

if TYPE_CHECKING:
    from lion.manifest.tables import AgentTable

MOST_WORDS: Final = 1_000
"""Of a command."""
_OF_COMPONENTS: Final = {
    "args": "its arguments stand in its command",
    "stdin": "it reads its messages there",
    "config": "hand it variables by env",
}
_LIMITS: Final = (
    "memory", "memory_sum", "table_elements", "cpu", "agents", "depth",
)  # fmt: skip
_GIVEN: Final = ("llm", "tools")


def build_agent(document: Document, table: "AgentTable", name: str) -> Holder:
    """The holder of an agent's table. Raises OperatorError."""
    place: Place = ("agents", name)
    component = table.component
    if component is not None:
        for key in ("adapter", "command"):
            if key in table.model_fields_set:
                what = "an agent is a component or a program, and this is both"
                raise document.error((*place, key), what, "remove one of them")
        return build_holder(
            table, kind="agent", name=name, folder=document.folder, component=component
        )
    if table.adapter is None and table.command is None:
        hint = 'write component = "FILE.wasm", or adapter = "lines" and command = ["PROGRAM"]'
        raise document.error(place, "'component' is missing", hint)
    _check(document, table, place)
    holder = build_holder(table, kind="agent", name=name, folder=document.folder, component="")
    command, adapter = tuple(table.command or ()), table.adapter or ""
    # That it is started stands in the manifest: the command is the line that allows it.
    grant = Grant("program", f"agents.{name}.command = {_written(command)}")
    return msgspec.structs.replace(
        holder, use=OUTSIDE, adapter=adapter, grants=(*holder.grants, grant),
        program=Program(args=command, env=table.env, folder=document.folder),
    )  # fmt: skip


def _written(command: tuple[str, ...]) -> str:
    return msgspec.json.encode(command).decode().replace('","', '", "')


def _check(document: Document, table: "AgentTable", place: Place) -> None:
    """Raise OperatorError for a program that cannot be started, or is not held to what is said."""
    if table.adapter not in ADAPTERS:
        known = f"write adapter = {' or '.join(f'{chr(34)}{one}{chr(34)}' for one in ADAPTERS)}"
        if table.adapter is None:
            raise document.error(place, "a command needs an 'adapter'", known)
        what = f"there is no adapter {table.adapter!r:.60}"
        raise document.error((*place, "adapter"), what, did_you_mean(table.adapter, ADAPTERS))
    command = table.command or []
    if not command or not command[0] or len(command) > MOST_WORDS:
        where = place if table.command is None else (*place, "command")
        what = f"a command has from 1 to {MOST_WORDS:,} words, the first one a program"
        raise document.error(where, what, 'write command = ["PROGRAM", ...]')
    for key, instead in _OF_COMPONENTS.items():
        if key in table.model_fields_set:
            what = f"{key!r} is of components, and this is a program"
            raise document.error((*place, key), what, instead)
    limits = table.limits
    for key in _LIMITS if limits is not None else ():
        if limits is not None and key in limits.model_fields_set:
            shown = key.replace("_", "-")
            what = f"no sandbox holds a program, so nobody would hold it to {shown!r}"
            hint = "remove it; deadline, calls, rate, output, log and concurrent are kept"
            raise document.error((*place, "limits", shown), what, hint)
    allow = table.allow
    for key in sorted(allow.model_fields_set) if allow is not None else ():
        if key not in _GIVEN:
            what = f"a program of others is given models and tools by lion, and no {key!r}"
            raise document.error((*place, "allow", key), what, "offer a tool that does it")
