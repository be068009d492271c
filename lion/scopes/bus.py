"""Look here if you want to know what is particular to scopes of messages: topics one may publish
on, patterns one may subscribe to, and holders one may write to.

Rule: a subscription is covered by a grant that includes all it could hear, and met by a rule that
speaks of anything it could hear.
Rule: whoever may write to all of its run (`*`) may not write to anybody outside: that takes a
pattern that begins with `@`.
"""

from collections.abc import Collection, Iterator, Sequence
from typing import Any, Final

import msgspec

from lion.domain.names import OUTSIDE, is_address_scope, is_model_scope, is_topic_scope
from lion.domain.plan import Grant, Holder, Plan
from lion.domain.question import Question
from lion.domain.surroundings import Surroundings
from lion.scopes.named import NamedScopes, RuleScope, granted
from lion.scopes.pattern import BadPattern, Pattern, compile_pattern, includes, meets

WAYS: Final = {"publish": "publish", "subscribe": "receive", "send": "write"}
"""By operation what a grant calls it; a pattern of a grant is `publish notes.*`."""
_DOT: Final = "."


def build_bus_grant(
    where: str, publish: Sequence[str], receive: Sequence[str], write: Sequence[str]
) -> Grant:
    """`agents.ann.allow.bus = { publish = ["notes.*"], receive = [], write = ["bob"] }`."""
    ways = {"publish": publish, "receive": receive, "write": write}
    said = {way: list(dict.fromkeys(texts)) for way, texts in ways.items() if texts}
    # A scope has no character that TOML would want escaped (names.TOPIC_SCOPE_PATTERN).
    written = ", ".join(f"{way} = [{_quoted(texts)}]" for way, texts in said.items())
    return Grant(
        "bus",
        f"{where}.bus = {{ {written} }}" if written else f"{where}.bus = {{}}",
        patterns=tuple(f"{way} {text}" for way, texts in said.items() for text in texts),
    )


class BusScopes(NamedScopes):
    """Topics and names of holders, each way for itself. Who has any grant may read its inbox."""

    def covers(self, grant: Grant, question: Question) -> bool:
        """True if a pattern of that way covers the topic, the name, or all of the pattern."""
        operation, target = question.operation, question.target
        if operation not in self.capability.operations:
            return False
        if operation not in WAYS:
            return True
        granted = [text for way, text in map(_parts, grant.patterns) if way == WAYS[operation]]
        if operation == "subscribe":
            return any(includes(text, str(target), _DOT) for text in granted)
        is_out = str(target).startswith(OUTSIDE)
        mine = [text for text in granted if text.startswith(OUTSIDE) == is_out]
        return any(compile_pattern(text, _DOT).matches(target) for text in mine)

    def grant_pattern(self, text: str) -> Pattern:
        """What `write bob` matches, or another way with its pattern. Raises BadPattern."""
        way, pattern = _parts(text)
        if way not in WAYS.values():
            raise BadPattern('write "publish TOPIC", "receive TOPIC" or "write NAME"')
        if way == "write":
            is_good = bool(is_model_scope(pattern) or is_address_scope(pattern))
        else:
            is_good = is_topic_scope(pattern)
        if not is_good:
            raise BadPattern(f"{pattern[:40]!r} is nothing that one may {way}")
        return compile_pattern(pattern, _DOT)

    def pattern_of(self, grant: Grant, text: str) -> Pattern:
        """What the topics or names of one way match."""
        return compile_pattern(_parts(text)[1], _DOT)

    def speaks_of(self, scope: RuleScope, question: Question) -> bool:
        """On a subscription as soon as something that the rule speaks of could be heard."""
        if question.operation != "subscribe" or scope.pattern is None:
            return super().speaks_of(scope, question)
        if scope.operation not in (None, "subscribe"):
            return False
        return meets(scope.pattern.text, str(question.target), _DOT)

    def includes(self, wide: str, narrow: str) -> bool:
        """True only if both are of one way, and one covers the other; `*` is nobody outside."""
        (way, one), (other_way, other) = _parts(wide), _parts(narrow)
        is_like = way == other_way and one.startswith(OUTSIDE) == other.startswith(OUTSIDE)
        return is_like and includes(one, other, _DOT)

    def attenuate(self, grant: Grant, by: Grant) -> Grant | None:
        """What both give; the own inbox is left in any case."""
        return msgspec.structs.replace(grant, patterns=self._common(grant.patterns, by.patterns))

    def warn(
        self, holder: Holder, plan: Plan, around: Surroundings, tools: Collection[str]
    ) -> Iterator[str]:
        """Names of holders that are not there."""
        for grant in granted(holder, "bus"):
            for way, text in map(_parts, grant.patterns):
                names = compile_pattern(text, _DOT).matches
                if way != "write" or text.startswith(OUTSIDE):
                    continue
                if not any(map(names, _receivers(plan))):
                    yield f"granted but not there: a holder {text} to write to"

    def suggest(self, holder: Holder, plan: Plan, question: Question) -> Any:
        """Exactly this topic, pattern or name beside what is granted."""
        ways: dict[str, list[str]] = {}
        for grant in granted(holder, "bus"):
            for way, texts in ways_of(grant).items():
                ways.setdefault(way, []).extend(texts)
        wanted = WAYS.get(question.operation or "")
        is_out = str(question.target).startswith(OUTSIDE)
        if wanted == "write" and not is_out and question.target not in _receivers(plan):
            return None
        if wanted is not None:
            ways.setdefault(wanted, []).append(str(question.target))
        return ways


def ways_of(grant: Grant) -> dict[str, list[str]]:
    """A grant's table, as a manifest has it."""
    ways: dict[str, list[str]] = {}
    for way, text in map(_parts, grant.patterns):
        ways.setdefault(way, []).append(text)
    return ways


def way_patterns(questions: Collection[Question]) -> tuple[str, ...]:
    """What patterns of a grant would be if they named what was asked, and nothing else."""
    asked = ((WAYS.get(one.operation or ""), str(one.target)) for one in questions)
    order = list(WAYS.values())
    found = {(order.index(way), target) for way, target in asked if way is not None and target}
    return tuple(f"{order[at]} {target}" for at, target in sorted(found))


def _receivers(plan: Plan) -> list[str]:
    """Who has an inbox: whatever runs in the sandbox."""
    return [one.name for one in plan.holders.values() if one.kind in ("plugin", "agent")]


def _parts(text: str) -> tuple[str, str]:
    way, _, pattern = text.partition(" ")
    return way, pattern


def _quoted(texts: Sequence[str]) -> str:
    return ", ".join(f'"{text}"' for text in texts)
