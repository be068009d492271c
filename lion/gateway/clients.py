"""Look here if you want to know for which holders of a manifest a gateway speaks, and what each
may have under way.

Rule: what an agent of others may do stands in the manifest, in a table of its own.
"""

from collections.abc import Sequence
from typing import Final

import trio

from lion.domain.names import did_you_mean
from lion.domain.plan import OUTSIDE, Holder, Plan
from lion.errors import OperatorError
from lion.kernel.session import Session

HOW: Final = f'a table [system.ann] with use = "{OUTSIDE}" and allow.llm = ["MODEL"]'


class Client:
    """An agent of others that is connected: its session, and as many questions at once as
    limits.concurrent says.
    """

    def __init__(self, session: Session) -> None:
        self.session = session
        self.places = trio.CapacityLimiter(max(1, session.at_once))


def is_client(holder: Holder) -> bool:
    """Whether it asks by a gateway; one that lion starts (`adapter`) does not."""
    return holder.use == OUTSIDE and holder.is_trusted


def outside_agents(plan: Plan, named: Sequence[str]) -> list[str]:
    """The holders to serve: those that are named, or all there are. Raises OperatorError."""
    found = [name for name, holder in plan.holders.items() if is_client(holder)]
    if not found:
        raise OperatorError(
            f"the manifest {plan.name!r} has no agent of others, so nobody could ask anything",
            hint=f"write {HOW}",
        )
    for name in named:
        if name not in found:
            raise OperatorError(
                f"the manifest {plan.name!r} has no agent of others {name!r}",
                hint=did_you_mean(name, found),
            )
    return [name for name in found if not named or name in named]
