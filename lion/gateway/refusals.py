"""Look here if you want to know how a refusal is spelled for clients of a model's server.

Rule: what the host said no to is told as its kind and its words, nothing else; and a client is
told not to ask again by itself what would be refused again.
"""

from typing import Any, Final

from lion.domain.call import CallError

_STATUS: Final = {
    "denied": (403, "permission_error"),
    "invalid": (400, "invalid_request_error"),
    "not-found": (404, "not_found_error"),
    "exists": (409, "invalid_request_error"),
    "conflict": (409, "invalid_request_error"),
    "exhausted": (429, "rate_limit_error"),
    "timeout": (504, "timeout_error"),
    "cancelled": (503, "api_error"),
    "unavailable": (502, "api_error"),
    "other": (500, "api_error"),
}
"""By the cases of `types.error`: the status, and the type as both protocols know it."""


class Refusal(Exception):
    """What is answered instead of an answer: `status` of HTTP, `kind` the error's type, `code`
    what a program reads, `words` for people.
    """

    def __init__(self, status: int, kind: str, code: str, words: str) -> None:
        super().__init__(words)
        self.status = status
        self.kind = kind
        self.code = code
        self.words = words
        self.headers: list[tuple[str, str]] = []
        """By what it is found in the log."""

    def openai(self) -> dict[str, Any]:
        """The error as OpenAI's clients read it."""
        error = {"message": self.words, "type": self.kind, "param": None, "code": self.code}
        return {"error": error}

    def anthropic(self) -> dict[str, Any]:
        """The error as Anthropic's clients read it."""
        return {"type": "error", "error": {"type": self.kind, "message": self.words}}


def refusal_of(error: CallError) -> Refusal:
    """What a client is told of a host call that failed."""
    status, kind = _STATUS.get(error.case, _STATUS["other"])
    return Refusal(status, kind, error.case, f"{error.case}: {error.text}")


def bad_request(words: str, *, code: str = "invalid_request", status: int = 400) -> Refusal:
    """A request that says what cannot be taken."""
    return Refusal(status, "invalid_request_error", code, words)
