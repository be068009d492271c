"""Look here if you want to know what would have had a call decided otherwise, and what to type for
it.

Rule: who could have changed it is told, whether or not that is a good idea; nobody but the
operator changes the operator's rules.
"""

from collections.abc import Iterator
from typing import Final

from lion.domain.call import Decision, Opinion, Verdict
from lion.domain.capability import extensions_of
from lion.domain.decider import Decider, decider_of
from lion.domain.events import RunStarted
from lion.domain.plan import DEFAULT_CAPABILITIES, Plan
from lion.domain.question import Question
from lion.policy.policy_file import Policy
from lion.policy.suggest import suggest
from lion.review.asked import Found, question_in
from lion.review.explained import Asked, Change
from lion.scopes.rules import BadRule, parse_rule
from lion.values.toml_line import write_line

_WORDS: Final = {
    Decider.CEILING: "a component that imports it",
    Decider.SYSTEM: "the system plugin that judged it, or a manifest without that",
    Decider.BUDGET: "a larger limit: the reason says which, and what was used",
    Decider.BOUNDS: "a shorter call; this bound is lion's own",
    Decider.ARGUMENTS: "arguments that name something",
    Decider.SCREEN: "arguments without the value of a secret",
    Decider.NOBODY: "a caller that waits for the decision",
    Decider.APPROVAL: "a person's yes: see lion approvals; if it is over, lion fork --answer",
    Decider.SPAWNER: "a spawner that hands it on: a line in the `allow` of its spawn",
    Decider.REVOKED: "a plugin that is enabled again: lion plugin enable",
    Decider.DOOR: "another address or place; the reason says what is refused there",
}


def changes_of(
    asked: Asked, found: Found, plan: Plan, started: RunStarted, policy: Policy
) -> Iterator[Change]:
    """What would have changed a decision."""
    question, where = question_in(found), started.path or "the manifest"
    if asked.decided.verdict == Verdict.ALLOW:
        yield from _to_deny(asked, question, plan, where)
        return
    decision = Decision(
        Verdict(asked.decided.verdict),
        asked.decided.reason,
        asked.decided.by,
        tuple(Opinion(one.by, Verdict(one.verdict), one.reason) for one in asked.decided.opinions),
    )
    line = suggest(question, decision, plan, extensions_of(found.offers))
    if line is not None:
        kind, name, rest = line.line.split(".", 2)
        yield Change(
            then="allow", how="a line of the manifest", where=f"[{kind}.{name}] in {where}",
            line=rest,
        )  # fmt: skip
        return
    decider = decider_of(asked.decided.by)
    if decider is Decider.POLICY or asked.decided.rule is not None:
        yield _by_operator(asked, policy, started)
    elif decider in _WORDS:
        yield Change(then="allow", how=_WORDS[decider], where="", line="")


def _by_operator(asked: Asked, policy: Policy, started: RunStarted) -> Change:
    rule = asked.decided.rule
    is_same = policy.digest == started.policy_digest
    file = rule.file if rule is not None and is_same else "the policy of then"
    line = "" if rule is None or rule.line is None else f":{rule.line}"
    words = "without this rule of the operator's; no manifest changes it"
    if decider_of(asked.decided.by) is Decider.APPROVAL:
        words = "an answer of a person's, or without this rule of the operator's"
    return Change(
        then="allow", how=words, where=f"{file}{line}", line="" if rule is None else rule.text
    )


def _to_deny(asked: Asked, question: Question, plan: Plan, where: str) -> Iterator[Change]:
    grant = asked.decided.allowed_by
    if grant is not None:
        at = f"{where}:{grant.line}" if grant.line is not None else where
        yield Change(then="deny", how="without this line", where=at, line=grant.text)
    elif question.capability in DEFAULT_CAPABILITIES and question.holder in plan.holders:
        holder = plan.holders[question.holder]
        denied = [*holder.denied, question.capability]
        place = f"[{holder.table}.{holder.name}] in {where}"
        line = write_line(("deny",), denied)
        yield Change(then="deny", how="a line of the manifest", where=place, line=line)
    rule = " ".join(filter(None, (question.capability, question.operation, str(question.target))))
    try:
        applies = parse_rule(rule, Verdict.DENY).applies(question)
    except BadRule:
        applies = False
    if applies and rule.isprintable():
        line = write_line(("deny",), [rule])
        yield Change(then="deny", how="a rule of the operator's", where="the policy", line=line)
