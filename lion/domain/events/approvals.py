"""Look here if you want to know which facts of questions to people the log holds.

Rule: a request, its answer, and that it was used are three facts; an answer is used once.
"""

from lion.domain.approval import Answer, Request
from lion.domain.events.base import Event


class ApprovalAsked(Event, frozen=True):
    """A host call waits for a person, who sees this request."""

    request: Request


class ApprovalDecided(Event, frozen=True):
    """Somebody answered a request, now (`standing`: empty) or when the named request was asked."""

    id: str
    answer: Answer
    standing: str = ""


class ApprovalConsumed(Event, frozen=True):
    """The answer to a request was used for its call, which was judged once more."""

    id: str


class ApprovalExpired(Event, frozen=True):
    """A request is closed without an answer: nobody came in time (`expired`), nobody can be asked
    (`nobody`), or the call was given up (`cancelled`).
    """

    id: str
    why: str
