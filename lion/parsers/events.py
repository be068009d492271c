"""Look here if you want to know what a parser tells, while it reads and in the end.

Rule: what is told while reading depends on the text alone, never on where its pieces were cut.
Rule: a value that is not whole has a type of its own, and no parser's end is of it.
"""

from typing import Any, Literal

import msgspec

FaultKind = Literal[
    "syntax", "incomplete", "missing", "encoding", "schema", "size", "record", "records", "depth"
]


class Record(msgspec.Struct, frozen=True):
    """A part that is whole, told as soon as it is: an element, a row, a call, a line, a block.

    `value` is as JSON has it; `number` counts from 1.
    """

    value: Any
    number: int


class Prose(msgspec.Struct, frozen=True):
    """What was said before or after what is parsed: words around it, without a code fence."""

    text: str


class Text(msgspec.Struct, frozen=True):
    """A piece of plain text, as it comes; two in a row are one (see join_text)."""

    text: str


class Fault(msgspec.Struct, frozen=True):
    """Why there is no value. The last event, and then the end.

    `kind` is what went wrong: the text is not of its format (`syntax`), breaks off
    (`incomplete`), has nothing of it (`missing`), is no UTF-8 (`encoding`), does not follow the
    schema (`schema`), or overruns a limit (`size`, `record`, `records`, `depth`). `what` is a
    sentence for people and models.
    """

    kind: FaultKind
    what: str


class Partial(msgspec.Struct, frozen=True):
    """A value as far as it has come: to be shown, never to be acted on."""

    value: Any


class Parsed(msgspec.Struct, frozen=True):
    """The whole value, by the schema if there is one.

    `repaired`: the text was not of its format, and this is what it most likely meant.
    """

    value: Any
    repaired: bool = False


Event = Record | Prose | Text | Fault


def join_text(events: list[Event]) -> list[Event]:
    """The same with pieces of text that follow each other as one."""
    joined: list[Event] = []
    for event in events:
        last = joined[-1] if joined else None
        if isinstance(event, Text) and isinstance(last, Text):
            joined[-1] = Text(last.text + event.text)
        else:
            joined.append(event)
    return joined
