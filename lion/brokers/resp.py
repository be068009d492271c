"""Look here if you want to know how an answer of Redis is read (RESP, version 2).

Rule: whoever answers is not trusted: bytes, lines, elements and depth of an answer are bounded
before they cost anything, and what is no answer ends the connection.
Rule: a text longer than any that is wanted is passed over, a piece at a time: what somebody
left there does not keep the rest from being read.
Rule: this is ours, not a library's, since those that there are make room for as many elements as
an answer announces: `*2000000000` cost hiredis 16 GB of addresses and six seconds of the loop.
"""

from collections.abc import Awaitable, Callable
from typing import Final, TypeAlias

import msgspec

from lion.brokers.errors import BrokerError

MOST_BYTES: Final = 4 * 1024 * 1024
"""Of one answer, what is passed over not counted."""
LONGEST: Final = 512 * 1024
"""Of one text that is read."""
LONGEST_PASSED: Final = 512 * 1024 * 1024
"""Of one that is passed over, as long as Redis has them."""
MOST_LINE: Final = 1_024
MOST_ELEMENTS: Final = 4_096
"""Of all arrays of one answer."""
MOST_DEPTH: Final = 8
PIECE: Final = 64 * 1024
_INTEGER: Final = 20
"""Characters of one."""


class Refusal(msgspec.Struct, frozen=True):
    """An answer that is an error; of its words only the first counts, if it is a code."""

    code: str


Answer: TypeAlias = "bytes | int | Refusal | list[Answer] | None"
Receive = Callable[[int], Awaitable[bytes | bytearray]]


def encode_command(*parts: str | bytes | int) -> bytes:
    """A command with its arguments."""
    out = [b"*%d\r\n" % len(parts)]
    for part in parts:
        data = part if isinstance(part, bytes) else str(part).encode()
        out.append(b"$%d\r\n%b\r\n" % (len(data), data))
    return b"".join(out)


class AnswerReader:
    """Reads answers, one after the other."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._data = bytearray()
        self._left = 0
        self._elements = 0

    async def read(self) -> Answer:
        """The next answer. Raises BrokerError."""
        self._left, self._elements = MOST_BYTES, MOST_ELEMENTS
        return await self._value(0)

    @property
    def is_clean(self) -> bool:
        """Nothing came that nobody asked for."""
        return not self._data

    async def _value(self, depth: int) -> Answer:
        line = await self._line()
        kind, rest = line[:1], line[1:]
        match kind:
            case b"+":
                return rest
            case b"-":
                return Refusal(_code(rest))
            case b":":
                return _number(rest)
            case b"$":
                return await self._bulk(_number(rest))
            case b"*":
                return await self._array(_number(rest), depth + 1)
        raise BrokerError("it does not speak the protocol of Redis")

    async def _bulk(self, size: int) -> bytes | None:
        if size == -1:
            return None
        if LONGEST < size <= LONGEST_PASSED:
            await self._pass(size)
            return None
        if not 0 <= size <= self._left:
            raise BrokerError(f"it answered with more than {MOST_BYTES:,} bytes")
        while len(self._data) < size + 2:
            await self._more()
        data = self._take(size + 2)
        if data[size:] != b"\r\n":
            raise BrokerError("it does not speak the protocol of Redis")
        return data[:size]

    async def _pass(self, size: int) -> None:
        """Read so many bytes, and keep none."""
        while len(self._data) < size:
            size -= len(self._data)
            self._data.clear()
            await self._more()
        del self._data[:size]
        if await self._line():
            raise BrokerError("it does not speak the protocol of Redis")

    async def _array(self, count: int, depth: int) -> "list[Answer] | None":
        if count == -1:
            return None
        self._elements -= max(count, 0)
        if count < 0 or self._elements < 0:
            raise BrokerError(f"it answered with more than {MOST_ELEMENTS:,} elements")
        if depth > MOST_DEPTH:
            raise BrokerError(f"it answered with arrays nested more than {MOST_DEPTH} deep")
        return [await self._value(depth) for _ in range(count)]

    async def _line(self) -> bytes:
        while (end := self._data.find(b"\r\n", 0, MOST_LINE + 2)) < 0:
            if len(self._data) > MOST_LINE:
                raise BrokerError(f"it answered with a line of more than {MOST_LINE:,} bytes")
            await self._more()
        return self._take(end + 2)[:-2]

    def _take(self, size: int) -> bytes:
        self._left -= size
        if self._left < 0:
            raise BrokerError(f"it answered with more than {MOST_BYTES:,} bytes")
        data = bytes(self._data[:size])
        del self._data[:size]
        return data

    async def _more(self) -> None:
        data = await self._receive(PIECE)
        if not data:
            raise BrokerError("the connection broke")
        self._data += data


def _number(text: bytes) -> int:
    digits = text[1:] if text[:1] == b"-" else text
    if not digits.isdigit() or len(text) > _INTEGER:
        raise BrokerError("it answered with what should be a number and is none")
    return int(text)


def _code(text: bytes) -> str:
    """The first word of an error, if it can be a code: the rest may be anything."""
    word = text.split(b" ", 1)[0]
    return word.decode() if word.isalpha() and word.isupper() and len(word) <= 24 else "ERR"
