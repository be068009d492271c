"""Look here if you want to know which system plugins the operator's policy lets a manifest use.

    deny = ["system webhook", "system acme-*"]        # "system" alone: none at all
    deny = ["system outside-agent"]                   # no agents of others

Rule: asked before anything of it is imported; an `ask` refuses too, since nobody is asked then.
"""

from lion.domain.plan import Holder
from lion.domain.question import Question
from lion.errors import OperatorError
from lion.policy.policy_file import Policy
from lion.scopes.rules import Rule
from lion.scopes.table import USE


def find_rule_of_use(holder: Holder, policy: Policy) -> Rule | None:
    """The first rule that speaks of this holder's entry point; components have none."""
    if holder.is_sandboxed:
        return None
    question = Question(holder.name, USE.capability.name, "use", holder.use)
    return next((rule for rule in (*policy.deny, *policy.ask) if rule.applies(question)), None)


def check_use(holder: Holder, policy: Policy) -> None:
    """Raise OperatorError if a rule speaks of this holder's entry point; components pass."""
    rule = find_rule_of_use(holder, policy)
    if rule is not None:
        where = "" if policy.path is None else f" in {str(policy.path)!r}"
        kind = "agent of others" if holder.adapter else "system plugin"
        raise OperatorError(
            f"the {kind} {holder.name!r} ({holder.use}) is {rule.opinion.reason}",
            hint=f"the rule is the operator's{where}; no manifest can change it",
        )
