"""Look here if you want to know how a tool named in a manifest, `plugin.function`, is read."""

from collections.abc import Mapping

from lion.domain.names import did_you_mean
from lion.domain.plan import Holder
from lion.manifest.document import Document, Place


def named_tool(document: Document, place: Place, call: str, holders: Mapping[str, Holder]) -> str:
    """The tool. Raises OperatorError where there is no such plugin, or none is named."""
    plugin, _, function = call.partition(".")
    if plugin not in holders:
        what = f"{call!r}: there is no plugin {plugin!r}"
        raise document.error((*place, "call"), what, did_you_mean(plugin, holders))
    if not function:
        what = f"{call!r} names no tool"
        raise document.error((*place, "call"), what, f'write "{plugin}.function"')
    return f"{plugin}.{function}"
