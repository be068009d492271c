"""Look here if you want to know how the gateway knows who asks: by a token of his own.

Rule: a token is made for one gateway and is gone with it; only its digest is compared.
Rule: who brings a wrong one waits for his refusal, one after the other; of many at once a few wait
and the others are let go, so that they hold up nobody who has a right one. What keeps guesses out
is the token's length.
"""

import hashlib
import hmac
import secrets
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

import trio

from lion.gateway.refusals import Refusal

PREFIX: Final = "lion-"
PAUSE: Final = 0.5
"""Seconds that each wrong token waits."""
MOST_WAITING: Final = 8
"""Wrong tokens that wait; one more is let go at once."""

Pause = Callable[[], Awaitable[Any]]


def new_token() -> str:
    """A token that nobody guesses: 256 bits."""
    return PREFIX + secrets.token_urlsafe(32)


class Tokens:
    """Whose tokens these are. `pause` is how long a wrong one waits."""

    def __init__(self, names: Mapping[str, str], pause: Pause | None = None) -> None:
        self._names = {_digest(token): name for token, name in names.items()}
        self._pause = pause or _pause
        self._turn = trio.Lock()
        self._waiting = 0

    async def name(self, headers: Mapping[str, str]) -> str:
        """Who asks. Raises Refusal, not at once."""
        given = _digest(token_of(headers))
        found = ""
        for digest, name in self._names.items():
            if hmac.compare_digest(digest, given):
                found = name
        if found:
            return found
        if self._waiting < MOST_WAITING:
            self._waiting += 1
            try:
                async with self._turn:
                    await self._pause()
            finally:
                self._waiting -= 1
        words = "no token of this gateway; the one that it printed goes into the client's API key"
        raise Refusal(401, "authentication_error", "invalid_api_key", words)


def token_of(headers: Mapping[str, str]) -> str:
    """The token that a request carries, as OpenAI's and Anthropic's clients send it."""
    kind, _, token = headers.get("authorization", "").partition(" ")
    if kind.lower() == "bearer":
        return token.strip()
    return headers.get("x-api-key", "")


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogateescape")).digest()


async def _pause() -> None:
    await trio.sleep(PAUSE)
