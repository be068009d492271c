"""Look here if you want to know how a server's tool takes arguments and gives results here: JSON,
held to the schemas that were pinned.

Rule: what a guest was told of a result, it gets: a server that answers otherwise has failed.
Rule: values of secrets are starred out of every text before anybody gets it.
"""

from collections.abc import Mapping
from typing import Any, Final

from mcp.types import CallToolResult, TextContent

from lion.system.contract import PluginHost
from lion.system.faults import Scrub
from lion.system.mcp.pins import PinnedTool
from lion.values.answer_schema import BadSchema, Held, TooMuch, hold_to
from lion.values.json_plain import check_plain
from lion.values.json_scalars import JsonMismatch
from lion.values.json_schema import DIALECT

_ROOT: Final = "arguments"
TEXT: Final[dict[str, Any]] = {"$schema": DIALECT, "type": "string"}
"""What a tool gives that says nothing of its results: their text."""


class RemoteTool:
    """What a pinned tool takes and gives. Implements ports.JsonTypes, as signature.Signature."""

    def __init__(self, tool: PinnedTool, scrub: Scrub) -> None:
        """Raises BadSchema for schemas that nobody can be held to."""
        self.input_schema = tool.input_schema
        self.output_schema = TEXT if tool.output_schema is None else tool.output_schema
        self.docs = tool.description
        self.text = f"({', '.join(tool.input_schema.get('properties') or ())})"
        self._takes: Held = hold_to(self.input_schema)
        self._gives: Held = hold_to(self.output_schema)
        self._scrub = scrub

    def read(self, values: Any) -> list[Any]:
        """The arguments as recorded, once they are checked. Raises JsonMismatch."""
        check_plain(values, _ROOT)
        if not isinstance(values, Mapping):
            raise JsonMismatch(_ROOT, "expected an object")
        _hold(self._takes, values, _ROOT)
        return [values]

    def bind(self, values: Mapping[str, Any], host: PluginHost) -> dict[str, Any]:
        """The arguments of `remote.Remote._call`."""
        return {"arguments": values, "host": host}

    def write(self, value: Any) -> Any:
        """A result as JSON. Raises JsonMismatch if it is not what was pinned."""
        scrubbed = scrub_value(value, self._scrub)
        check_plain(scrubbed, "result")
        _hold(self._gives, scrubbed, "result")
        return scrubbed


def _hold(held: Held, value: Any, what: str) -> None:
    try:
        fault = held.find_fault(value)
    except TooMuch as exc:
        raise JsonMismatch(what, str(exc)) from None
    if fault is not None:
        raise JsonMismatch(what, fault)


def scrub_value(value: Any, scrub: Scrub) -> Any:
    """A value without what is secret, in keys too."""
    match value:
        case str():
            return scrub(value)
        case list():
            return [scrub_value(one, scrub) for one in value]
        case dict():
            return {scrub(key): scrub_value(one, scrub) for key, one in value.items()}
    return value


def value_of(result: CallToolResult, tool: PinnedTool) -> Any:
    """What a result comes to: its structured content where that was pinned, else its text."""
    if tool.output_schema is not None and not result.is_error:
        return result.structured_content
    return "\n".join(_text(block) for block in result.content)


def _text(block: Any) -> str:
    if isinstance(block, TextContent):
        return block.text
    kind = str(getattr(block, "type", "content"))
    mime = getattr(block, "mime_type", None)
    return f"[{kind}{f' of {mime}' if mime else ''}]"


__all__ = ["TEXT", "BadSchema", "RemoteTool", "scrub_value", "value_of"]
