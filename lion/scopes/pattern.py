"""Look here if you want to know what a `*` means, wherever lion takes one.

Rule: `*` stands for any characters but the separator, `**` for any characters; both may stand
for none.
Rule: the separator is `.` in tool names and `/` in keys and paths; all else stands for itself.
Rule: matching takes time in proportion to the text, whatever pattern and text say: an automaton's
states are the bits of one number, and nothing is ever tried twice.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import msgspec

LONGEST = 1_024
"""Characters of a pattern."""

Matches = Callable[[Any], bool]
"""Of a text, unless the capability has targets of its own kind."""


class BadPattern(ValueError):
    """A pattern that says nothing; the sentence tells why."""


def _anything(text: str) -> bool:
    """What may follow where nobody says it: so a rule rather applies."""
    return True


class Pattern(msgspec.Struct, frozen=True, kw_only=True):
    """A compiled pattern.

    `matches` a whole text; `may_follow` a text if that, or one that begins with it, matches;
    `may_follow_within` likewise, if what follows has no separator in it.
    """

    text: str
    separator: str
    matches: Matches
    may_follow: Matches
    may_follow_within: Matches = _anything


@lru_cache(maxsize=4_096)
def compile_pattern(text: str, separator: str) -> Pattern:
    """Compile a pattern. Raises BadPattern."""
    if not text:
        raise BadPattern("an empty pattern matches nothing")
    if len(text) > LONGEST:
        raise BadPattern(f"a pattern has at most {LONGEST} characters")
    if "***" in text:
        raise BadPattern(f"{text[:40]!r}: write * (within a segment) or ** (across segments)")
    automaton = _Automaton(text, separator)
    return Pattern(
        text=text,
        separator=separator,
        matches=_quick(text, separator) or automaton.matches,
        may_follow=automaton.may_follow,
        may_follow_within=automaton.may_follow_within,
    )


def includes(wide: str, narrow: str, separator: str) -> bool:
    """True only if `wide` matches all that `narrow` does; may be false where that is so, too."""
    return _Automaton(wide, separator).includes(narrow)


def meets(one: str, other: str, separator: str) -> bool:
    """True if some text is matched by both patterns."""
    return _Automaton(one, separator).meets(other)


def tokens(text: str) -> list[str]:
    """A pattern's parts: single characters, `*` and `**`."""
    parts: list[str] = []
    for char in text:
        if char == "*" and parts and parts[-1] == "*":
            parts[-1] = "**"
        else:
            parts.append(char)
    return parts


class _Automaton:
    """Bit i is set while the first i literal characters have been matched."""

    def __init__(self, text: str, separator: str) -> None:
        self.literals: dict[str, int] = {}
        self.within = self.across = 0
        self.separator = separator
        place = 0
        for token in tokens(text):
            if token == "*":
                self.within |= 1 << place
            elif token == "**":
                self.across |= 1 << place
            else:
                self.literals[token] = self.literals.get(token, 0) | 1 << place
                place += 1
        self.final = 1 << place

    def run(self, text: str) -> int:
        """The states after a text; 0 if no text that begins so can match."""
        states = 1
        literal, across, separator = self.literals.get, self.across, self.separator
        within = self.within | across
        for char in text:
            stay = across if char == separator else within
            states = (states & literal(char, 0)) << 1 | states & stay
            if not states:
                return 0
        return states

    def matches(self, text: str) -> bool:
        return bool(self.run(text) & self.final)

    def may_follow(self, text: str) -> bool:
        # Every state reaches the end: whatever literals are left may simply come.
        return bool(self.run(text))

    def may_follow_within(self, text: str) -> bool:
        # Any literal may come next but the separator, until nothing new is reached.
        plain = sum(bits for char, bits in self.literals.items() if char != self.separator)
        states, before = self.run(text), 0
        while states != before:
            states, before = states | (states & plain) << 1, states
        return bool(states & self.final)

    def includes(self, narrow: str) -> bool:
        """Run over the other pattern's tokens; only a star can take what its stars stand for."""
        states = 1
        for token in tokens(narrow):
            stay = self.across
            if token not in ("**", self.separator):
                stay |= self.within
            step = 0 if token in ("*", "**") else self.literals.get(token, 0)
            states = (states & step) << 1 | states & stay
        return bool(states & self.final)

    def meets(self, other: str) -> bool:
        """Run over the other pattern's tokens; its stars take whatever this one could."""
        states = 1
        within = self.within | self.across
        every = sum(self.literals.values())
        plain = every & ~self.literals.get(self.separator, 0)
        for token in tokens(other):
            if token in ("*", "**"):
                states = _reached(states, every if token == "**" else plain)
            else:
                stay = self.across if token == self.separator else within
                states = (states & self.literals.get(token, 0)) << 1 | states & stay
        return bool(states & self.final)


def _reached(states: int, literals: int) -> int:
    """The states after any number of these literals."""
    before = 0
    while states != before:
        states, before = states | (states & literals) << 1, states
    return states


def _quick(text: str, separator: str) -> Matches | None:
    """A matcher without an automaton for the patterns people write; None for the others."""
    body = text.strip("*")
    if "*" in body:
        return None
    size = len(body)
    before, _, after = text.partition(body) if body else ("", "", text)
    match before, after:
        case "", "":
            return body.__eq__
        case "", "**":
            return lambda t: t.startswith(body)
        case "**", "":
            return lambda t: t.endswith(body)
        case "", "*":
            return lambda t: t.startswith(body) and separator not in t[size:]
        case "*", "":
            return lambda t: t.endswith(body) and separator not in t[: len(t) - size]
        case _:
            return None
