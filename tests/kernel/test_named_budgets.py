"""Look here if you want to know that what capabilities count (tokens, money, bytes) is counted
exactly, and what is left of it.
"""

import pytest

from lion.domain.call import CallError
from lion.domain.events import BudgetWarned
from tests.kernel.test_budgets import Books


@pytest.fixture
def books() -> Books:
    return Books()


class TestNamedByCapabilities:
    """Budgets that a capability names, as `llm.tokens of fast`: one balance of a holder's each."""

    NAME = "llm.tokens of fast"

    def spend(self, books: Books, amount: int, *, holder: str = "ann", limit: int = 10) -> None:
        books.budgets.spend(holder, self.NAME, limit, amount)

    def left(self, books: Books, *, holder: str = "ann") -> int:
        return books.budgets.left(holder, self.NAME, 10)

    def test_what_would_pass_the_limit_takes_nothing(self, books: Books) -> None:
        self.spend(books, 6)
        with pytest.raises(CallError) as caught:
            self.spend(books, 5)
        assert caught.value.case == "exhausted"
        assert caught.value.text == (
            "llm.tokens of fast: more than 10 in this run; 6 are used, 5 asked for"
        )
        assert self.left(books) == 4
        self.spend(books, 4)
        assert self.left(books) == 0
        assert [used for *_, used in books.notes] == [6, 10]

    def test_what_is_given_back_can_be_taken_again(self, books: Books) -> None:
        self.spend(books, 10)
        self.spend(books, -3)
        self.spend(books, 3)
        assert books.notes[-1] == ("ann", self.NAME, 10, 10)

    def test_what_was_used_already_counts_beyond_the_limit(self, books: Books) -> None:
        books.budgets.charge("ann", self.NAME, 10, 25)
        assert self.left(books) == 0
        with pytest.raises(CallError, match="25 are used"):
            self.spend(books, 1)
        self.spend(books, -5)
        assert self.left(books) == 0, "20 are used still, and giving back is never refused"
        self.spend(books, -15)
        assert self.left(books) == 5

    def test_a_warning_comes_once_at_80_percent(self, books: Books) -> None:
        self.spend(books, 7)
        assert books.warnings == []
        self.spend(books, 1)
        self.spend(books, -8)
        self.spend(books, 9)
        assert books.warnings == [BudgetWarned(holder="ann", budget=self.NAME, limit=10, used=8)]

    def test_each_holder_and_each_budget_is_its_own(self, books: Books) -> None:
        self.spend(books, 10)
        assert self.left(books, holder="bob") == 10
        assert books.budgets.left("ann", "llm.calls of fast", 10) == 10
