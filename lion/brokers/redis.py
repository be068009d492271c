"""Look here if you want to know what is asked of a Redis: each service has one stream, which the
others write to, and reads it as a consumer of its own.

Rule: every command has a deadline, and its answer the form that was asked for; anything else ends
the connection.
Rule: a stream is bounded, by number, whoever reads it or does not.
"""

import ssl
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Final

import msgspec
import trio

from lion.brokers.errors import BrokerError
from lion.brokers.resp import Answer, AnswerReader, Refusal, encode_command
from lion.brokers.sealed import LARGEST
from lion.domain.bus_terms import RedisPlace
from lion.domain.hidden import Hidden

GROUP: Final = "lion"
AT_ONCE: Final = 8
"""Letters that are read at once, so that the answer is not too long."""
WAIT_SECONDS: Final = 5.0
"""For which a read waits for something to come."""
PATIENCE_SECONDS: Final = 10.0
"""For which an answer is waited for."""
SEEN: Final = "0"
"""Reads what was given to this service before and not acknowledged."""
NEW: Final = ">"
_FIELD: Final = b"letter"


class Login(msgspec.Struct, frozen=True, kw_only=True):
    """Which Redis, and how to be let in."""

    place: RedisPlace
    user: str = ""
    password: Hidden | None = None
    patience: float = PATIENCE_SECONDS


class Entry(msgspec.Struct, frozen=True):
    """Something in a stream: its id there, and a letter (None: it is something else, or gone)."""

    id: bytes
    data: bytes | None


class Link:
    """One connection. Made by open_link; commands are given one after the other."""

    def __init__(self, stream: trio.abc.Stream, patience: float) -> None:
        self._stream = stream
        self._patience = patience
        self._answers = AnswerReader(stream.receive_some)

    async def greet(self, login: Login) -> None:
        """Be let in. Raises BrokerError."""
        if login.password is not None:
            user = (login.user,) if login.user else ()
            await self._ask(("AUTH", *user, login.password.reveal()))
        if login.place.database:
            await self._ask(("SELECT", login.place.database))

    async def join(self, service: str) -> None:
        """Have a stream to read from. Raises BrokerError."""
        try:
            await self._ask(("XGROUP", "CREATE", _stream(service), GROUP, "0", "MKSTREAM"))
        except BrokerError as exc:
            if exc.code != "BUSYGROUP":
                raise

    async def write(self, letters: Sequence[tuple[str, bytes]], most: int) -> None:
        """Add sealed letters to the streams of services, which keep about `most` of the last.
        Returns when the broker has them. Raises BrokerError.
        """
        add = [
            ("XADD", _stream(service), "MAXLEN", "~", most, "*", _FIELD, data)
            for service, data in letters
        ]
        for answer in await self._ask(*add):
            if not isinstance(answer, bytes) or not _is_id(answer):
                raise BrokerError("it did not say where it put a letter")

    async def read(self, service: str, since: str) -> list[Entry]:
        """What is in a service's own stream; if that is nothing NEW, after a wait none.

        Raises BrokerError.
        """
        block = ("BLOCK", round(WAIT_SECONDS * 1000)) if since == NEW else ()
        words = ("XREADGROUP", "GROUP", GROUP, service, "COUNT", AT_ONCE, *block)
        more = WAIT_SECONDS if block else 0.0
        (answer,) = await self._ask((*words, "STREAMS", _stream(service), since), more=more)
        return _entries(answer, _stream(service).encode())

    async def acknowledge(self, service: str, entries: Sequence[Entry]) -> None:
        """Have no more to do with them. Raises BrokerError."""
        ids = [entry.id for entry in entries]
        name = _stream(service)
        for answer in await self._ask(("XACK", name, GROUP, *ids), ("XDEL", name, *ids)):
            if not isinstance(answer, int):
                raise BrokerError("it did not say how many it let go")

    async def _ask(
        self, *commands: tuple[str | bytes | int, ...], more: float = 0.0
    ) -> list[Answer]:
        with trio.move_on_after(self._patience + more):
            try:
                await self._stream.send_all(b"".join(encode_command(*one) for one in commands))
                answers = [await self._answers.read() for _ in commands]
            except (trio.BrokenResourceError, trio.ClosedResourceError, ssl.SSLError):
                raise BrokerError("the connection broke") from None
            if not self._answers.is_clean:
                raise BrokerError("it said what nobody asked for")
            for answer in answers:
                if isinstance(answer, Refusal):
                    raise BrokerError(f"it refused: {answer.code}", answer.code)
            return answers
        raise BrokerError("it was too slow")


@asynccontextmanager
async def open_link(login: Login) -> AsyncIterator[Link]:
    """A connection that was let in. Raises BrokerError."""
    stream = await _connected(login)
    try:
        link = Link(stream, login.patience)
        await link.greet(login)
        yield link
    finally:
        with trio.CancelScope(shield=True):
            await trio.aclose_forcefully(stream)


async def _connected(login: Login) -> trio.abc.Stream:
    place = login.place
    with trio.move_on_after(login.patience):
        try:
            plain = await trio.open_tcp_stream(place.host, place.port)
        except OSError:
            raise BrokerError("nobody answers there") from None
        if not place.is_tls:
            return plain
        stream = trio.SSLStream(plain, ssl.create_default_context(), server_hostname=place.host)
        try:
            await stream.do_handshake()
        except (trio.BrokenResourceError, ssl.SSLError):
            await trio.aclose_forcefully(plain)
            raise BrokerError("it has no certificate that is trusted here") from None
        except BaseException:
            await trio.aclose_forcefully(plain)
            raise
        return stream
    raise BrokerError("it was too slow")


def _stream(service: str) -> str:
    return f"lion:bus:{service}"


def _entries(answer: Answer, name: bytes) -> list[Entry]:
    """What an answer to XREADGROUP has. Raises BrokerError."""
    if answer is None:
        return []
    match answer:
        case [[found, [*entries]]] if found == name and len(entries) <= AT_ONCE:
            return [_entry(one) for one in entries]
    raise BrokerError("it answered something else than was asked for")


def _entry(answer: Answer) -> Entry:
    match answer:
        case [bytes() as id, [bytes() as field, bytes() as data]] if _is_id(id):
            return Entry(id, data if field == _FIELD and len(data) <= LARGEST else None)
        case [bytes() as id, None | [*_]] if _is_id(id):  # none, several, or one too long
            return Entry(id, None)
    raise BrokerError("it answered something else than was asked for")


def _is_id(text: bytes) -> bool:
    first, dash, second = text.partition(b"-")
    return len(text) <= 41 and dash == b"-" and first.isdigit() and second.isdigit()
