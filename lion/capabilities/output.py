"""Look here if you want to know what a guest may show while it works.

Rule: nothing but the check: the record of the call is the output, and people see it once it is
committed.
Rule: the `output` budget counts the text that is shown, in bytes of UTF-8 (kernel/budgets.py
enforces it).
"""

from typing import Any

from lion.capabilities.bounds import check_json, check_size, utf8_size
from lion.domain.events import CallFinished
from lion.ports import OUTPUT_EVENT, CallContext, Kind, Operation


def text(caller: CallContext, piece: str) -> None:
    """Accept a piece of at most 64 KiB. Raises CallError("invalid")."""
    check_size("a piece of output", piece)


def recall_text(caller: CallContext, args: list[Any], call: CallFinished) -> None:
    """A piece that was shown before the run was resumed."""
    if caller.heard_before is not None and call.value[0] == "ok":
        caller.heard_before(args[0])


def partial(caller: CallContext, json: str) -> None:
    """Accept JSON of at most 64 KiB, nested at most 64 deep. Raises CallError("invalid")."""
    check_json("a partial output", json)


def progress(caller: CallContext, done: int, total: int | None, message: str) -> None:
    """Accept a step of work with a message of at most 64 KiB. Raises CallError("invalid")."""
    check_size("a message of progress", message)


def _first_bytes(args: list[Any]) -> int:
    return utf8_size(args[0])


def _message_bytes(args: list[Any]) -> int:
    return utf8_size(args[2])


OPERATIONS = tuple(
    Operation(
        "output",
        name,
        Kind.INSTANT,
        run,
        event=OUTPUT_EVENT,
        output_bytes=output_bytes,
        recall=recall_text if name == "text" else None,
    )
    for name, run, output_bytes in (
        ("text", text, _first_bytes),
        ("partial", partial, _first_bytes),
        ("progress", progress, _message_bytes),
    )
)
