"""Look here if you want to know how a rule of the operator's is written and when it applies.

    rule       = capability [operation] [pattern]     "kv set **", "random", "tools call db.*"
    operation  = the host function's name, or * for any
    "http GET X" = "http * GET X"
    "tool X"   = "tools * X"
    "system X" = a system plugin by its entry point, when it is loaded (policy/use.py)
    "fs-at X"  = a directory of the host's, when it is granted (fs_at.py)

Rule: whatever parses is enforced; a pattern is refused where no call names what it is about.
Rule: a pattern on a listing applies as soon as something it matches could be shown.
Rule: a rule for a capability that lion will offer later is accepted, so that one file serves
several versions. It is enforced too: what is not offered cannot be called.
Rule: so is one for an extension (`acme:shelf/books find fiction/**`); what it says is checked
where a run has that extension (policy/extension_rules.py).
"""

from typing import Final

import msgspec

from lion.domain.call import Opinion, Verdict
from lion.domain.capability import KNOWN
from lion.domain.decider import Decider, policy_line
from lion.domain.names import did_you_mean
from lion.domain.question import Question
from lion.scopes.fs_at import FS_AT
from lion.scopes.named import NamedScopes, RuleScope
from lion.scopes.pattern import BadPattern, Pattern
from lion.scopes.table import SHORT, USE, find_scopes

WORDS: Final = {
    Verdict.DENY: "denied by", Verdict.ASK: "to be asked by", Verdict.ALLOW: "approved by",
}  # fmt: skip
"""What is said of a rule's verdict."""


class BadRule(ValueError):
    """A rule that cannot be read; the sentence tells why and what to write."""


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """One rule of a policy, and the processor that enforces it."""

    text: str
    scopes: NamedScopes
    scope: RuleScope
    opinion: Opinion
    line: int | None = None
    """Of the policy file, if it stands in one."""

    def __call__(self, question: Question) -> Opinion | None:
        return self.opinion if self.applies(question) else None

    def applies(self, question: Question) -> bool:
        """True if the question is one that the rule speaks of."""
        is_ours = question.capability == self.capability
        return is_ours and self.scopes.speaks_of(self.scope, question)

    @property
    def capability(self) -> str:
        """The capability it speaks of, or the extension."""
        return self.scopes.capability.name

    @property
    def operation(self) -> str | None:
        """The operation it speaks of; None for any."""
        return self.scope.operation

    @property
    def pattern(self) -> Pattern | None:
        """The targets it speaks of; None for any."""
        return self.scope.pattern

    @property
    def is_whole(self) -> bool:
        """True if it speaks of every call of its capability."""
        return self.operation is None and self.pattern is None


def parse_rule(text: str, verdict: Verdict, line: int | None = None) -> Rule:
    """Read a rule that refuses (DENY), asks (ASK) or answers beforehand (ALLOW), of that line of
    its file. Raises BadRule.
    """
    rule = _parse(text, verdict)
    opinion = msgspec.structs.replace(rule.opinion, processor=policy_line(line))
    return msgspec.structs.replace(rule, line=line, opinion=opinion)


def parse_own_rule(text: str, place: str) -> Rule:
    """Read what a manifest's holder, whose table is `place`, wants asked. Raises BadRule."""
    rule = _parse(text, Verdict.ASK)
    if rule.capability in (USE.capability.name, FS_AT.capability.name):
        raise BadRule(f"{text!r} is for the operator's policy; name a host function")
    opinion = Opinion(Decider.MANIFEST, Verdict.ASK, f'to be asked by {place}.ask "{text}"')
    return msgspec.structs.replace(rule, opinion=opinion)


def _parse(text: str, verdict: Verdict) -> Rule:
    words = text.split(None, 2)
    if not words:
        raise BadRule('an empty rule; write for instance "kv set **"')
    if words[0] in SHORT:
        words = [SHORT[words[0]], *(["*"] if len(words) < 3 else []), *words[1:]]
    if words[0] == USE.capability.name:
        named = " ".join(words[1:])
        return _rule(text, verdict, USE, None, _pattern(USE, "use", named) if named else None)
    scopes = FS_AT if words[0] == FS_AT.capability.name else find_scopes(words[0])
    if scopes is None:
        known = (*KNOWN, *SHORT, USE.capability.name, FS_AT.capability.name)
        raise BadRule(f"no capability {words[0]!r}; {did_you_mean(words[0], known)}")
    operation, pattern = _split(scopes, words[1:])
    known = scopes.capability.operations
    if operation is not None and known and operation not in known:
        hint = scopes.rule_hint(" ".join(words[1:])) or did_you_mean(operation, known)
        raise BadRule(f"{words[0]} has no operation {operation!r}; {hint}")
    if pattern is None:
        return _rule(text, verdict, scopes, operation, None)
    return _rule(text, verdict, scopes, operation, _pattern(scopes, operation, pattern))


def _split(scopes: NamedScopes, words: list[str]) -> tuple[str | None, str | None]:
    """Operation and pattern; a single word is a pattern if it can be no operation."""
    capability = scopes.capability
    match words:
        case []:
            return None, None
        case ["*"]:
            return None, None
        case [word] if word in capability.operations:
            return word, None
        case [word] if capability.targeted and ("*" in word or capability.separator in word):
            return None, word
        case [word]:
            return word, None
        case ["*", pattern]:
            return None, pattern
        case [word, rest] if scopes.is_in_pattern(word):
            return None, f"{word} {rest}"
        case [operation, pattern]:
            return operation, pattern
        case _:
            raise BadRule("too many words; write CAPABILITY [OPERATION] [PATTERN]")


def _pattern(scopes: NamedScopes, operation: str | None, text: str) -> Pattern:
    capability = scopes.capability
    # What an extension's functions have is known when its system plugin is there.
    is_known = bool(capability.operations)
    is_targeted = operation is None or operation in capability.targeted
    if not capability.targeted or (is_known and not is_targeted):
        name = capability.name if operation is None else f"{capability.name} {operation}"
        raise BadRule(f"calls of {name} name nothing that {text!r} could match; leave it out")
    try:
        return scopes.rule_pattern(text)
    except BadPattern as exc:
        raise BadRule(str(exc)) from None


def _rule(
    text: str,
    verdict: Verdict,
    scopes: NamedScopes,
    operation: str | None,
    pattern: Pattern | None,
) -> Rule:
    word = WORDS[verdict]
    return Rule(
        text=text,
        scopes=scopes,
        scope=RuleScope(operation=operation, pattern=pattern),
        opinion=Opinion(policy_line(None), verdict, f'{word} policy rule "{text}"'),
    )
