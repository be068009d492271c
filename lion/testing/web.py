"""Look here if you want to know how a test answers a guest's requests.

Rule: the first key that fits answers, so what is narrower comes first. Keys are written as grants:
`GET https://api.example.com/v1/**`.
Rule: a request nobody answers fails the test, whatever the guest makes of it.
"""

import json
from collections.abc import Mapping
from typing import Any

import msgspec
import trio

from lion.capabilities.http.canned import CannedAnswer, CannedRequest
from lion.domain.call import CallError
from lion.errors import OperatorError
from lion.scopes.http_match import grant_pattern
from lion.scopes.pattern import BadPattern, Pattern
from lion.scopes.table import SCOPES
from lion.testing.fakes import Failures, answering


class Reply(msgspec.Struct, frozen=True):
    """What a server says: a status, a body (text, bytes, or a list or dict for JSON), headers."""

    status: int = 200
    body: str | bytes | list[Any] | dict[str, Any] = ""
    headers: Mapping[str, str] = {}


class Web:
    """All servers of a test, by what is asked of them."""

    def __init__(self, answers: Mapping[str, Any], failures: Failures) -> None:
        self._failures = failures
        self._answers = [(_pattern(key), answering(a, failures)) for key, a in answers.items()]

    async def answer(self, request: CannedRequest) -> CannedAnswer:
        """Answer a request. Raises CallError: the test's, or `connection` if it has no answer."""
        await trio.lowlevel.checkpoint()
        target = f"{request.method} {request.url}"
        for pattern, give in self._answers:
            if pattern.matches(SCOPES["http"].read_target(target)):
                return _canned(await give(request))
        words = f"the guest asked for {target} and the test has no answer"
        self._failures.note(AssertionError(f'{words}; write http={{"{target}": "..."}}'))
        raise CallError("connection", words)


def _pattern(key: str) -> Pattern:
    try:
        return grant_pattern(key)
    except BadPattern as exc:
        raise OperatorError(
            f"http={{{key!r}: ...}}: {exc}", hint='write "GET https://api.example.com/v1/**"'
        ) from exc


def _canned(said: Any) -> CannedAnswer:
    """An answer as the door's pool gives it."""
    reply = said if isinstance(said, Reply) else Reply(200, said)
    headers = {name.lower(): value for name, value in reply.headers.items()}
    match reply.body:
        case str():
            body = reply.body.encode()
        case bytes():
            body = reply.body
        case list() | dict():
            body = json.dumps(reply.body, ensure_ascii=False).encode()
            headers.setdefault("content-type", "application/json")
    return CannedAnswer(status=reply.status, headers=tuple(headers.items()), body=body)
