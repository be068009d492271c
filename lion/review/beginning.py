"""Look here if you want to know for which of the operator's rules a run would not begin, and which
have no say in what it begins with.

Rule: rules are about what guests ask for. What a person starts, [[run]] and `lion call`, nobody is
asked about; that a rule speaks of the same tool is told.
Rule: directories are compared by the names that they were recorded with: what is on the disk now
is not looked at.
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePath
from typing import Final

import msgspec

from lion.domain.plan import Directory, Plan, RunCall
from lion.policy.policy_file import Policy
from lion.policy.rules import Rule
from lion.policy.use import find_rule_of_use
from lion.scopes.fs_at import EVERYWHERE, FS_AT, names_in, read_host_pattern, tops_of
from lion.scopes.table import SHORT, read_question

TOOLS: Final = SHORT["tool"]


class Obstacle(msgspec.Struct, frozen=True, kw_only=True):
    """What of a holder keeps a run from beginning: a directory that it is granted, or the use of a
    system plugin (`what`, as a rule writes it: `fs-at write /home/ann/.ssh`). `by` is where the
    rule stands, `reason` says which it is.
    """

    holder: str
    what: str
    by: str
    reason: str


def obstacles(
    plan: Plan,
    policy: Policy,
    directories: Mapping[str, Sequence[Directory]],
    homes: Sequence[PurePath],
) -> Iterator[Obstacle]:
    """What keeps a run from beginning under a policy. `directories` are the real ones, by holder;
    `homes` the operator's. Raises OperatorError for a rule about `~` where there are none.
    """
    rules = [r for r in (*policy.deny, *policy.ask) if r.scopes is FS_AT]
    for name, holder in plan.holders.items():
        if (rule := find_rule_of_use(holder, policy)) is not None:
            yield _obstacle(name, f"{rule.capability} {holder.use}", rule)
        for one in directories.get(name, ()):
            found = next((rule for rule in rules if _bars(rule, one, homes)), None)
            if found is not None:
                access = "write" if one.write else "read"
                yield _obstacle(name, f"{found.capability} {access} {one.real}", found)


class Unasked(msgspec.Struct, frozen=True, kw_only=True):
    """A rule that refuses guests a tool which [[run]] starts itself: `by` is where it stands."""

    by: str
    rule: str
    tool: str


def unasked_rules(plan: Plan, policy: Policy) -> Iterator[Unasked]:
    """Rules with a pattern that fits a tool of [[run]], where they are not asked."""
    calls = [entry.call for entry in plan.runs if isinstance(entry, RunCall)]
    for tool in dict.fromkeys(calls):
        question = read_question("", TOOLS, "call", tool)
        for rule in (*policy.deny, *policy.ask):
            if rule.pattern is not None and rule.applies(question):
                yield Unasked(by=rule.opinion.processor, rule=rule.text, tool=tool)


def _bars(rule: Rule, one: Directory, homes: Sequence[PurePath]) -> bool:
    if rule.operation == "write" and not one.write:
        return False
    pattern = EVERYWHERE if rule.pattern is None else read_host_pattern(rule.pattern.text)
    names = names_in(one.real)
    tops = tops_of(rule.text, pattern, homes)
    return any(pattern.meets_by_name(names_in(top), names) for top in tops)


def _obstacle(holder: str, what: str, rule: Rule) -> Obstacle:
    opinion = rule.opinion
    return Obstacle(holder=holder, what=what, by=opinion.processor, reason=opinion.reason)
