"""Look here if you want to know which of the operator's rules can match nothing, at all or in one
manifest.

Rule: told is what is certain: where a capability cannot say, its rule is not idle.
"""

from collections.abc import Collection, Iterator

import msgspec

from lion.domain.plan import Plan
from lion.policy.policy_file import Policy


class IdleRule(msgspec.Struct, frozen=True, kw_only=True):
    """A rule that can match nothing. `by` is where it stands (`policy line 3`), `why` the reason.

    `is_here`: only this manifest has nothing of the kind.
    """

    by: str
    rule: str
    why: str
    is_here: bool


def idle_rules(plan: Plan, policy: Policy, tools: Collection[str]) -> Iterator[IdleRule]:
    """The rules with a pattern that can match nothing. `tools` are all there are,
    `plugin.function`.
    """
    for rule in (*policy.deny, *policy.ask, *policy.approve):
        if rule.pattern is None:
            continue
        flaw = rule.scopes.rule_flaw(rule.pattern)
        if flaw or not rule.scopes.rule_meets(rule.pattern, plan, tools):
            yield IdleRule(
                by=rule.opinion.processor,
                rule=rule.text,
                why=flaw or "this manifest has nothing of the kind",
                is_here=not flaw,
            )
