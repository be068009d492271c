"""Look here if you want to know what is checked of agents that spawn or begin anew.

Rule: a name that is no agent's is a misspelling; what would never happen is refused.
"""

from collections.abc import Mapping

from lion.domain.names import did_you_mean
from lion.domain.plan import WORKFLOW, Holder
from lion.manifest.document import Document


def check_agents(document: Document, holders: Mapping[str, Holder]) -> None:
    """Raise OperatorError for a grant on an agent that is not there, and for a restart of what is
    none.
    """
    agents = [name for name, one in holders.items() if one.kind == "agent"]
    for holder in holders.values():
        if holder.kind != WORKFLOW:
            _check_names(document, holder, agents)
        if holder.restart is not None and holder.kind != "agent":
            raise document.error(
                (holder.table, holder.name, "restart"),
                "a tool is not begun anew: who calls it hears that it failed",
                "remove it",
            )


def _check_names(document: Document, holder: Holder, agents: list[str]) -> None:
    granted = (grant for grant in holder.grants if grant.capability == "agents")
    for name in (name for grant in granted for name in grant.patterns):
        if name not in agents:
            place = (holder.table, holder.name, "allow", "agents")
            raise document.error(place, f"there is no agent {name!r}", did_you_mean(name, agents))
