"""Look here if you want to know which strategies there are, and how another comes in.

Rule: a strategy of others is trusted Python, found by entry point: it decides what is done next,
and can do nothing itself. A replay executes it again, so it has to be there, and the same.
"""

from collections.abc import Callable, Sequence
from importlib.metadata import entry_points
from typing import Final

from lion.domain.names import did_you_mean
from lion.domain.workflow import Workflow
from lion.workflows.engine import Engine
from lion.workflows.expressions import Names

GROUP: Final = "lion.workflow"
"""Entry points: `round-robin = "package.module:Engine"`, called with workflow and names."""
Make = Callable[[Workflow, Names | None], Engine]


class NoStrategy(ValueError):
    """There is no such strategy, or its code is not what it has to be."""


def _dag() -> Make:
    from lion.workflows.dag import Dag

    return Dag


def _states() -> Make:
    from lion.workflows.states import States

    return States


def _events() -> Make:
    from lion.workflows.events import Events

    return Events


OWN: Final[dict[str, Callable[[], Make]]] = {"dag": _dag, "states": _states, "events": _events}


def strategies() -> Sequence[str]:
    """The names of all, lion's own first. Imports nothing."""
    others = sorted({point.name for point in entry_points(group=GROUP)} - OWN.keys())
    return (*OWN, *others)


def find_strategy(name: str) -> Make:
    """What makes engines of a strategy. Raises NoStrategy; this imports its module."""
    if name in OWN:
        return OWN[name]()
    found = list(entry_points(group=GROUP, name=name))
    if not found:
        raise NoStrategy(f"there is no strategy {name!r}; {did_you_mean(name, strategies())}")
    if len(found) > 1:
        raise NoStrategy(f"the strategy {name!r} is claimed by {len(found)} packages")
    try:
        made: Make = found[0].load()
    except Exception as exc:
        what = f"{type(exc).__name__}: {exc}"
        raise NoStrategy(f"the strategy {name!r} cannot be imported: {what}") from exc
    if not callable(made):
        raise NoStrategy(f"the strategy {name!r} is a {type(made).__name__}, and no class")
    return made


def build_engine(workflow: Workflow, names: Names | None = None) -> Engine:
    """The engine of a workflow. Raises NoStrategy."""
    return find_strategy(workflow.strategy)(workflow, names)
