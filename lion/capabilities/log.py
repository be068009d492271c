"""Look here if you want to know what happens when a guest logs a line.

Rule: nothing but the check: the broker's record of the call is the line, and readers of the log
show it.
Rule: lines take of the `output` budget, or a guest could fill the disk with what nobody asked for.
"""

from typing import Any

from lion.capabilities.bounds import check_size, utf8_size
from lion.ports import CallContext, Kind, Operation


def write(caller: CallContext, level: str, message: str) -> None:
    """Accept one line of at most 64 KiB. Raises CallError("invalid")."""
    check_size("a line", message)


def _line_bytes(args: list[Any]) -> int:
    return utf8_size(args[1])


OPERATIONS = (Operation("log", "write", Kind.INSTANT, write, output_bytes=_line_bytes),)
