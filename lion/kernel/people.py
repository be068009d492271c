"""Look here if you want to know how a workflow's question to a person gets an answer.

It lies on the same desk as calls that wait for approvals, since the same people look there.

Rule: question, answer, and that it was used are on record, in this order.
Rule: an answer that does not follow the form is no answer: it is asked again, at most so often.
Rule: whatever ends the wait, the question is taken from the desk and closed on record.
"""

import uuid
from typing import Any, Final

import msgspec
import trio

from lion.domain.approval import Answer, Request, digest_of_call, shown_arguments
from lion.domain.call import CallError
from lion.domain.events import (
    ApprovalAsked,
    ApprovalConsumed,
    ApprovalDecided,
    ApprovalExpired,
)
from lion.kernel.approvals import LATEST, Common
from lion.kernel.invocation import Invocation
from lion.ports import Clock, Desk
from lion.values.answer_schema import BadSchema, Held, TooMuch, hold_to

TIMES: Final = 5
"""How often one question is asked, if answers do not follow its form."""
MOST_OPEN: Final = 256
"""Questions of one run that wait at the same time."""
HOW: Final = "fill in the form with: lion workflow answer ID JSON"
CAPABILITY, OPERATION = "people", "ask"


class BadAnswer(ValueError):
    """What a person said does not follow the form."""


class People:
    """Asks people what the workflows of one run want to know."""

    def __init__(self, around: Common, desk: Desk, clock: Clock) -> None:
        self._around = around
        self._desk = desk
        self._clock = clock
        self._open = 0

    async def ask(self, caller: Invocation, number: int, question: str, form: str) -> str:
        """The answer, JSON that follows the form (a JSON schema). Raises CallError."""
        if not self._around.wait_ns:
            raise CallError("unavailable", "there is nobody to ask")
        if self._open >= MOST_OPEN:
            raise CallError("exhausted", f"{MOST_OPEN} questions of this run wait already")
        try:
            held = hold_to(msgspec.json.decode(form))
        except (BadSchema, msgspec.DecodeError) as exc:
            raise CallError("invalid", f"the form is no JSON schema: {exc}") from exc
        self._open += 1
        try:
            with caller.deadline.held():
                return await self._asked(caller, number, question, form, held)
        finally:
            self._open -= 1

    async def _asked(
        self, caller: Invocation, number: int, question: str, form: str, held: Held
    ) -> str:
        note = HOW
        for _ in range(TIMES):
            request = self._request(caller, number, question, form, note)
            answer = await self._answered(caller, request)
            if not answer.allowed:
                words = f": {answer.words}" if answer.words else ""
                raise CallError("denied", f"{answer.by} refused to answer{words}")
            try:
                value = read_answer(answer.words, held)
            except BadAnswer as exc:
                note = f"the last answer does not follow the form: {exc}; {HOW}"
                continue
            if not await self._desk.take(request.id):
                raise CallError("conflict", "the answer was used already")
            caller.note(ApprovalConsumed(request.id), number)
            return msgspec.json.encode(value).decode()
        raise CallError("invalid", f"{TIMES} answers did not follow the form")

    async def _answered(self, caller: Invocation, request: Request) -> Answer:
        await self._desk.post(request)
        caller.note(ApprovalAsked(request), request.call)
        why = "cancelled"
        answer: Answer | None = None
        try:
            with trio.move_on_after(self._around.wait_ns / 1e9):
                answer = await self._desk.wait_answered(request.id)
            why = "expired"
        finally:
            if answer is None:
                with trio.CancelScope(shield=True):
                    await self._desk.withdraw(request.id)
                caller.note(ApprovalExpired(request.id, why), request.call)
        if answer is None:
            raise CallError("timeout", "nobody answered in time")
        caller.note(ApprovalDecided(request.id, answer), request.call)
        return answer

    def _request(
        self, caller: Invocation, number: int, question: str, form: str, note: str
    ) -> Request:
        around, args = self._around, [question, form]
        now, digest = self._clock.now_ns(), caller.component_digest
        return Request(
            id=uuid.uuid4().hex[:12], run=around.run, manifest_name=around.manifest_name,
            owner=around.owner, invocation=caller.path, call=number, chain=caller.chain,
            capability=CAPABILITY, operation=OPERATION, target="",
            arguments=shown_arguments(args), component_digest=digest,
            call_digest=digest_of_call(
                caller.chain, CAPABILITY, OPERATION, "", args, digest, around.policy_digest
            ),
            policy_digest=around.policy_digest, asked_by=(f"workflow {caller.holder}",),
            reasons=(question[:200],), grant="", asked_ns=now,
            expires_ns=min(now + around.wait_ns, LATEST), note=note,
        )  # fmt: skip


def read_answer(words: str, held: Held) -> Any:
    """What a person filled in: JSON, or nothing, which is an empty object. Raises BadAnswer."""
    try:
        value = msgspec.json.decode(words or "{}")
    except (msgspec.DecodeError, RecursionError) as exc:
        raise BadAnswer(f"it is no JSON: {exc}") from exc
    try:
        fault = held.find_fault(value)
    except TooMuch as exc:
        fault = str(exc)
    if fault is not None:
        raise BadAnswer(fault)
    return value
