"""Look here if you want to know how long an argument of a host function may be.

Rule: a bound that the WIT states is checked here, before any work, and its refusal is an `invalid`
that says what was too long, how long it may be and how long it was.
"""

from lion.domain.call import BULK, CallError
from lion.values.bounded_json import json_flaw


def utf8_size(text: str) -> int:
    """The length of a text in bytes of UTF-8; free for ASCII, which most of it is."""
    return len(text) if text.isascii() else len(text.encode())


def check_size(what: str, text: str, *, most: int = BULK, least: int = 0) -> None:
    """Check the length of a text in bytes. Raises CallError("invalid")."""
    size = utf8_size(text)
    if not least <= size <= most:
        bound = f"{least:,} to {most:,}" if least else f"at most {most:,}"
        raise CallError("invalid", f"{what} has {bound} bytes, this one has {size:,}")


def check_range(what: str, value: int, *, least: int, most: int) -> None:
    """Check a number. Raises CallError("invalid")."""
    if not least <= value <= most:
        raise CallError("invalid", f"{what} is {least:,} to {most:,}, not {value:,}")


def check_json(what: str, text: str) -> None:
    """Check that a text is JSON of at most 64 KiB, nested at most 64 deep. Raises
    CallError("invalid").
    """
    check_size(what, text)
    if flaw := json_flaw(text):
        raise CallError("invalid", f"{what} {flaw}")
