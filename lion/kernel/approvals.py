"""Look here if you want to know how a call that needs an approval gets one, or does not.

Rule: request, answer, and that it was used are on record in this order, before the call acts; who
reads of a request there can answer it.
Rule: an answer is used once; one that stands goes on for requests of the same basis only.
Rule: nobody to ask, nobody in time and somebody's no are three reasons, for the guest too.
Rule: whatever ends the wait, the request is taken from the desk and closed on record.
"""

import uuid
from typing import Final

import msgspec
import trio

from lion.domain.approval import (
    Answer,
    Body,
    Reach,
    Request,
    Standing,
    digest_of_call,
    shown_arguments,
)
from lion.domain.call import Decision, HostCall, Verdict
from lion.domain.decider import NOBODY_CAME, approver
from lion.domain.events import (
    ApprovalAsked,
    ApprovalConsumed,
    ApprovalDecided,
    ApprovalExpired,
)
from lion.domain.units import render_duration
from lion.kernel.hosted_call import UNWRITABLE
from lion.kernel.judge import JudgedCaller, not_approved
from lion.ports import Clock, Desk

MOST_OPEN: Final = 256
"""Requests of one run that wait at the same time."""
LATEST: Final = 2**63 - 1
"""The last nanosecond that a record can name."""
USED: Final = "the approval that it needs was used already"
UNSHOWN: Final = "its arguments cannot be put on record, so nobody can be asked"
TOO_MANY: Final = f"{MOST_OPEN} calls of this run wait for approvals already"


class Common(msgspec.Struct, frozen=True, kw_only=True):
    """What the requests of one run have in common. `wait_ns` is how long one waits."""

    run: str
    manifest_name: str
    owner: str
    policy_digest: str
    wait_ns: int


class Approvals:
    """Asks people for the calls of one run. No `desk`: there is nobody to ask."""

    def __init__(self, around: Common, desk: Desk | None, clock: Clock) -> None:
        self._around = around
        self._desk = desk
        self._clock = clock
        self._open = 0

    @property
    def is_there(self) -> bool:
        """Somebody may come and answer."""
        return self._desk is not None and bool(self._around.wait_ns)

    async def ask(
        self, caller: JudgedCaller, call: HostCall, decision: Decision, note: str = "",
        body: Body | None = None,
    ) -> Decision:  # fmt: skip
        """The decision of whoever answers; it allows only what the decision's grant covers."""
        if self._desk is None or not self.is_there:
            return not_approved(decision)
        if self._open >= MOST_OPEN:
            return not_approved(decision, reason=TOO_MANY)
        try:
            request = self._request(caller, call, decision, note, body)
        except UNWRITABLE:
            return not_approved(decision, reason=UNSHOWN)
        self._open += 1
        try:
            return await self._asked(self._desk, caller, request, decision)
        finally:
            self._open -= 1

    async def _asked(
        self, desk: Desk, caller: JudgedCaller, request: Request, decision: Decision
    ) -> Decision:
        standing = await desk.standing(request)
        if standing is None:
            answer = await self._answered(desk, caller, request)
            if answer is None:
                waited = render_duration(self._around.wait_ns)
                return not_approved(decision, NOBODY_CAME, f"nobody approved it within {waited}")
        else:
            caller.note(ApprovalAsked(request), request.call)
            answer = standing.answer
        earlier = "" if standing is None else standing.request.id
        caller.note(ApprovalDecided(request.id, answer, earlier), request.call)
        if not answer.allowed:
            words = f": {answer.words}" if answer.words else ""
            return not_approved(decision, approver(answer.by), f"{answer.by} refused it{words}")
        if standing is None and not await desk.take(request.id):
            return not_approved(decision, approver(answer.by), USED)
        caller.note(ApprovalConsumed(request.id), request.call)
        return msgspec.structs.replace(
            decision, verdict=Verdict.ALLOW, decided_by=approver(answer.by),
            reason=_reason(answer, standing),
        )  # fmt: skip

    async def _answered(self, desk: Desk, caller: JudgedCaller, request: Request) -> Answer | None:
        """What somebody says, or None if nobody does in time."""
        await desk.post(request)
        caller.note(ApprovalAsked(request), request.call)
        why = "cancelled"
        answer: Answer | None = None
        try:
            with trio.move_on_after(self._around.wait_ns / 1e9):
                answer = await desk.wait_answered(request.id)
            why = "expired"
        finally:
            if answer is None:
                with trio.CancelScope(shield=True):
                    await desk.withdraw(request.id)
                caller.note(ApprovalExpired(request.id, why), request.call)
        return answer

    def _request(
        self, caller: JudgedCaller, call: HostCall, decision: Decision, note: str,
        body: Body | None,
    ) -> Request:  # fmt: skip
        around, target = self._around, str(call.target)
        asking = [one for one in decision.opinions if one.verdict is Verdict.ASK]
        now, digest = self._clock.now_ns(), caller.component_digest
        return Request(
            id=uuid.uuid4().hex[:12], run=around.run, manifest_name=around.manifest_name,
            owner=around.owner, invocation=call.invocation, call=call.number, chain=call.chain,
            capability=call.capability, operation=call.operation, target=target,
            arguments=shown_arguments(call.args), component_digest=digest,
            call_digest=digest_of_call(
                call.chain, call.capability, call.operation, target, call.args, digest,
                around.policy_digest, body,
            ),
            policy_digest=around.policy_digest,
            asked_by=tuple(one.processor for one in asking),
            reasons=tuple(one.reason for one in asking),
            grant="" if decision.grant is None else decision.grant.line,
            asked_ns=now, expires_ns=min(now + around.wait_ns, LATEST), note=note,
            body=body,
            judges=tuple(filter(None, (caller.version_of(one.processor) for one in asking))),
        )  # fmt: skip


def _reason(answer: Answer, standing: Standing | None) -> str:
    if standing is None or answer.reach is Reach.ONCE:
        return f"{answer.by} approved it"
    how = "for this run" if answer.reach is Reach.RUN else "for always"
    return f"{answer.by} approved it {how}, as request {standing.request.id}"
