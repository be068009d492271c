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

from lion.domain.call import Decision, HostCall, Opinion, Target, Verdict
from lion.domain.decider import NOBODY_ASKED, Decider
from lion.domain.events import Event
from lion.domain.question import Question
from lion.kernel.deadline import Deadline
from lion.policy.decide import Processor, decide
from lion.policy.rights import Rights

ROUNDS = 3
"""How often one call is asked about, if after each answer another reason to ask is found."""
NOBODY = "it needs an approval, and there is nobody to ask"
RESTLESS = f"after {ROUNDS} approvals it needs another"


class JudgedHolder(Protocol):
    """Whose rights count."""

    rights: Rights

    def decide(self, question: Question) -> Decision:
        """What rights and rules say of a question."""
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
        self, caller: JudgedCaller, call: HostCall, decision: Decision, note: str = ""
    ) -> Decision:
        """The decision of whoever answers: allow or deny. It allows only what the decision's
        grant covers; `note` is what a person has to know besides.
        """
        ...


class Nobody:
    """Where nobody can be asked, the question stays open, and that is no right."""

    is_there = False

    async def ask(
        self, caller: JudgedCaller, call: HostCall, decision: Decision, note: str = ""
    ) -> Decision:
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
        self._asker = asker
        self._stand_in = stand_in

    def ask_first(self, wrap: Callable[[Asker], Asker]) -> None:
        """Have somebody asked before who is asked now."""
        self._asker = wrap(self._asker)

    @property
    def is_dry(self) -> bool:
        """Whether calls are answered that are refused."""
        return self._stand_in is not None

    def instead(self, question: Question, decision: Decision) -> Decision | None:
        """Under what a refused call is executed in a dry run; the record has the refusal."""
        if self._stand_in is None or decision.verdict is not Verdict.DENY:
            return None
        return self._stand_in.instead(question, decision)

    def at_once(self, caller: JudgedCaller, question: Question) -> Decision | None:
        """The decision of a call, unless somebody has to be asked for it: then `decide` says."""
        if question.capability in self.processors:
            return None
        decision = caller.owner.decide(question)
        return None if decision.verdict is Verdict.ASK else decision

    async def decide(
        self,
        caller: JudgedCaller,
        question: Question,
        number: int,
        args: list[Any],
        note: str = "",
    ) -> Decision:
        """Decide call `number` of an invocation, as long as that takes; `note` is what a person
        who is asked has to know besides.
        """
        call = _call(caller, question, number, args)
        decision = self._judged(caller, call, question)
        for _ in range(ROUNDS):
            if decision.verdict is not Verdict.ASK:
                return decision
            with ExitStack() as held:
                for waiting in caller.waiting_only():
                    held.enter_context(waiting.deadline.held())
                answered = await self._asker.ask(caller, call, decision, note)
            if not answered.allowed:
                return answered
            again = self._judged(caller, call, question)
            if again.verdict is not Verdict.DENY and _asking(again) <= _asking(decision):
                return answered
            decision = again
        return not_approved(decision, reason=RESTLESS)

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
            decision = caller.owner.decide(question)
        else:
            call = _call(caller, question, caller.number, [])
            decision = self._judged(caller, call, question)
        if decision.verdict is Verdict.ASK and self._asker.is_there:
            return msgspec.structs.replace(decision, verdict=Verdict.ALLOW)
        return self.instead(question, decision) or decision

    def _judged(self, caller: JudgedCaller, call: HostCall, question: Question) -> Decision:
        static = caller.owner.decide(question)
        processors = self.processors.get(question.capability, ())
        return decide(call, caller.owner.rights, processors, static=static)


def _asking(decision: Decision) -> set[Opinion]:
    """Who wants a person asked, and why."""
    return {one for one in decision.opinions if one.verdict is Verdict.ASK}


def _call(caller: JudgedCaller, question: Question, number: int, args: list[Any]) -> HostCall:
    return HostCall(
        run=caller.run, invocation=caller.path, number=number, chain=caller.chain,
        capability=question.capability, operation=question.operation, target=question.target,
        args=args,
    )  # fmt: skip
