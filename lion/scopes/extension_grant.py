"""Look here if you want to know how a grant of an extension is written: the interface of a system
plugin's own.

    allow.interfaces."acme:shelf/books" = ["fiction/**"]      # or true, for all of it

Rule: without patterns it is all of the extension. With them, a call whose target they do not
match is not covered; a call without a target reaches nothing by a name and is.
"""

import json
from collections.abc import Sequence
from typing import Any, Final

import msgspec

from lion.domain.plan import Grant, Holder, Plan
from lion.domain.question import Question
from lion.scopes.named import NamedScopes, RuleScope, granted_patterns

LONGEST: Final = 1_024
"""Characters of a pattern."""


class ExtensionScopes(NamedScopes):
    """An extension goes by its name until its system plugin is there and says which functions it
    has.
    """

    def covers(self, grant: Grant, question: Question) -> bool:
        """Without patterns it is all of the extension; a call without a target reaches nothing by
        a name (one that should have a target never gets here without).
        """
        if not grant.patterns or not question.target:
            return True
        return any(self.grant_pattern(text).matches(question.target) for text in grant.patterns)

    def speaks_of(self, scope: RuleScope, question: Question) -> bool:
        """True if a rule is about this call."""
        if scope.operation is not None and question.operation != scope.operation:
            return False
        if scope.pattern is None:
            return True
        return bool(question.target) and scope.pattern.matches(question.target)

    def attenuate(self, grant: Grant, by: Grant) -> Grant | None:
        """A grant without patterns is one of all of it, so what the other says is the scope."""
        if grant.patterns and by.patterns:
            patterns = self._common(grant.patterns, by.patterns)
            return msgspec.structs.replace(grant, patterns=patterns) if patterns else None
        return msgspec.structs.replace(grant, patterns=grant.patterns or by.patterns)

    def place(self) -> tuple[str, ...]:
        """Extensions stand together, by their names."""
        return ("allow", "interfaces", self.capability.name)

    def suggest(self, holder: Holder, plan: Plan, question: Question) -> Any:
        """All of what has no targets; else this target, if it has one that can be written."""
        if not self.capability.is_scoped:
            return True
        if not is_suggestible(str(question.target)):
            return None
        return [*granted_patterns(holder, self.capability.name), str(question.target)]


def check_scope(value: object) -> object:
    """True, or patterns. Raises ValueError."""
    if value is True:
        return value
    if not isinstance(value, list) or not value:
        raise ValueError('write true for all of it, or a list of what it is for, ["fiction/**"]')
    for text in value:
        if not isinstance(text, str) or not 0 < len(text) <= LONGEST or not text.isprintable():
            raise ValueError(f"{text!r:.80} is no pattern; write text, such as 'fiction/**'")
        if "***" in text:
            raise ValueError(f"{text!r:.80}: write * (within a segment) or ** (across segments)")
    return value


def build_extension_grant(where: str, name: str, scope: bool | list[str]) -> Grant:
    """A grant of the extension `name`; `where` is the table it stands in."""
    patterns = () if isinstance(scope, bool) else tuple(dict.fromkeys(scope))
    return Grant(name, extension_line(where, name, patterns), patterns=patterns)


def extension_line(where: str, name: str, patterns: Sequence[str]) -> str:
    """How a grant is written: `plugins.ann.allow.interfaces."acme:shelf/books" = ["a/**"]`."""
    # Of printable text JSON's strings are TOML's.
    written = ", ".join(json.dumps(text, ensure_ascii=False) for text in patterns)
    return f'{where}.interfaces."{name}" = {f"[{written}]" if patterns else "true"}'


def is_suggestible(target: str) -> bool:
    """Whether a pattern can name exactly this: a star would be read as one."""
    return 0 < len(target) <= LONGEST and target.isprintable() and "*" not in target
