"""Look here if you want to know how a call that waits for a person is answered through a service.

Rule: an answer says who gave it: the principal that asked, never a name that it says.
Rule: what goes on for ever is an administrator's to say, a yes and a no alike.
"""

from collections.abc import Callable
from functools import partial
from typing import Final, TypeVar

from lion.domain.approval import LONGEST_WORDS, Answer, Reach, Standing, Waiting
from lion.domain.task import Principal
from lion.errors import OperatorError
from lion.reading import beside
from lion.service.roles import check_allowed
from lion.settings import Settings
from lion.upkeep import answer_request, forget_standing, list_standing, list_waiting

VIA: Final = "service"
T = TypeVar("T")


class Answers:
    """The commands about approvals of a service: of every run of its state directory."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    async def waiting(self, by: Principal) -> list[Waiting]:
        """The calls that wait for a person, oldest first. Raises OperatorError, AuditError."""
        check_allowed(by, "approvals")
        found = await beside(partial(list_waiting, self._settings))
        return [one for one in found if one.answer is None]

    async def standing(self, by: Principal) -> list[Standing]:
        """The answers that go on. Raises as `waiting`."""
        check_allowed(by, "approvals")
        return await beside(partial(list_standing, self._settings))

    async def answer(
        self, by: Principal, id: str, *, allowed: bool, reach: Reach, words: str = ""
    ) -> Waiting:
        """Answer one; what it was. Raises as `waiting`."""
        check_allowed(by, "answer always" if reach is Reach.ALWAYS else "answer")
        if len(words) > LONGEST_WORDS:
            raise OperatorError(
                f"the words for the guest have {len(words):,} characters",
                hint=f"say it in {LONGEST_WORDS:,}", status=400,
            )  # fmt: skip
        said = Answer(allowed=allowed, reach=reach, by=by.word, via=VIA, words=words)
        return await _found(partial(answer_request, self._settings, id, said))

    async def forget(self, by: Principal, id: str) -> list[Standing]:
        """Take back an answer that goes on. Raises as `waiting`."""
        check_allowed(by, "answer always")
        return await _found(partial(forget_standing, self._settings, id))


async def _found(look: Callable[[], T]) -> T:
    """What a look comes to; one that finds nothing says so as HTTP does."""
    try:
        return await beside(look)
    except OperatorError as exc:
        exc.facts.setdefault("status", 404)
        raise
