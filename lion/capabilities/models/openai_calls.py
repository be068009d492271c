"""Look here if you want to know how fragments of tool calls find their call.

Rule: a fragment belongs to the call of its index, of several of one index to that of its id, else
to the call of its id, else to the one last opened: servers repeat, omit and confuse both.
Rule: a name where a whole call stands already begins another, unless it is the same one again.
Rule: no two calls of an answer have one id, whatever the server says: results are told apart by
it.
Rule: the first call is told as it comes, the others whole when all is said: their fragments may
come in any order, and a guest hears one call after the other. Where something hangs on the
message, the first waits too: the rest of that may still come (openai_opaque.py).
"""

from collections.abc import Iterator
from typing import Any

import msgspec

from lion.capabilities.models.balance import Balance
from lion.capabilities.models.events import Event, ToolArguments, ToolEnd, ToolStart
from lion.capabilities.models.openai_opaque import Hung, HungMessage, hang, on_call, on_function
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
        self._size = 0
        self._balance = Balance()
        self.on_call: dict[str, Any] = {}
        self.on_function: dict[str, Any] = {}

    def add(self, piece: str) -> None:
        if piece:
            self.pieces.append(piece)
            self._size += len(piece)
            self._balance.feed(piece)

    def arguments(self) -> str:
        return "".join(self.pieces)

    @property
    def is_closed(self) -> bool:
        """Whether its arguments are an object that is whole."""
        return self._balance.is_closed

    def is_whole(self) -> bool:
        """Whether its arguments are JSON, or none at all."""
        try:
            msgspec.json.decode(self.arguments() or "{}")
        except (ValueError, RecursionError):
            return False
        return True

    def says(self, piece: str) -> bool:
        """Whether these are its arguments once more, whole."""
        return self.is_closed and len(piece) == self._size and piece == self.arguments()


class CallAssembler:
    """The tool calls of one answer. `keeps_hung`: what the server hangs on them goes on in ids."""

    def __init__(self, names: ToolNames, *, keeps_hung: bool = True) -> None:
        self._names = names
        self._keeps_hung = keeps_hung
        self._calls: list[_Call] = []
        self._ids: set[str] = set()
        self._on_message = HungMessage()
        self._told = 0
        """Pieces of the first call that were told; its name went before them."""
        self._is_begun = False

    def __len__(self) -> int:
        return len(self._calls)

    @property
    def are_complete(self) -> bool:
        """Whether all arguments are whole; none at all are."""
        return all(call.is_whole() for call in self._calls)

    def add_message(self, delta: dict[str, Any]) -> None:
        """Take what hangs on the message of the calls."""
        if self._keeps_hung:
            self._on_message.add(delta)

    def add(self, fragment: dict[str, Any]) -> Iterator[Event]:
        """Take a fragment of `tool_calls`. Raises CallError for too many."""
        function = fragment.get("function")
        function = function if isinstance(function, dict) else {}
        name, id = _text(function.get("name")), _text(fragment.get("id"))
        piece = _arguments(function.get("arguments"))
        call = self._find(id, fragment.get("index"), name, piece)
        call.id, call.name = call.id or id, call.name or name
        call.add("" if call.says(piece) else piece)
        if self._keeps_hung:
            call.on_call |= on_call(fragment)
            call.on_function |= on_function(function)
        if call is self._calls[0] and not self._on_message:
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
        message = self._on_message.whole()
        self._on_message = HungMessage()
        hung = Hung(call.on_call, call.on_function, message)
        return ToolStart(hang(self._own_id(call), hung), self._names.back(call.name))

    def _own_id(self, call: _Call) -> str:
        own = call.id or f"call-{call.number}"
        free, number = own, 2
        while free in self._ids:
            free, number = f"{own}-{number}", number + 1
        self._ids.add(free)
        return free

    def _find(self, id: str, index: Any, name: str, piece: str) -> _Call:
        """The call of a fragment, or one that it opens."""
        found = self._by_index(id, index)
        if found is None and (index is None or not name):
            found = self._by_id(id) or self._last(id, index, name)
        if found is not None and found.says(piece) and (not name or id == found.id != ""):
            return found
        if found is None or _is_another(found, id, name, piece):
            if len(self._calls) >= MOST_CALLS:
                raise CallError("unavailable", f"the model wants more than {MOST_CALLS} calls")
            found = _Call(len(self._calls) + 1, id, index)
            self._calls.append(found)
        return found

    def _by_index(self, id: str, index: Any) -> _Call | None:
        """The call of this index and id, else the last of this index."""
        same = [call for call in self._calls if index is not None and call.index == index]
        return next((call for call in same if id and call.id == id), same[-1] if same else None)

    def _by_id(self, id: str) -> _Call | None:
        return next((call for call in reversed(self._calls) if id and call.id == id), None)

    def _last(self, id: str, index: Any, name: str) -> _Call | None:
        """The call last opened, for a fragment that says not whose it is."""
        is_anyones = index is None or not (id or name)
        return self._calls[-1] if self._calls and is_anyones else None


def _is_another(found: _Call, id: str, name: str, piece: str) -> bool:
    """Whether a fragment that was led to a call begins one of its own."""
    if not name:
        # An id of its own without a name: some servers number their fragments.
        return False
    if id and found.id and id != found.id:
        return True
    return bool(found.name) and (found.name != name or (found.is_closed and piece.strip() != ""))


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _arguments(value: Any) -> str:
    """Text as it is; some servers send the object itself."""
    if isinstance(value, dict | list):
        try:
            return msgspec.json.encode(value).decode()
        except (ValueError, RecursionError):
            return ""
    return _text(value)
