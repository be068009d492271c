"""Look here if you want to know what is particular to a capability's scopes, and how it is where a
target is a name: a tool, a key, a model, a secret.

Rule: `policy/` knows capabilities by these methods alone; table.py says which capability has
which.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

import msgspec

from lion.domain.call import Target
from lion.domain.capability import Capability
from lion.domain.plan import Grant, Holder, Model, Plan
from lion.domain.question import Question
from lion.domain.surroundings import Surroundings
from lion.scopes.pattern import Pattern, compile_pattern, includes


class RuleScope(msgspec.Struct, frozen=True, kw_only=True):
    """What a rule speaks of within its capability; None means any."""

    operation: str | None = None
    pattern: Pattern | None = None


class NamedScopes:
    """Scopes of targets that are names, matched as they are written.

    `capability` says which operations have a target, and what divides it. `through` are
    capabilities by which the host uses grants of this one on a guest's behalf.
    """

    through: tuple[str, ...] = ()
    is_own = False
    """Whether it is what a holder is made of, which nobody hands on to it."""
    is_list = True
    """Whether one grant names several targets, each for itself."""

    def __init__(self, capability: Capability) -> None:
        self.capability = capability

    def read_target(self, text: str) -> Target:
        """What a target's text means; the text itself where that is nothing."""
        return text

    def grant_pattern(self, text: str) -> Pattern:
        """What a pattern of a grant matches. Raises BadPattern."""
        return compile_pattern(text, self.capability.separator)

    def rule_pattern(self, text: str) -> Pattern:
        """What a pattern of a rule matches. Raises BadPattern."""
        return compile_pattern(text.strip(), self.capability.separator)

    def is_in_pattern(self, word: str) -> bool:
        """Whether a word that stands where a rule's operation would is of its pattern already."""
        return False

    def rule_hint(self, text: str) -> str:
        """What to write instead of a rule with this after the capability, whose first word is no
        operation; empty if that is not known.
        """
        return ""

    def rule_flaw(self, pattern: Pattern) -> str:
        """Why no call whatsoever could match a rule's pattern; empty if one could."""
        return ""

    def rule_meets(self, pattern: Pattern, plan: Plan, tools: Collection[str]) -> bool:
        """Whether a rule's pattern could match something in a plan with these tools; true also
        where that cannot be told.
        """
        return True

    def find_grant(self, grants: Sequence[Grant], question: Question) -> Grant | None:
        """The grant that gives the right to a call: the first that covers it."""
        for grant in grants:
            if self.covers(grant, question):
                return grant
        return None

    def covers(self, grant: Grant, question: Question) -> bool:
        """True if a grant of this capability gives the right to this call; quotas are counted
        elsewhere.
        """
        capability = self.capability
        if question.operation not in capability.operations:
            return False
        if question.operation not in capability.targeted:
            # A list or a method of what was granted: it reaches nothing by a name.
            return bool(grant.patterns) or not capability.is_scoped
        if not capability.is_scoped:
            return True
        patterns = (self.pattern_of(grant, text) for text in grant.patterns)
        return any(pattern.matches(question.target) for pattern in patterns)

    def pattern_of(self, grant: Grant, text: str) -> Pattern:
        """What a pattern of this grant matches. Raises BadPattern."""
        return self.grant_pattern(text)

    def speaks_of(self, scope: RuleScope, question: Question) -> bool:
        """True if a rule is about this call; on a listing, as soon as something that its pattern
        matches could be shown.
        """
        if scope.operation is not None and question.operation != scope.operation:
            return False
        if scope.pattern is None:
            return True
        if question.operation in self.capability.listings:
            return scope.pattern.may_follow(question.target)
        is_targeted = question.operation in self.capability.targeted
        return is_targeted and scope.pattern.matches(question.target)

    def includes(self, wide: str, narrow: str) -> bool:
        """True only if one pattern of a grant covers all that the other does."""
        return includes(wide, narrow, self.capability.separator)

    def attenuate(self, grant: Grant, by: Grant) -> Grant | None:
        """The first grant with the patterns that both give; None if that is nothing.

        Of two patterns the one inside the other is kept; two that only overlap give nothing, since
        no pattern says their common part.
        """
        if not self.capability.is_scoped:
            return msgspec.structs.replace(grant, patterns=grant.patterns or by.patterns)
        patterns = self._common(grant.patterns, by.patterns)
        return msgspec.structs.replace(grant, patterns=patterns) if patterns else None

    def _common(self, a: tuple[str, ...], b: tuple[str, ...]) -> tuple[str, ...]:
        kept: dict[str, None] = {}
        for one in a:
            for other in b:
                if self.includes(other, one):
                    kept[one] = None
                elif self.includes(one, other):
                    kept[other] = None
        return tuple(kept)

    def warn(
        self, holder: Holder, plan: Plan, around: Surroundings, tools: Collection[str]
    ) -> Iterator[str]:
        """What a holder's grants of this capability allow that will surprise, each in words.
        `tools` are all there are, `plugin.function`.
        """
        return iter(())

    def audience_of(
        self, grant: Grant, around: Surroundings, models: Mapping[str, Model]
    ) -> tuple[str, ...]:
        """The origins to which the host sends on a guest's behalf what a grant names."""
        return ()

    def scope_of(self, grant: Grant) -> tuple[str, ...]:
        """What a grant names, each part for itself, for people."""
        return grant.patterns

    def budgets_of(self, grant: Grant) -> dict[str, int]:
        """What a run may use of a grant, by the names that budgets go by; stores are none."""
        return {}

    def place(self) -> tuple[str, ...]:
        """Where grants of this capability stand, below a holder's table."""
        return ("allow", self.capability.name)

    def suggest(self, holder: Holder, plan: Plan, question: Question) -> Any:
        """The value at that place that would allow this call and repeats what is granted; None if
        none may be offered.
        """
        return None


def granted(holder: Holder, capability: str) -> list[Grant]:
    """A holder's grants of a capability."""
    return [grant for grant in holder.grants if grant.capability == capability]


def all_granted(plan: Plan, capability: str) -> Iterator[Grant]:
    """Grants of a capability to anybody in a plan."""
    for holder in plan.holders.values():
        yield from granted(holder, capability)


def granted_patterns(holder: Holder, capability: str) -> list[str]:
    """What they name."""
    return [pattern for grant in granted(holder, capability) for pattern in grant.patterns]
