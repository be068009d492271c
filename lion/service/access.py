"""Look here if you want to know how tokens are made and taken back, and how somebody signs in.

Rule: a secret is told once, to who made it.
Rule: an address to sign in by works once, and for minutes.
"""

import re
import secrets
from typing import Final

import trio

from lion.domain.events import SessionClosed, SessionOpened, TokenCreated, TokenRevoked
from lion.domain.names import did_you_mean
from lion.domain.task import Principal, Role
from lion.errors import OperatorError
from lion.service.chain import Chain
from lion.service.failures import Failures
from lion.service.keyring import Token, digest_of
from lion.service.roles import check_allowed

MOST_TOKENS: Final = 1_000
SESSION_NS: Final = 7 * 24 * 3_600 * 10**9
ONCE_NS: Final = 15 * 60 * 10**9
"""How long an address to sign in by works."""
MOST_ONCE: Final = 16
TOKEN: Final = "lion_"
"""How a token begins, for who looks for secrets that leaked."""
_BYTES: Final = 32
NAME: Final = r"^[A-Za-z0-9][A-Za-z0-9._@-]{0,63}$"
"""How the name of a token is written."""


class Access:
    """The commands about tokens and sessions of a service."""

    def __init__(self, chain: Chain) -> None:
        self._chain = chain
        self._failures = Failures()
        self._once: dict[str, tuple[Principal, int]] = {}

    async def create(self, by: Principal, name: str, role: Role, lasts_ns: int = 0) -> str:
        """Make a token that is good for `lasts_ns` (0: until it is revoked); its secret. Raises
        OperatorError.
        """
        check_allowed(by, "token create")
        ring, now = self._chain.state.keyring, self._chain.now_ns
        if not re.fullmatch(NAME, name):
            raise OperatorError(
                f"{name!r:.80} is no name for a token",
                hint="use up to 64 letters, digits and . _ @ -", status=400,
            )  # fmt: skip
        if name in ring.tokens and ring.tokens[name].is_good(now):
            raise OperatorError(
                f"there is a token {name!r} already",
                hint=f"revoke it first: lion token revoke {name}", status=409,
            )  # fmt: skip
        if len(ring.tokens) >= MOST_TOKENS:
            raise OperatorError(
                f"there are {MOST_TOKENS:,} tokens already", hint="revoke some", status=409
            )
        secret = TOKEN + secrets.token_urlsafe(_BYTES)
        expires = now + lasts_ns if lasts_ns else 0
        if name in ring.tokens:  # it has expired, and so have the sessions it began
            self._chain.tell(TokenRevoked(by.word, name))
        self._chain.tell(TokenCreated(by.word, name, role, digest_of(secret), expires))
        await self._chain.commit()
        return secret

    def tokens(self, by: Principal) -> list[Token]:
        """All that there are. Raises OperatorError."""
        check_allowed(by, "token list")
        return list(self._chain.state.keyring.tokens.values())

    async def revoke(self, by: Principal, name: str) -> Token:
        """Let a token, and the sessions it began, be worth nothing. Raises OperatorError."""
        check_allowed(by, "token revoke")
        found = self._chain.state.keyring.tokens.get(name)
        if found is None:
            known = list(self._chain.state.keyring.tokens)
            hint = did_you_mean(name, known) if known else "make one: lion token create"
            raise OperatorError(f"there is no token {name!r:.80}", hint=hint, status=404)
        self._chain.tell(TokenRevoked(by.word, name))
        await self._chain.commit()
        return found

    def open_once(self, by: Principal) -> str:
        """A secret with which somebody signs in once as who asks for it. Raises OperatorError."""
        check_allowed(by, "token url")
        while len(self._once) >= MOST_ONCE:
            del self._once[next(iter(self._once))]
        secret = secrets.token_urlsafe(_BYTES)
        self._once[digest_of(secret)] = by, self._chain.now_ns + ONCE_NS
        return secret

    async def sign_in(self, secret: str) -> str | None:
        """Open a session with a token, or with what `open_once` gave; its own secret. None for
        what is neither, any more.
        """
        now = self._chain.now_ns
        who, until = self._once.pop(digest_of(secret), (None, 0))
        token = ""
        if who is None:
            found = self._chain.state.keyring.of_token(secret, now)
            if found is None:
                return None
            who, token, until = _speaker(found), found.name, found.expires_ns
        elif now >= until:
            return None
        ends = min(now + SESSION_NS, until) if token and until else now + SESSION_NS
        session = secrets.token_urlsafe(_BYTES)
        self._chain.tell(SessionOpened(who.word, digest_of(session), who, ends, token))
        await self._chain.commit()
        return session

    async def sign_out(self, by: Principal, session: str) -> None:
        """End a session."""
        digest = digest_of(session)
        if digest in self._chain.state.keyring.sessions:
            self._chain.tell(SessionClosed(by.word, digest))
            await self._chain.commit()

    async def slow_down(self, peer: str) -> None:
        """Let somebody wait who gave a wrong secret; each time longer."""
        await trio.sleep(self._failures.note(peer))

    def of_token(self, secret: str) -> Principal | None:
        """Who speaks by a token; None: it is none, or not any more."""
        found = self._chain.state.keyring.of_token(secret, self._chain.now_ns)
        return None if found is None else _speaker(found)

    def of_session(self, secret: str) -> Principal | None:
        """Who speaks by a session's secret; None: nobody."""
        return self._chain.state.keyring.of_session(secret, self._chain.now_ns)


def _speaker(token: Token) -> Principal:
    return Principal("token", token.name, token.role)
