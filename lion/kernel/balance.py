"""Look here if you want to know how one budget stands: how much is used, and whether a person
has to be asked before more is.
"""


class Balance:
    """One budget that is counted, not timed. `limit` is what the manifest gives and a person's
    answers have made of it, `is_short` that a call was refused for want of it.
    """

    __slots__ = ("is_passed", "is_short", "is_warned", "limit", "used")

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.used = 0
        self.is_warned = self.is_short = self.is_passed = False

    def is_reached(self, at: int) -> bool:
        """Whether a person has to be asked, who wants to be at so many hundredths."""
        if at == 100:
            return self.is_short or self.used >= self.limit
        return not self.is_passed and self.used * 100 >= self.limit * at

    def go_on(self, at: int, measure: int) -> None:
        """A person said yes: go on to the limit, or if that is reached, by a measure more."""
        self.is_passed = True
        if at == 100:
            self.limit += measure
            self.is_short = False

    def warns(self) -> bool:
        """True the first time that 80 % are used."""
        if self.is_warned or self.used * 5 < self.limit * 4:
            return False
        self.is_warned = True
        return True
