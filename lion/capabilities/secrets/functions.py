"""Look here if you want to know what a guest learns of secrets: whether one is there.

Rule: a value that a guest has all the same (from a file, from its author) does not leave with it:
what it sends, to servers and to models, is scanned before anything is recorded or injected; JSON's
escapes are read first.
"""

import re
from typing import TYPE_CHECKING

from lion.capabilities.opened import opened
from lion.domain.call import CallError
from lion.ports import CallContext, Kind, Operation
from lion.values.packed import unpack

if TYPE_CHECKING:
    from lion.capabilities.secrets.vault import Vault

LONGEST_TAIL = 16 * 1024
"""Bytes of a stream that are scanned again with the next piece."""


_ESCAPE = re.compile(rb'\\(?:u00([0-7][0-9A-Fa-f])|(["\\/]))')


def exists(caller: CallContext, name: str) -> bool:
    """True if the operator has bound this name to a value."""
    vault = opened(caller).vault
    return vault is not None and vault.has(name)


def scan(
    caller: CallContext, *texts: str, packed: str | None = None, before: bytes = b""
) -> bytes:
    """Look for values in what a guest sends; the end of the packed bytes, for the next piece.

    Raises CallError("denied") if one is there.
    """
    vault = opened(caller).vault
    if vault is None or vault.scrubber is None:
        return b""
    try:
        body = before + (b"" if packed is None else unpack(packed))
    except CallError:
        body = b"" if packed is None else packed.encode()
    if any(_is_in(vault, sent) for sent in (body, *(text.encode() for text in texts))):
        raise CallError("denied", "the value of a secret is in it, which only the host sends")
    return body[-LONGEST_TAIL:]


def _is_in(vault: "Vault", sent: bytes) -> bool:
    return vault.finds(sent) or (b"\\" in sent and vault.finds(_ESCAPE.sub(_escaped, sent)))


def _escaped(found: re.Match[bytes]) -> bytes:
    """What an escape of JSON stands for, as far as it can be of a value: ASCII."""
    return chr(int(found[1], 16)).encode() if found[1] else found[2]


def _name(args: list[str]) -> str:
    return args[0]


OPERATIONS = (Operation("secrets", "exists", Kind.INSTANT, exists, target=_name),)
