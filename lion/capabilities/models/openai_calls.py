"""Look here if you want to know how fragments of tool calls find their call.

Rule: a fragment belongs to the call of its id, else of its index, else to the one last opened:
servers repeat, omit and confuse both.
Rule: the first call is told as it comes, the others whole when all is said: their fragments may
come in any order, and a guest hears one call after the other.
"""

from collections.abc import Iterator
from typing import Any

import msgspec

from lion.capabilities.models.events import Event, ToolArguments, ToolEnd, ToolStart
from lion.capabilities.models.tool_names import ToolNames
from lion.domain.call import CallError

MOST_CALLS = 128


class _Call:
    def __init__(self, number: int, id: str, index: Any) -> None:
        self.number = number
        self.id = id
        self.index = index
        self.name = ""
        self.pieces: list[str] = []

    def arguments(self) -> str:
        return "".join(self.pieces)

    def is_complete(self) -> bool:
        try:
            msgspec.json.decode(self.arguments())
        except (msgspec.DecodeError, RecursionError):
            return False
        return True


class CallAssembler:
    """The tool calls of one answer."""

    def __init__(self, names: ToolNames) -> None:
        self._names = names
        self._calls: list[_Call] = []
        self._told = 0
        """Pieces of the first call that were told; its name went before them."""
        self._is_begun = False

    def __len__(self) -> int:
        return len(self._calls)

    def add(self, fragment: dict[str, Any]) -> Iterator[Event]:
        """Take a fragment of `tool_calls`. Raises CallError for too many."""
        function = fragment.get("function")
        function = function if isinstance(function, dict) else {}
        name = _text(function.get("name"))
        id = _text(fragment.get("id"))
        call = self._find(id, fragment.get("index"), name)
        call.id, call.name = call.id or id, call.name or name
        if piece := _arguments(function.get("arguments")):
            call.pieces.append(piece)
        if call is self._calls[0]:
            yield from self._tell_first()

    def finish(self) -> Iterator[Event]:
        """What is left of all calls."""
        for call in self._calls:
            if call is self._calls[0]:
                yield from self._tell_first()
                if not self._is_begun:
                    continue
            elif call.name:
                yield self._start(call)
                yield ToolArguments(call.arguments())
            else:
                continue
            yield ToolEnd()

    def _tell_first(self) -> Iterator[Event]:
        call = self._calls[0]
        if not call.name:
            return
        if not self._is_begun:
            self._is_begun = True
            yield self._start(call)
        for piece in call.pieces[self._told :]:
            yield ToolArguments(piece)
        self._told = len(call.pieces)

    def _start(self, call: _Call) -> ToolStart:
        return ToolStart(call.id or f"call-{call.number}", self._names.back(call.name))

    def _find(self, id: str, index: Any, name: str) -> _Call:
        found = self._by_id(id) or self._by_place(index)
        if found is None and self._calls and not (id or name):
            found = self._calls[-1]
        if found is None or self._is_another(found, id, name):
            if len(self._calls) >= MOST_CALLS:
                raise CallError("unavailable", f"the model wants more than {MOST_CALLS} calls")
            found = _Call(len(self._calls) + 1, id, index)
            self._calls.append(found)
        return found

    def _by_id(self, id: str) -> _Call | None:
        return next((call for call in self._calls if id and call.id == id), None)

    def _by_place(self, index: Any) -> _Call | None:
        """The last call of this index; without an index the call last opened."""
        if index is None:
            return self._calls[-1] if self._calls else None
        return next((call for call in reversed(self._calls) if call.index == index), None)

    def _is_another(self, found: _Call, id: str, name: str) -> bool:
        """Whether a fragment that was led to a call begins one of its own."""
        if id and found.id == id:
            return False
        if not name:
            # An id of its own without a name: some servers number their fragments.
            return False
        if id and found.id:
            return True
        return bool(found.name) and (found.name != name or found.is_complete())


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _arguments(value: Any) -> str:
    """Text as it is; some servers send the object itself."""
    if isinstance(value, dict):
        return msgspec.json.encode(value).decode()
    return _text(value)
