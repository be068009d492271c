"""Look here if you want to know what stands for something that was started and goes on: a tool's
call, an agent's work, a question to a person.
"""

import trio

from lion.domain.call import CallError


class Pending:
    """A tool call under way; implements ports.PendingCall."""

    def __init__(self) -> None:
        self.scope = trio.CancelScope()
        self._done = trio.Event()
        self._result: str | CallError | None = None
        self._is_taken = False

    @property
    def is_ready(self) -> bool:
        """It has a result."""
        return self._done.is_set()

    @property
    def is_settled(self) -> bool:
        """What it came to is known."""
        return self._done.is_set()

    async def wait_ready(self) -> None:
        """Wait until it has a result."""
        await self._done.wait()

    def settle(self, result: str | CallError) -> None:
        """Give the result, once; later ones are ignored."""
        if self._result is None:
            self._result = result
            self._done.set()

    async def take(self) -> str:
        """Wait for the result. Raises CallError: the tool's, or `invalid` the second time."""
        if self._is_taken:
            raise CallError("invalid", "this call's result has been taken already")
        self._is_taken = True
        await self._done.wait()
        match self._result:
            case CallError() as error:
                raise error
            case str() as text:
                return text
            case None:
                raise AssertionError("a call is done and has no result")

    def note_taken(self) -> None:
        """Its result was taken before the run was resumed."""
        self._is_taken = True

    def cancel(self) -> None:
        """Stop it; its instance is gone at the next checkpoint. What has a result has stopped."""
        if not self.is_settled:
            self.scope.cancel()
