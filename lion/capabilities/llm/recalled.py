"""Look here if you want to know what becomes of a model's answer when its run goes on after its
process ended: the question is asked again, and costs again.

Rule: what equals what was heard is passed over; the first difference is `unavailable`: no answer
is ever patched together of two.
Rule: what was heard to its end is answered from the records.
Rule: that it is asked again is on record first, with the call that began it.
"""

from collections import deque
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any, Final, cast

from lion.capabilities.llm.answer import ModelAnswer
from lion.capabilities.models.events import Event, event_value
from lion.domain.call import CallError, Target
from lion.domain.events import CallFinished, EffectSettled, encode_body
from lion.domain.plan import Grant
from lion.ports import CallContext

ANSWER: Final = "answer"
LOST: Final = "the host was restarted, and the rest of this answer is lost"

Begin = Callable[[CallContext, ModelAnswer, dict[str, Any]], None]
"""Asks a question of before again. Raises CallError."""


class RecalledAnswer(ModelAnswer):
    """An answer of before, with what was heard of it."""

    def __init__(self) -> None:
        super().__init__()
        self.failure: CallError | None = None
        self.is_heard = False
        """To its end."""
        self._heard: deque[bytes] = deque()
        self._is_told = False

    def note(self, value: Any) -> None:
        """The guest heard this (None: that nothing more comes)."""
        if value is None:
            self.is_heard = True
        else:
            self._heard.append(encode_body(value))

    def note_failure(self, failure: CallError) -> None:
        """The guest heard that it failed."""
        self.failure, self.is_heard = failure, True

    def note_ready(self) -> None:
        """The guest was told that something can be heard, and has not asked yet."""
        self._is_told = True

    @property
    def is_ready(self) -> bool:
        return self._is_told or super().is_ready

    async def tell(self, event: Event) -> None:
        if not self._heard:
            await super().tell(event)
        elif self._heard.popleft() != encode_body(event_value(event)):
            raise CallError("unavailable", LOST)

    async def next(self) -> Event | None:
        self._is_told = False
        while not super().is_ready:
            await self.wait_ready()
        return await super().next()


def recall_start(begin: Begin, caller: CallContext, args: list[Any], call: CallFinished) -> None:
    """The answer that a recorded `start` began."""
    if call.value[0] != "ok":
        return
    answer = RecalledAnswer()
    caller.handles.put(call.value[1]["answer"], ANSWER, answer, answer.close)
    caller.revivals.append(partial(_revive, begin, caller, answer, args[0], caller.number))


def recall_next(caller: CallContext, args: list[Any], call: CallFinished) -> None:
    """What was heard."""
    with suppress(CallError):
        answer = cast(RecalledAnswer, caller.handles.get(args[0], ANSWER))
        tag, value = call.value
        if tag == "err":
            answer.note_failure(CallError(*value))
        else:
            answer.note(value)


def _revive(
    begin: Begin, caller: CallContext, answer: RecalledAnswer, record: dict[str, Any], number: int
) -> Callable[[], None] | None:
    if answer.scope.cancel_called:
        return None
    if answer.is_heard:
        answer.finish(answer.failure)
        return None
    model = str(record["model"])
    decision = caller.foresee("llm", "start", model)
    is_again = decision.allowed
    event = EffectSettled(
        capability="llm", operation="start", target=model,
        decided="again" if is_again else "lost", rule="harmless" if is_again else "policy",
        reason="it is asked again, and costs again" if is_again else decision.reason,
    )  # fmt: skip
    caller.note(event, number)
    if not is_again:
        answer.finish(CallError("unavailable", LOST))
        return None
    return partial(_begin_again, begin, caller, answer, record, (number, model, decision.grant))


def _begin_again(
    begin: Begin, caller: CallContext, answer: ModelAnswer, record: dict[str, Any],
    place: tuple[int, Target, Grant | None],
) -> None:  # fmt: skip
    before = caller.number, caller.target, caller.grant
    caller.number, caller.target, caller.grant = place
    try:
        begin(caller, answer, record)
    except CallError as exc:
        answer.finish(exc)
    finally:
        caller.number, caller.target, caller.grant = before
