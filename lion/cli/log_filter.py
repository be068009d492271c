"""Look here if you want to know which records `lion log` shows when it is asked for some of them.

Rule: words of one option are alternatives; several options all have to hold.
"""

from typing import Final

import msgspec

from lion.domain.events import EVENTS
from lion.domain.names import did_you_mean
from lion.errors import OperatorError
from lion.telling.calls import Entry
from lion.telling.events import WORDS, describe

_OUTCOMES: Final = frozenset({"CallFinished", "AgentPartialOutput"})
"""Types that may need the intent before them."""


class Filter(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked for; nothing is everything. `types` are names of events, `capabilities` names
    or `capability.operation`.
    """

    holders: frozenset[str] = frozenset()
    capabilities: frozenset[str] = frozenset()
    types: frozenset[str] = frozenset()
    text: str = ""
    is_denied: bool = False

    @property
    def takes_all(self) -> bool:
        return self == Filter()

    @property
    def types_alone(self) -> frozenset[str]:
        """Types whose records say all by themselves, if none but these are asked for."""
        return frozenset() if self.types & _OUTCOMES else self.types

    def takes(self, entry: Entry) -> bool:
        """Whether a record is asked for."""
        record, event = entry.record, entry.event
        if self.types and record.type not in self.types:
            return False
        if self.holders and not self.holders & {record.principal, getattr(event, "holder", "")}:
            return False
        if self.capabilities:
            capability = getattr(event, "capability", "")
            named = {capability, f"{capability}.{getattr(event, 'operation', '')}"}
            if not capability or not self.capabilities & named:
                return False
        if self.is_denied and "deny" not in (getattr(event, "verdict", ""), _verdict(entry)):
            return False
        return not self.text or self.text in _all_of_it(entry).casefold()


def _verdict(entry: Entry) -> str:
    return "deny" if getattr(entry.event, "status", "") == "denied" else ""


def _all_of_it(entry: Entry) -> str:
    """What may be looked for: what the line says, and every argument and value in full."""
    record, event = entry.record, entry.event
    return f"{record.principal} {record.type} {describe(event)} {event!r}"


def read_types(words: tuple[str, ...]) -> frozenset[str]:
    """Types by name or by the word that the log shows. Raises OperatorError."""
    found: set[str] = set()
    by_name = {name.casefold(): name for name in EVENTS}
    for word in words:
        named = {name for name, shown in WORDS.items() if shown == word}
        named |= {by_name[word.casefold()]} if word.casefold() in by_name else set()
        if not named:
            known = [*EVENTS, *WORDS.values()]
            raise OperatorError(f"there is no type {word!r}", hint=did_you_mean(word, known))
        found |= named
    return frozenset(found)
