"""Look here if you want to know how a text that is almost JSON is mended, and what bounds that.

Rule: it is done once, in the end, and what comes of it is marked; a text that mends to no list and
no object is not mended.
Rule: mending takes so many looks at the text and no more: the library looks ahead again and again,
and some texts take it minutes.
"""

from collections.abc import Iterator
from typing import Any, Final, SupportsIndex

from lion.parsers.parser import Stop

MOST_LOOKS: Final = 400_000
"""About two seconds."""
MOST_TEXT: Final = 64 * 1024


def repair_json(text: str, fault: Stop) -> Any:
    """What the text most likely means. Raises Stop: `fault`, if nothing comes of it."""
    from json_repair.json_parser import JSONParser

    if len(text) > MOST_TEXT:
        raise Stop(fault.kind, f"{fault.what}; it is too long to be mended")
    parser = JSONParser(Counted(text, Looks()), None, logging=False)
    try:
        value = parser.parse()
    except (ValueError, RecursionError, LookupError, TypeError):
        raise fault from None
    if not isinstance(value, list | dict) or not value:
        raise fault
    return _plain(value, 0, fault)


def _plain(value: Any, depth: int, fault: Stop) -> Any:
    """The value as JSON has it: its texts as plain ones. Raises Stop for what JSON has not."""
    if depth > 128:
        raise fault
    match value:
        case str():
            return "".join(value)
        case dict():
            return {_key(key, fault): _plain(one, depth + 1, fault) for key, one in value.items()}
        case list() | tuple():
            return [_plain(one, depth + 1, fault) for one in value]
        case None | bool() | int():
            return value
        case float() if value - value == 0:
            return value
        case _:
            raise fault


def _key(key: Any, fault: Stop) -> str:
    if not isinstance(key, str):
        raise fault
    return "".join(key)


class Looks:
    """How often the text was looked at."""

    def __init__(self) -> None:
        self._left = MOST_LOOKS

    def spend(self, looks: int) -> None:
        """Raises Stop."""
        self._left -= looks
        if self._left < 0:
            raise Stop("syntax", "it is no JSON, and takes too long to be mended")


class Counted(str):
    """A text that counts what of it is looked at, as do its parts that are cut out or joined."""

    _looks: Looks

    def __new__(cls, text: str, looks: Looks) -> "Counted":
        made = super().__new__(cls, text)
        made._looks = looks
        return made

    def __getitem__(self, key: SupportsIndex | slice) -> str:
        found = super().__getitem__(key)
        self._looks.spend(1 + len(found) // 16)
        return Counted(found, self._looks) if isinstance(key, slice) else found

    def __iter__(self) -> Iterator[str]:
        self._looks.spend(len(self))
        return super().__iter__()

    def __add__(self, other: str) -> "Counted":
        return Counted(super().__add__(other), self._looks)

    def __radd__(self, other: str) -> "Counted":
        return Counted(other + "".join(self), self._looks)
