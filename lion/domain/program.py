"""Look here if you want to know what stands in the log for the code of an agent of others: how
lion speaks with its program, and what was started.

Rule: what the program itself is, only the machine that it ran on knows; its words are on record.
"""

from typing import Final

import msgspec

from lion.domain.plan import ADAPTERS, Holder

FORMAT: Final = 1
_MARK: Final = b'{"lion-program":'


class ProgramCode(msgspec.Struct, frozen=True, rename={"format": "lion-program"}):
    """The protocol by which it is spoken with, and its command; variables by their names alone."""

    format: int
    adapter: str
    command: tuple[str, ...]
    env: tuple[str, ...]


def encode_program(holder: Holder) -> bytes:
    """The same for the same holder, wherever it is."""
    program = holder.program
    names = tuple(sorted(program.env))
    return msgspec.json.encode(ProgramCode(FORMAT, holder.adapter, program.args, names))


def is_program(data: bytes) -> bool:
    """Whether bytes stand for a program, and are no component's."""
    return data.startswith(_MARK)


def decode_program(data: bytes) -> ProgramCode:
    """What is known of it. Raises ValueError for what a lion of another time wrote."""
    code = msgspec.json.decode(data, type=ProgramCode)
    if code.format != FORMAT or code.adapter not in ADAPTERS:
        raise ValueError(f"it is spoken with by {code.adapter!r}, format {code.format}")
    return code
