"""Look here if you want to know what is said of a key of lion's files, for editors and pages."""

from typing import Final, NamedTuple


class Key(NamedTuple):
    """How a key is written, what holds without it ("needed": it must be there), what it means."""

    form: str
    default: str
    text: str


NEEDED: Final = "needed"
NONE: Final = "none"
ABSENT: Final = "-"
