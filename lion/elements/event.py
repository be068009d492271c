"""Look here if you want to know what an event is: something that is done once, and what it came
to.

Rule: it is done once, however often and by however many it is invoked: the others get what the
first came to.
Rule: whoever is cancelled in it leaves it cancelled; a denial leaves it skipped.
"""

from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from time import monotonic
from typing import Any, Self

import msgspec
import trio

from lion.domain.call import CallError
from lion.domain.task import TaskState
from lion.elements.element import Element

EventStatus = TaskState
"""The seven states; a task has the same."""


class Execution(msgspec.Struct, frozen=True, kw_only=True):
    """What came of it: `duration` in seconds, the `response`, or the `error` in words and whether
    another try may help.
    """

    status: EventStatus = EventStatus.PENDING
    duration: float | None = None
    response: Any = None
    error: str | None = None
    retryable: bool = False


class Event(Element):
    """Something that is done once. A class of one's own has `_invoke`, or `_stream`."""

    def __init__(self, *, execution: Execution | None = None, **known: Any) -> None:
        super().__init__(**known)
        self.execution = execution or Execution()
        self._is_over: trio.Event | None = None

    @property
    def status(self) -> EventStatus:
        """In which state it is."""
        return self.execution.status

    @property
    def response(self) -> Any:
        """What it gave; None where it gave nothing."""
        return self.execution.response

    async def _invoke(self) -> Any:
        """Do it. What it raises is its failure; CallError("denied") is a refusal."""
        raise NotImplementedError(f"{self.kind} says nothing of how it is done")

    async def _stream(self) -> AsyncGenerator[Any, None]:
        """Do it, piece by piece; by itself, all in one."""
        yield await self._invoke()

    async def invoke(self) -> Execution:
        """Do it if nobody has, and wait until it is over; what it came to."""
        if self._is_over is None and self.status is EventStatus.PENDING:
            self._keep([piece async for piece in self.stream()])
        elif self._is_over is not None:
            await self._is_over.wait()
        return self.execution

    async def stream(self) -> AsyncGenerator[Any, None]:
        """Do it, and give the pieces as they come; its failure is its execution's, not raised.
        Gives nothing if somebody does it already.
        """
        if self._is_over is not None or self.status is not EventStatus.PENDING:
            await trio.lowlevel.checkpoint()
            return
        self._is_over, began = trio.Event(), monotonic()
        self.execution = Execution(status=EventStatus.PROCESSING)
        status, error, retryable = EventStatus.CANCELLED, None, False
        try:
            async with aclosing(self._stream()) as pieces:
                async for piece in pieces:
                    yield piece
            status = EventStatus.COMPLETED
        except CallError as exc:
            is_denied = exc.case == "denied"
            status = EventStatus.SKIPPED if is_denied else EventStatus.FAILED
            error, retryable = str(exc), exc.case in ("timeout", "unavailable")
        except Exception as exc:  # noqa: BLE001 - whatever it raises is how it failed
            status, error = EventStatus.FAILED, f"{type(exc).__name__}: {exc}"
        finally:
            self.execution = Execution(
                status=status, duration=monotonic() - began, error=error, retryable=retryable
            )
            self._is_over.set()

    def _keep(self, pieces: list[Any]) -> None:
        if self.status is EventStatus.COMPLETED:
            single = pieces[0] if len(pieces) == 1 else pieces
            self.execution = msgspec.structs.replace(self.execution, response=single)

    def fields(self) -> dict[str, Any]:
        """Its execution."""
        execution: dict[str, Any] = msgspec.to_builtins(self.execution)
        return {"execution": execution}

    @classmethod
    def build(cls, fields: Mapping[str, Any], **known: Any) -> Self:
        """See Element.build."""
        return cls(execution=msgspec.convert(fields["execution"], Execution), **known)
