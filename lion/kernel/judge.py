"""Look here if you want to know where it is decided what a holder may do: for a guest's call, a
redirect, a link that leads elsewhere, a list of what could be called.

Rule: whoever wants to know asks here, and gets the same answer as everybody else.
Rule: a decision carries the grant that allowed it; nobody looks for one again.
Rule: processors are asked of every call anew, static rules once for each question.
Rule: a list shows what would be allowed if it were called now, or approved; nobody is asked for
it.
Rule: while a person is asked, the clocks of those stand still who wait for nothing else.
Rule: what a person approved is judged once more before it is done.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack
from typing import Any, Protocol

import msgspec

from lion.domain.approval import Body
from lion.domain.call import Decision, HostCall, Opinion, Target, Verdict
from lion.domain.decider import ASKED_LATER, NOBODY_ASKED, Decider
from lion.domain.events import Event
from lion.domain.question import Question
from lion.kernel.deadline import Deadline
from lion.policy.decide import Processor, decide
from lion.policy.rights import Rights

ROUNDS = 3
"""How often one call is asked about, if after each answer another reason to ask is found."""
NOBODY = "it needs an approval, and there is nobody to ask"
LATER = "a person is asked once what follows it is complete"
_ASK = Verdict.ASK
RESTLESS = f"after {ROUNDS} approvals it needs another"


class JudgedHolder(Protocol):
    """Whose rights count."""

    rights: Rights

    def decide(self, capability: str, operation: str, target: Target) -> Decision:
        """What rights and rules say of a question of its."""
        ...


class JudgedCaller(Protocol):
    """Who asks: an invocation."""

    run: str
    path: str
    holder: str
    chain: tuple[str, ...]
    number: int
    deadline: Deadline

    @property
    def component_digest(self) -> str:
        """Of what runs in it (SHA-256 in hex)."""
        ...

    def version_of(self, decider: str) -> str:
        """Which code of a system plugin judges by this name; empty if it is none."""
        ...

    def note(self, event: Event, call: int) -> None:
        """Record something about one of its calls, which its holder pays for."""
        ...

    @property
    def owner(self) -> JudgedHolder:
        """The holder it is of."""
        ...

    def waiting_only(self) -> "Iterable[JudgedCaller]":
        """This one and those above that wait for nothing but it."""
        ...


class Asker(Protocol):
    """Who is asked where the verdict is `ask`."""

    @property
    def is_there(self) -> bool:
        """Somebody may come and answer."""
        ...

    async def ask(
        self, caller: JudgedCaller, call: HostCall, decision: Decision, note: str = "",
        body: Body | None = None,
    ) -> Decision:  # fmt: skip
        """The decision of whoever answers: allow or deny. It allows only what the decision's
        grant covers; `note` is what a person has to know besides, `body` what follows the call.
        """
        ...


class Nobody:
    """Where nobody can be asked, the question stays open, and that is no right."""

    is_there = False

    async def ask(
        self, caller: JudgedCaller, call: HostCall, decision: Decision, note: str = "",
        body: Body | None = None,
    ) -> Decision:  # fmt: skip
        """A no."""
        return not_approved(decision)


def not_approved(decision: Decision, by: str = NOBODY_ASKED, reason: str = NOBODY) -> Decision:
    """The no of somebody, or of nobody; the guest may know its reason."""
    return Decision(Verdict.DENY, reason, by, decision.opinions)


class StandIn(Protocol):
    """Who lets a dry run go on behind a call that was refused."""

    def instead(self, question: Question, decision: Decision) -> Decision | None:
        """Under what it is answered all the same, by what cannot act; None if it stays refused."""
        ...


class Judge:
    """Decides for all holders of one run. `processors` are those of system plugins, by
    capability; a `stand_in` makes it a dry run, in which nothing that is executed leaves.
    """

    def __init__(self, asker: Asker, stand_in: StandIn | None = None) -> None:
        self.processors: Mapping[str, Sequence[Processor]] = {}
        self.approved: Callable[[HostCall, Decision], None] = _unheard
        """Is told of a call that a person approved, and of the decision that asked."""
        self._asker = asker
        self._stand_in = stand_in

    def ask_first(self, wrap: Callable[[Asker], Asker]) -> None:
        """Have somebody asked before who is asked now."""
        self._asker = wrap(self._asker)

    @property
    def is_dry(self) -> bool:
        """Whether calls are answered that are refused."""
        return self._stand_in is not None

    @property
    def has_asker(self) -> bool:
        """Somebody may come and answer what is asked."""
        return self._asker.is_there

    def instead(self, question: Question, decision: Decision) -> Decision | None:
        """Under what a refused call is executed in a dry run; the record has the refusal."""
        if self._stand_in is None or decision.verdict is not Verdict.DENY:
            return None
        return self._stand_in.instead(question, decision)

    def at_once(
        self, caller: JudgedCaller, capability: str, operation: str, target: Target
    ) -> Decision | None:
        """The decision of a call, unless somebody has to be asked for it: then `decide` says."""
        if capability in self.processors:
            return None
        decision = caller.owner.decide(capability, operation, target)
        return None if decision.verdict is _ASK else decision

    async def decide(
        self,
        caller: JudgedCaller,
        question: Question,
        number: int,
        args: list[Any],
        note: str = "",
        body: Body | None = None,
        *,
        is_beside: bool = False,
    ) -> Decision:
        """Decide call `number` of an invocation, as long as that takes; `note` is what a person
        who is asked has to know besides, `body` what follows it. `is_beside`: its guest goes on
        meanwhile, so no clock stands still.
        """
        call = _call(caller, question, number, args)
        decision = self._judged(caller, call, question)
        for _ in range(ROUNDS):
            if decision.verdict is not Verdict.ASK:
                return decision
            with ExitStack() as held:
                for waiting in () if is_beside else caller.waiting_only():
                    held.enter_context(waiting.deadline.held())
                answered = await self._asker.ask(caller, call, decision, note, body)
            if not answered.allowed:
                return answered
            again = self._judged(caller, call, question)
            if again.verdict is not Verdict.DENY and _asking(again) <= _asking(decision):
                self.approved(call, decision)
                return answered
            decision = again
        return not_approved(decision, reason=RESTLESS)

    def later(
        self, caller: JudgedCaller, question: Question, number: int, args: list[Any]
    ) -> Decision:
        """The same of a call that cannot be shown yet: if a person is to be asked, it is allowed
        (ASKED_LATER) where somebody may come, and asked about before anything happens.
        """
        decision = self._judged(caller, _call(caller, question, number, args), question)
        if decision.verdict is not Verdict.ASK:
            return decision
        if not self._asker.is_there:
            return not_approved(decision)
        return msgspec.structs.replace(
            decision, verdict=Verdict.ALLOW, decided_by=ASKED_LATER, reason=LATER
        )

    async def ask_again(
        self, caller: JudgedCaller, question: Question, number: int, args: list[Any], why: str
    ) -> Decision:
        """What a person says of a call that was allowed, and may have happened already."""
        call = _call(caller, question, number, args)
        judged = self._judged(caller, call, question)
        asks = (*judged.opinions, Opinion(Decider.MANIFEST, Verdict.ASK, why))
        asking = msgspec.structs.replace(judged, verdict=Verdict.ASK, reason=why, opinions=asks)
        with ExitStack() as held:
            for waiting in caller.waiting_only():
                held.enter_context(waiting.deadline.held())
            return await self._asker.ask(caller, call, asking, why)

    def foresee(
        self, caller: JudgedCaller, capability: str, operation: str, target: Target
    ) -> Decision:
        """What would be decided of a call like this: what a person may approve is allowed."""
        question = Question(caller.holder, capability, operation, target)
        if capability not in self.processors:
            decision = caller.owner.decide(capability, operation, target)
        else:
            call = _call(caller, question, caller.number, [])
            decision = self._judged(caller, call, question)
        if decision.verdict is Verdict.ASK and self._asker.is_there:
            return msgspec.structs.replace(decision, verdict=Verdict.ALLOW)
        return self.instead(question, decision) or decision

    def _judged(self, caller: JudgedCaller, call: HostCall, question: Question) -> Decision:
        static = caller.owner.decide(question.capability, question.operation, question.target)
        processors = self.processors.get(question.capability, ())
        return decide(call, caller.owner.rights, processors, static=static)


def _unheard(call: HostCall, decision: Decision) -> None:
    """Nobody has to know."""


def _asking(decision: Decision) -> set[Opinion]:
    """Who wants a person asked, and why."""
    return {one for one in decision.opinions if one.verdict is Verdict.ASK}


def _call(caller: JudgedCaller, question: Question, number: int, args: list[Any]) -> HostCall:
    return HostCall(
        run=caller.run, invocation=caller.path, number=number, chain=caller.chain,
        capability=question.capability, operation=question.operation, target=question.target,
        args=args,
    )  # fmt: skip
