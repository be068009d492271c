"""Look here if you want to know where a guest's randomness comes from: the operating system."""

import os

from lion.capabilities.bounds import check_range
from lion.ports import CallContext, Kind, Operation

MOST_BYTES = 4_096


def number(caller: CallContext) -> int:
    """64 random bits."""
    return int.from_bytes(os.urandom(8), "little")


def random_bytes(caller: CallContext, length: int) -> bytes:
    """`length` random bytes, at most 4,096. Raises CallError("invalid")."""
    check_range("the number of random bytes", length, least=0, most=MOST_BYTES)
    return os.urandom(length)


OPERATIONS = (
    Operation("random", "number", Kind.INSTANT, number),
    Operation("random", "bytes", Kind.INSTANT, random_bytes),
)
