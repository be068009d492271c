"""Look here if you want to know on which terms a service works, and whether a task can be taken on
them.
"""

from typing import Final

import msgspec

from lion.domain.plan import Plan
from lion.domain.service_terms import ServiceTerms
from lion.domain.task import HIGHEST, Order, Terms
from lion.errors import OperatorError
from lion.scopes.named import granted_patterns
from lion.scopes.pattern import compile_pattern
from lion.service.errors import no_resource, too_many_tokens
from lion.service.queue import Queue
from lion.service.reach import reached
from lion.service.schedule import Bounds
from lion.service.workspace import Installed

FILES_PER_SLOT: Final = 8
"""Files that a run may have open: its lock, directories, connections."""
FILES_BESIDE: Final = 640
"""Those of the service itself: the log, its readers, who speaks to it."""
MODEL: Final = "model:"
"""How resources begin that are models, of which a task takes a token by itself."""


def queue_of(terms: ServiceTerms) -> Queue:
    """An empty queue of a service's terms."""
    return Queue(terms.strategy, ageing_ns=terms.ageing_ns, most=terms.queue)


def bounds_of(terms: ServiceTerms) -> Bounds:
    """What limits those that work."""
    return Bounds(slots=terms.slots, resources=terms.resources)


def check_room(terms: ServiceTerms, files: int) -> None:
    """Raise OperatorError for more slots than a process can have that may open so many files."""
    needed = terms.slots * FILES_PER_SLOT + FILES_BESIDE
    if needed > files:
        raise OperatorError(
            f"{terms.slots:,} slots need up to {needed:,} open files, and this process may have "
            f"{files:,}",
            hint=f"use fewer slots, or allow more files: ulimit -n {needed}",
        )


def check_order(order: Order, terms: Terms, installed: Installed) -> None:
    """Raise OperatorError for an order that makes no sense, or terms that nobody can have."""
    if bool(order.agent) == bool(order.call):
        raise OperatorError(
            "a task is either an agent's or a call", hint="name one of them", status=400
        )
    kind = installed.holders[order.holder]
    if order.agent and kind != "agent":
        raise OperatorError(
            f"{order.agent!r} is no agent but a {kind}",
            hint=f"call one of its tools: lion plugin invoke {order.agent}.TOOL", status=400,
        )  # fmt: skip
    if order.call and not order.call.partition(".")[2]:
        raise OperatorError(
            f"{order.call!r} names no tool", hint=f"write {order.call}.TOOL", status=400
        )
    if not 0 <= terms.priority <= HIGHEST:
        raise OperatorError(
            f"there is no priority {terms.priority}", hint=f"use 0 to {HIGHEST}", status=400
        )
    retry = terms.retry
    if retry.times < 0 or retry.wait_ns < 0 or not 0 <= retry.factor < float("inf"):
        raise OperatorError(
            "times, wait and factor of a retry are 0 or more", hint="correct them", status=400
        )
    if terms.deadline_ns is not None and terms.deadline_ns <= 0:
        raise OperatorError("a deadline lies ahead", hint="give it more time", status=400)


def check_resources(terms: Terms, service: ServiceTerms) -> None:
    """Raise OperatorError for resources that nobody counts, or more of one than there are."""
    for name, count in terms.resources.items():
        most = service.resources.get(name)
        if most is None:
            raise no_resource(name, sorted(service.resources))
        if not 0 <= count <= most:
            raise too_many_tokens(name, count, most)


def with_tokens(terms: Terms, plan: Plan, holder: str, service: ServiceTerms) -> Terms:
    """The terms with a token of each model that is counted (`model:NAME`) and that the holder, or
    whom it may call, may ask.
    """
    counted = [name for name in service.resources if name.startswith(MODEL)]
    if not counted:
        return terms
    patterns = [
        compile_pattern(pattern, ".")
        for name in reached(plan, holder)
        for pattern in granted_patterns(plan.holders[name], "llm")
    ]
    found = {
        name: 1 for name in counted if any(one.matches(name[len(MODEL) :]) for one in patterns)
    }
    return msgspec.structs.replace(terms, resources={**found, **terms.resources})
