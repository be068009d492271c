"""Look here if you want to know how a question to a model is paid for.

Rule: reserve, ask, settle: what an answer may come to is taken before anything is sent, and what
it did not use is given back, however it ends.
Rule: the answer may have what the guest wants, the model allows and the budgets have left,
whichever is least.
Rule: whoever does not heed that is cut, and pays for what came.
Rule: the grant that allowed the question pays.
"""

from contextlib import suppress

from lion.capabilities.models.chat import Chat
from lion.capabilities.models.events import Usage
from lion.capabilities.models.tokens import USUAL_MAX_TOKENS, at_most, price
from lion.domain.call import CallError
from lion.domain.plan import Grant, Model
from lion.domain.units import MILLION
from lion.ports import CallContext

LEEWAY = 16
"""Tokens by which an estimate may be wrong, besides half of it."""


class TokenMeter:
    """What one answer may use. Made when it has been reserved. Raises CallError("exhausted")."""

    def __init__(self, caller: CallContext, grant: Grant, model: Model, chat: Chat) -> None:
        self._caller = caller
        self._model = model
        self._quota = grant.quota
        self._names = {kind: f"llm.{kind} of {grant.patterns[0]}" for kind in grant.quota}
        self._input = at_most(chat)
        self.max_tokens = self._cap(chat)
        """What the answer may have; None if nothing limits it."""
        self._reserved = self._reserve()

    def _cap(self, chat: Chat) -> int | None:
        named = {"tokens": self._token_room(), "money": self._money_room()}
        rooms = [room for room in named.values() if room is not None]
        for kind, one in named.items():
            if one is not None and one < 1:
                raise self._exhausted(kind)
        wanted = [most for most in (chat.max_tokens, self._model.max_tokens) if most is not None]
        if rooms and not wanted:
            wanted = [USUAL_MAX_TOKENS]
        return min((*wanted, *rooms), default=None)

    def _token_room(self) -> int | None:
        if "tokens" not in self._quota:
            return None
        return self._left("tokens") - self._input

    def _money_room(self) -> int | None:
        if "money" not in self._quota:
            return None
        left = self._left("money") * MILLION - self._input * self._model.input_price
        if left < 0:
            return 0
        return left // self._model.output_price if self._model.output_price else None

    def _left(self, kind: str) -> int:
        return self._caller.left(self._names[kind], self._quota[kind])

    def _exhausted(self, short: str) -> CallError:
        # What is short is known then, so that a person can be asked for more.
        with suppress(CallError):
            self._caller.spend(self._names[short], self._quota[short], self._left(short) + 1)
        left = ", ".join(f"{self._left(kind):,} of {name}" for kind, name in self._names.items())
        words = f"this question alone may have {self._input:,} tokens; left are {left}"
        return CallError("exhausted", words)

    def _cost(self, input: int, output: int, cached: int = 0, written: int = 0) -> dict[str, int]:
        cost = {
            "calls": 1,
            "tokens": input + output,
            "money": price(self._model, input, output, cached, written),
        }
        return {kind: cost[kind] for kind in self._quota}

    def _reserve(self) -> dict[str, int]:
        taken: dict[str, int] = {}
        for kind, amount in self._cost(self._input, self.max_tokens or 0).items():
            try:
                self._caller.spend(self._names[kind], self._quota[kind], amount)
            except CallError:
                self._give_back(taken)
                raise
            taken[kind] = amount
        return taken

    def _give_back(self, taken: dict[str, int]) -> None:
        for kind, amount in taken.items():
            self._caller.charge(self._names[kind], self._quota[kind], -amount)

    def check(self, spoken: int) -> None:
        """Raise CallError("exhausted") if an answer of so many tokens overran what it may have."""
        most = self.max_tokens
        if most is not None and spoken > most + most // 2 + LEEWAY:
            raise CallError("exhausted", f"the model said more than the {most:,} tokens it had")

    def settle(self, usage: Usage | None) -> None:
        """Charge what was used instead of what was reserved; None: nothing of it was answered."""
        used = (
            (usage.input, usage.output, usage.cached, usage.written)
            if usage is not None
            else (0, 0)
        )
        for kind, amount in self._cost(*used).items():
            change = amount - self._reserved[kind]
            if change:
                self._caller.charge(self._names[kind], self._quota[kind], change)
