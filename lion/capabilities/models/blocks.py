"""Look here if you want to know how an answer that comes in blocks is told, and goes back.

Anthropic's Messages and OpenAI's Responses say an answer as a list: thoughts, text and calls in
their order, and want it back so with the results of its calls. A guest knows text, thoughts and
calls, each of one piece; what lies between, and the order, travels in the calls' ids
(openai_opaque.py).

Rule: one call is told at a time; what others say meanwhile waits.
Rule: text is never in an id, only how long each piece of it was: the guest's own words count.
"""

from collections.abc import Callable, Iterator, Sequence
from copy import copy
from typing import Any, Final

from lion.capabilities.models.chat import Assistant
from lion.capabilities.models.events import Event, ToolArguments, ToolEnd, ToolStart
from lion.capabilities.models.openai_opaque import (
    MOST_BYTES,
    Block,
    Hung,
    hang,
    take_off,
    too_much,
)
from lion.capabilities.models.tool_names import ToolNames
from lion.domain.call import CallError

MOST_CALLS: Final = 128
OPAQUE: Final = -1
"""In place of a length: the block is as it is."""


class BlockCall:
    """A call as it comes. `blocks` are those before it and after the call before it."""

    def __init__(self, id: str, name: str, blocks: Sequence[Block]) -> None:
        self.id = id
        self.name = name
        self.blocks = list(blocks)
        self.is_complete = False
        self._pieces: list[str] = []
        self._told = 0

    @property
    def has_arguments(self) -> bool:
        """Something of them has come."""
        return bool(self._pieces)

    def add(self, piece: str) -> None:
        """Take a piece of the arguments."""
        if piece:
            self._pieces.append(piece)

    def untold(self) -> Iterator[Event]:
        """The pieces that were not told yet."""
        for piece in self._pieces[self._told :]:
            yield ToolArguments(piece)
        self._told = len(self._pieces)


class BlockCalls:
    """The calls of one answer, told in the order in which they were opened."""

    def __init__(self, names: ToolNames, *, keeps_blocks: bool = True) -> None:
        self._names = names
        self._keeps_blocks = keeps_blocks
        self._calls: list[BlockCall] = []
        self._pending: list[Block] = []
        self._size = 0
        self._ids: set[str] = set()
        self._at = 0
        self._is_begun = False

    def __len__(self) -> int:
        return len(self._calls)

    def continued(self) -> "BlockCalls":
        """The same, to go on with in another try, which may fail and leaves this one alone."""
        going_on = copy(self)
        going_on._calls, going_on._pending = [*self._calls], [*self._pending]
        going_on._ids = set(self._ids)
        return going_on

    @property
    def are_complete(self) -> bool:
        """Every call that was opened was also ended."""
        return all(call.is_complete for call in self._calls)

    def keep(self, block: Block, size: int) -> None:
        """Take a block that is no call: it goes on with the next one. `size`: about its bytes."""
        self._size += size
        if self._keeps_blocks and self._size <= MOST_BYTES:
            self._pending.append(block)

    def open(self, id: str, name: str) -> BlockCall:
        """Begin a call. Raises CallError for too many, and for one without a name."""
        if len(self._calls) >= MOST_CALLS:
            raise CallError("unavailable", f"the model wants more than {MOST_CALLS} calls")
        if not name:
            raise CallError("unavailable", "the model's server sent a call without a name")
        if self._keeps_blocks and self._size > MOST_BYTES:
            raise too_much()
        call = BlockCall(id, name, self._pending)
        self._pending, self._size = [], 0
        self._calls.append(call)
        return call

    def tell(self) -> Iterator[Event]:
        """What can be told now: of the first call that is not told to its end."""
        while self._at < len(self._calls):
            call = self._calls[self._at]
            if not self._is_begun:
                self._is_begun = True
                own = hang(self._own_id(call), Hung(blocks=call.blocks))
                yield ToolStart(own, self._names.back(call.name))
            yield from call.untold()
            if not call.is_complete:
                return
            yield ToolEnd()
            self._at, self._is_begun = self._at + 1, False

    def _own_id(self, call: BlockCall) -> str:
        own = call.id or f"call-{self._at + 1}"
        free, number = own, 2
        while free in self._ids:
            free, number = f"{own}-{number}", number + 1
        self._ids.add(free)
        return free


Part = tuple[str, Any]
"""`("text", (text, fields))`, `("block", fields)` or `("call", (id, a chat.ToolCall))`."""


def woven(
    message: Assistant, allowed: Callable[[dict[str, Any]], bool], *, gives_back: bool = True
) -> Iterator[Part]:
    """What a model said, in the order in which it said it; blocks are only those `allowed`.

    Text that is not as long as it was stands before the first call, in one piece.
    """
    taken = [(*take_off(call.id), call) for call in message.tool_calls]
    calls = [(id, hung.blocks if gives_back else [], call) for id, hung, call in taken]
    lengths = [length for _, blocks, _ in calls for length, _ in blocks if length >= 0]
    left, is_cut = message.content, sum(lengths) == len(message.content)
    for number, (id, blocks, call) in enumerate(calls):
        for length, fields in blocks:
            if length < 0:
                if allowed(fields):
                    yield "block", fields
            elif is_cut and length:
                yield "text", (left[:length], fields)
                left = left[length:]
        if not is_cut and not number:
            yield "text", (left, {})
        yield "call", (id, call)
    if not calls and left:
        yield "text", (left, {})
