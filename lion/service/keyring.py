"""Look here if you want to know by which secrets a service knows who speaks: tokens and sessions.

Rule: a secret is known by its digest only; what is written down opens nothing.
Rule: what a token began ends with it.
"""

from collections.abc import Mapping
from hashlib import sha256
from typing import Final, TypeAlias

import msgspec

from lion.domain.events import SessionClosed, SessionOpened, TokenCreated, TokenRevoked
from lion.domain.task import Principal, Role

MOST_SESSIONS: Final = 256
"""Sessions at the same time; one more takes the place of the oldest."""

KeyEvent: TypeAlias = TokenCreated | TokenRevoked | SessionOpened | SessionClosed


class Token(msgspec.Struct, frozen=True, kw_only=True):
    """A token's name, role, and until when it is good: nanoseconds since 1970, 0 for ever."""

    name: str
    role: Role
    by: str
    digest: str
    created_ns: int
    expires_ns: int = 0

    def is_good(self, now_ns: int) -> bool:
        """It has not expired."""
        return not self.expires_ns or now_ns < self.expires_ns


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """Who signed in, with which token (empty: with an address that worked once), until when."""

    who: Principal
    expires_ns: int
    token: str = ""


class Keyring(msgspec.Struct, frozen=True, kw_only=True):
    """Tokens by name, sessions by the digest of their secret, oldest first."""

    tokens: Mapping[str, Token] = {}
    sessions: Mapping[str, Session] = {}

    def changed(self, event: KeyEvent, now_ns: int) -> "Keyring":
        """What it is after a fact."""
        tokens, sessions = dict(self.tokens), dict(self.sessions)
        match event:
            case TokenCreated():
                tokens[event.name] = Token(
                    name=event.name, role=event.role, by=event.by, digest=event.digest,
                    created_ns=now_ns, expires_ns=event.expires_ns,
                )  # fmt: skip
            case TokenRevoked():
                tokens.pop(event.name, None)
                sessions = {k: one for k, one in sessions.items() if one.token != event.name}
            case SessionOpened():
                sessions = {k: one for k, one in sessions.items() if now_ns < one.expires_ns}
                sessions[event.digest] = Session(
                    who=event.who, expires_ns=event.expires_ns, token=event.token
                )
                while len(sessions) > MOST_SESSIONS:
                    del sessions[next(iter(sessions))]
            case SessionClosed():
                sessions.pop(event.digest, None)
        return Keyring(tokens=tokens, sessions=sessions)

    def of_token(self, secret: str, now_ns: int) -> Token | None:
        """The token that this is the secret of, if it is good."""
        digest = digest_of(secret)
        found = (one for one in self.tokens.values() if one.digest == digest)
        token = next(found, None)
        return token if token is not None and token.is_good(now_ns) else None

    def of_session(self, secret: str, now_ns: int) -> Principal | None:
        """Who speaks by this session's secret, if it goes on."""
        session = self.sessions.get(digest_of(secret))
        if session is None or now_ns >= session.expires_ns:
            return None
        if not session.token:
            return session.who
        token = self.tokens.get(session.token)
        return session.who if token is not None and token.is_good(now_ns) else None


def digest_of(secret: str) -> str:
    """What is written down of a secret (SHA-256, hex): it has 256 random bits, so that nobody
    finds it by trying.
    """
    return sha256(secret.encode("utf-8", "surrogateescape")).hexdigest()
