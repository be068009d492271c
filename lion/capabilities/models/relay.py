"""Look here if you want to know how what a provider tells becomes what a guest hears.

Rule: whatever the provider's order, the usage comes last but one and the end last, each once.
Rule: an answer that ends without saying why was cut off, which is an error and no end.
Rule: who serves a model has no say in what is charged beyond what can be true: zeros, and numbers
that no answer has, are estimates instead.
Rule: a call's arguments are never empty: no arguments are `{}`.
Rule: an answer that was to follow a schema and does not is an error (structured.py).
"""

from collections.abc import Awaitable
from typing import assert_never

from lion.capabilities.models.chat import Chat
from lion.capabilities.models.events import (
    Event,
    Stop,
    Tell,
    Text,
    Thinking,
    ToolArguments,
    ToolEnd,
    ToolStart,
    Usage,
)
from lion.capabilities.models.provider import Provider
from lion.capabilities.models.structured import Structure
from lion.capabilities.models.tokens import believed, estimate, estimate_chat
from lion.domain.call import CallError


class Relay:
    """One answer on its way. `usage` is what is known of its tokens so far."""

    def __init__(self, chat: Chat, tell: Tell) -> None:
        self._tell = tell
        self._input = estimate_chat(chat)
        self._output = 0
        self._said_input = self._said_output = 0
        self._said_cached = self._said_written = 0
        self._stop: Stop | None = None
        self._calls = 0
        self._has_arguments = False
        self._structure = None if chat.schema is None else Structure(chat.schema)
        self.has_begun = False
        """Something of the answer has come."""

    @property
    def usage(self) -> Usage:
        """As the provider said, where that can be; else estimated from what was sent and came."""
        input = believed(self._said_input, self._input)
        output = believed(self._said_output, self._output)
        # Of a question whose size is estimated nothing is known to have been in a cache.
        cached, written = (0, 0) if input is None else (self._said_cached, self._said_written)
        return Usage(
            self._input if input is None else input,
            self._output if output is None else output,
            estimated=input is None or output is None,
            cached=cached,
            written=written,
        )

    @property
    def spoken(self) -> int:
        """About how many tokens have come, and at least as many as the provider says."""
        return max(self._output, believed(self._said_output, self._output) or 0)

    async def run(self, provider: Provider, chat: Chat) -> None:
        """Ask, and pass everything on. Raises CallError."""
        await provider.answer(chat, self._hear)
        if self._stop is None:
            raise CallError("unavailable", "the model's answer was cut off before its end")
        reason = self._stop.reason
        if reason == "end" and self._calls:
            reason = "tool-use"
        if self._structure is not None and reason == "end":
            await self._structure.check()
        await self._tell(self.usage)
        await self._tell(Stop(reason))

    def _hear(self, event: Event) -> Awaitable[None]:
        if type(event) is Text and event.text and self._structure is None:
            # What comes most, without a coroutine of its own.
            self.has_begun = True
            self._output += estimate(event.text)
            return self._tell(event)
        return self._hear_any(event)

    async def _hear_any(self, event: Event) -> None:
        match event:
            case Text(text) | Thinking(text):
                if self._structure is not None and isinstance(event, Text):
                    self._structure.add(text)
                await self._pass(event, text)
            case Usage(input, output):
                # The last one counts, but nothing is no number.
                self._said_input = input or self._said_input
                self._said_output = output or self._said_output
                self._said_cached = event.cached or self._said_cached
                self._said_written = event.written or self._said_written
            case Stop():
                self._stop = event
            case ToolStart(_, name):
                self._calls += 1
                self._has_arguments = False
                await self._pass(event, name)
            case ToolArguments(json):
                self._has_arguments = self._has_arguments or bool(json)
                await self._pass(event, json)
            case ToolEnd():
                if not self._has_arguments:
                    await self._pass(ToolArguments("{}"), "{}")
                await self._tell(event)
            case _:
                assert_never(event)

    async def _pass(self, event: Event, text: str) -> None:
        if text:
            self.has_begun = True
            self._output += estimate(text)
            await self._tell(event)
