"""Look here if you want to know how a question is answered that a fork was given the answer to.

Rule: an answer is for the very call that was asked about: who calls, arguments, component and
policy. Another call is asked about as always, and each answer is used once.
"""

from collections.abc import Mapping

import msgspec

from lion.domain.approval import Answer, Body, digest_of_call
from lion.domain.call import Decision, HostCall, Verdict
from lion.domain.decider import approver
from lion.domain.events import LineLogged
from lion.kernel.judge import Asker, JudgedCaller, not_approved


class Presets:
    """An Asker that knows some answers, and leaves the other calls to another one."""

    def __init__(self, answers: Mapping[str, Answer], others: Asker, policy_digest: str) -> None:
        self._answers = dict(answers)
        self._others = others
        self._policy_digest = policy_digest

    @property
    def is_there(self) -> bool:
        """Somebody, or something, may answer."""
        return bool(self._answers) or self._others.is_there

    async def ask(
        self, caller: JudgedCaller, call: HostCall, decision: Decision, note: str = "",
        body: Body | None = None,
    ) -> Decision:  # fmt: skip
        """See Asker.ask."""
        digest = digest_of_call(
            call.chain, call.capability, call.operation, str(call.target), call.args,
            caller.component_digest, self._policy_digest, body,
        )  # fmt: skip
        answer = self._answers.pop(digest, None)
        if answer is None:
            return await self._others.ask(caller, call, decision, note, body)
        words = "approved" if answer.allowed else "refused"
        reason = f"{answer.by} {words} it when the run was forked"
        caller.note(LineLogged("info", reason), call.number)
        if not answer.allowed:
            return not_approved(decision, approver(answer.by), reason)
        return msgspec.structs.replace(
            decision, verdict=Verdict.ALLOW, decided_by=approver(answer.by), reason=reason
        )
