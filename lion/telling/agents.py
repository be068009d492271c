"""Look here if you want to know how it is said that agents spawn, end and begin anew."""

from collections.abc import Mapping

from lion.domain.events import AgentRestarted, AgentSpawned, BudgetReturned
from lion.domain.units import render_duration
from lion.telling.amounts import render_spent


def tell_agent(event: AgentSpawned | BudgetReturned | AgentRestarted) -> str:
    """In few words; guest text in it is not yet escaped."""
    match event:
        case AgentSpawned():
            return f"task {event.task!r}{_terms(event)}"
        case BudgetReturned():
            return f"{event.agent} leaves {event.spawner} {_budgets(event.left, event.given)}"
        case AgentRestarted():
            bound = f"{event.times} times in {render_duration(event.within)}"
            how = f"for the {_ordinal(event.number)} time" if event.again else "not again"
            return f"{event.agent}, {how} (at most {bound}): {event.ending}: {event.error}"


def _terms(event: AgentSpawned) -> str:
    lines = [line.strip() for line in event.allow.splitlines() if line.strip()]
    said = []
    if event.has_less:
        said.append(f"handed on: {', '.join(lines) or 'nothing'}")
    if event.budget:
        said.append(f"set aside: {_budgets(event.budget, {})}")
    return "".join(f"; {one}" for one in said)


def _budgets(amounts: Mapping[str, int], of: Mapping[str, int]) -> str:
    """`calls 60 of 100, output 1 KiB`."""
    return ", ".join(
        f"{name} {render_spent(name, amount)}"
        + (f" of {render_spent(name, of[name])}" if name in of else "")
        for name, amount in amounts.items()
    )


def _ordinal(number: int) -> str:
    ending = {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{'th' if number % 100 in (11, 12, 13) else ending}"
