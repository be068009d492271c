"""Look here if you want to know how a rule of the operator's is written and when it applies.

    rule       = capability [operation] [pattern]     "kv set **", "random", "tools call db.*"
    operation  = the host function's name, or * for any
    "tool X"   = "tools * X"
    "system X" = a system plugin by its entry point, when it is loaded (use.py)

Rule: whatever parses is enforced; a pattern is refused where no call names what it is about.
Rule: a pattern on a listing applies as soon as something it matches could be shown.
Rule: a rule for a capability that lion will offer later is accepted, so that one file serves
several versions. It is enforced too: what is not offered cannot be called.
Rule: so is one for an extension (`acme:shelf/books find fiction/**`); what it says is checked
where a run has that extension (extensions.py).
"""

import msgspec

from lion.domain.call import Opinion, Verdict
from lion.domain.capability import LATER, OFFERED, Capability, is_extension
from lion.domain.decider import policy_line
from lion.domain.names import did_you_mean
from lion.domain.plan import SYSTEM
from lion.domain.question import Question
from lion.scopes.fs_match import fs_pattern, speaks_of
from lion.scopes.http_match import rule_pattern
from lion.scopes.pattern import BadPattern, Pattern, compile_pattern

USE = Capability(name=SYSTEM, operations=("use",), targeted=("use",), separator=".")
"""No capability of a guest's: which system plugins a manifest may use at all."""


class BadRule(ValueError):
    """A rule that cannot be read; the sentence tells why and what to write."""


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """One rule of a policy, and the processor that enforces it. None means any."""

    text: str
    capability: str
    operation: str | None
    pattern: Pattern | None
    opinion: Opinion
    listings: tuple[str, ...] = ()
    targeted: tuple[str, ...] = ()
    line: int | None = None
    """Of the policy file, if it stands in one."""

    def __call__(self, question: Question) -> Opinion | None:
        return self.opinion if self.applies(question) else None

    def applies(self, question: Question) -> bool:
        """True if the question is one that the rule speaks of."""
        if question.capability != self.capability:
            return False
        if self.capability == "fs":
            return speaks_of(self.operation, self.pattern, question)
        if self.operation is not None and question.operation != self.operation:
            return False
        if self.pattern is None:
            return True
        if is_extension(self.capability):
            return bool(question.target) and self.pattern.matches(question.target)
        if question.operation in self.listings:
            return self.pattern.may_follow(question.target)
        return question.operation in self.targeted and self.pattern.matches(question.target)

    @property
    def is_whole(self) -> bool:
        """True if it speaks of every call of its capability."""
        return self.operation is None and self.pattern is None


def parse_rule(text: str, verdict: Verdict, line: int | None = None) -> Rule:
    """Read a rule that refuses (DENY) or asks (ASK), of that line of its file. Raises BadRule."""
    rule = _parse(text, verdict)
    opinion = msgspec.structs.replace(rule.opinion, processor=policy_line(line))
    return msgspec.structs.replace(rule, line=line, opinion=opinion)


def _parse(text: str, verdict: Verdict) -> Rule:
    words = text.split(None, 2)
    if not words:
        raise BadRule('an empty rule; write for instance "kv set **"')
    if words[0] in LATER:
        return _rule(text, verdict, Capability(name=words[0], operations=()), None, None)
    if words[0] == "tool":
        words = ["tools", *(["*"] if len(words) < 3 else []), *words[1:]]
    if words[0] == USE.name:
        named = " ".join(words[1:])
        return _rule(text, verdict, USE, None, _pattern(USE, "use", named) if named else None)
    if is_extension(words[0]):
        return _extension_rule(text, verdict, words)
    if words[0] not in OFFERED:
        known = (*OFFERED, *LATER, "tool", USE.name)
        raise BadRule(f"no capability {words[0]!r}; {did_you_mean(words[0], known)}")
    capability = OFFERED[words[0]]
    operation, pattern = _split(capability, words[1:])
    if operation is not None and operation not in capability.operations:
        hint = did_you_mean(operation, capability.operations)
        raise BadRule(f"{capability.name} has no operation {operation!r}; {hint}")
    if pattern is None:
        return _rule(text, verdict, capability, operation, None)
    return _rule(text, verdict, capability, operation, _pattern(capability, operation, pattern))


def _extension_rule(text: str, verdict: Verdict, words: list[str]) -> Rule:
    capability = Capability(name=words[0], operations=(), targeted=("*",), separator="/")
    operation, pattern = _split(capability, words[1:])
    found = None if pattern is None else _pattern(capability, None, pattern)
    return _rule(text, verdict, capability, operation, found)


def _split(capability: Capability, words: list[str]) -> tuple[str | None, str | None]:
    """Operation and pattern; a single word is a pattern if it can be no operation."""
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
        case [operation, pattern]:
            return operation, pattern
        case _:
            raise BadRule("too many words; write CAPABILITY [OPERATION] [PATTERN]")


def _pattern(capability: Capability, operation: str | None, text: str) -> Pattern:
    if not capability.targeted or (operation is not None and operation not in capability.targeted):
        name = capability.name if operation is None else f"{capability.name} {operation}"
        raise BadRule(f"calls of {name} name nothing that {text!r} could match; leave it out")
    try:
        if capability.name == "http":
            return rule_pattern(text)
        if capability.name == "fs":
            return fs_pattern(text)
        return compile_pattern(text.strip(), capability.separator)
    except BadPattern as exc:
        raise BadRule(str(exc)) from None


def _rule(
    text: str,
    verdict: Verdict,
    capability: Capability,
    operation: str | None,
    pattern: Pattern | None,
) -> Rule:
    word = "denied by" if verdict is Verdict.DENY else "to be asked by"
    return Rule(
        text=text,
        capability=capability.name,
        operation=operation,
        pattern=pattern,
        opinion=Opinion(policy_line(None), verdict, f'{word} policy rule "{text}"'),
        listings=capability.listings,
        targeted=capability.targeted,
    )
