"""Look here if you want to know how far one budget is used, and what is said when it is short."""

import msgspec


class Refusal(msgspec.Struct, frozen=True, kw_only=True):
    """A denial for want of budget: whose, which, its limit, how much was used and asked for.

    `text` is for the holder's guest (error case `exhausted`); `reason` is for the record.
    """

    holder: str
    budget: str
    limit: int
    used: int
    asked: int
    text: str

    @property
    def reason(self) -> str:
        return (
            f"budget {self.budget} of {self.holder}: "
            f"limit {self.limit}, used {self.used}, asked {self.asked}"
        )

    def told(self, holder: str) -> str:
        """What a guest of this holder is told: of its callers' budgets, neither whose nor how
        much.
        """
        if holder == self.holder:
            return self.text
        return f"{self.budget}: whoever called this has none left; its caller is told more"


class Balance:
    """One budget that is counted, not timed. `measure` is what the manifest gives, `limit` what a
    person's answers have made of it, `is_short` that a call was refused for want of it, `lent`
    what of it is set aside for agents at work.
    """

    __slots__ = ("is_passed", "is_short", "is_warned", "lent", "limit", "measure", "used")

    def __init__(self, limit: int) -> None:
        self.limit = self.measure = limit
        self.used = self.lent = 0
        self.is_warned = self.is_short = self.is_passed = False

    def is_reached(self, at: int) -> bool:
        """Whether a person has to be asked, who wants to be at so many hundredths."""
        if at == 100:
            return self.is_short or self.used >= self.limit
        return not self.is_passed and self.used * 100 >= self.limit * at

    def go_on(self, at: int) -> None:
        """A person said yes: go on to the limit, or if that is reached, once more as far."""
        self.is_passed = True
        if at == 100:
            self.limit += self.measure
            self.is_short = False

    def warns(self) -> bool:
        """True the first time that 80 % are used."""
        if self.is_warned or (self.used - self.lent) * 5 < self.limit * 4:
            return False
        self.is_warned = True
        return True
