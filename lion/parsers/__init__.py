"""Look here if you want to know how what a model writes is read while it writes: JSON, JSON lines,
XML, function calls, CSV, lines, Markdown, text.

    parser = open_parser("json", schema=schema, records="findings")
    for piece in stream:
        for event in parser.feed(piece):   # Record, Prose, Text, Fault
            ...
    match parser.finish():
        case Parsed(value, repaired): ...
        case Fault(kind, what): ...

Rule: no input, no output, no clock: text in, events and a value out.
Rule: any way to cut a text gives the same events and the same end.
"""

from lion.parsers.asking import Again, Asking
from lion.parsers.build import open_parser
from lion.parsers.events import (
    Event,
    Fault,
    FaultKind,
    Parsed,
    Partial,
    Prose,
    Record,
    Text,
    join_text,
)
from lion.parsers.parser import Bounds, Parser

__all__ = [
    "Again",
    "Asking",
    "Bounds",
    "Event",
    "Fault",
    "FaultKind",
    "Parsed",
    "Parser",
    "Partial",
    "Prose",
    "Record",
    "Text",
    "join_text",
    "open_parser",
]
