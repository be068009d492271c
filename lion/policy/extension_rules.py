"""Look here if you want to know whether grants and rules for extensions say something, which can
only be told once their system plugins are there.

Rule: what can be written is enforced, so a line that no call could meet is refused.
Rule: a rule for an extension that this run has not is left alone: nobody can call it.
"""

from collections.abc import Mapping

from lion.domain.capability import Capability, is_extension
from lion.domain.names import did_you_mean, nearest
from lion.domain.plan import Grant, Holder, Plan
from lion.errors import OperatorError
from lion.manifest.document import Document
from lion.policy.policy_file import Policy
from lion.scopes.rules import Rule


def check_extensions(plan: Plan, policy: Policy, extensions: Mapping[str, Capability]) -> None:
    """Raise OperatorError for a grant of what nobody offers or what has no such targets, and for
    a rule about a function that is not there.
    """
    for holder in plan.holders.values():
        for grant in holder.grants:
            if is_extension(grant.capability):
                _check_grant(plan, holder, grant, extensions)
    for rule in (*policy.deny, *policy.ask):
        if rule.capability in extensions:
            _check_rule(rule, extensions[rule.capability], policy)


def _check_grant(
    plan: Plan, holder: Holder, grant: Grant, extensions: Mapping[str, Capability]
) -> None:
    name = grant.capability
    document = Document(plan.text, kind="manifest", path=plan.path)
    place = (holder.table, holder.name, "allow", "interfaces", name)
    if name not in extensions:
        guess = nearest(name, extensions)
        meant = "" if guess is None else f"did you mean {guess!r}? or "
        raise document.error(
            place,
            f"no system plugin of this manifest offers {name!r}",
            f"{meant}add the one that does: [system.NAME] with use = ...",
        )
    if grant.patterns and not extensions[name].is_scoped:
        what = f"the functions of {name!r} have no targets that {grant.patterns[0]!r} could match"
        raise document.error(place, what, "write true")


def _check_rule(rule: Rule, extension: Capability, policy: Policy) -> None:
    where = "" if policy.path is None else f" in {str(policy.path)!r}"
    said = f'the policy rule "{rule.text}"{where}'
    if rule.operation is not None and rule.operation not in extension.operations:
        raise OperatorError(
            f"{said} is about {rule.operation!r}, which {extension.name} has not",
            hint=did_you_mean(rule.operation, extension.operations),
        )
    named = extension.targeted if rule.operation is None else (rule.operation,)
    if rule.pattern is not None and not set(named) & set(extension.targeted):
        raise OperatorError(
            f"{said} has a pattern, and those calls name nothing it could match",
            hint=f"leave it out: {rule.text.rsplit(None, 1)[0]}",
        )
