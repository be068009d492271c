"""Look here if you want to know on which terms a service works, and whether a task can be taken on
them.
"""

from typing import Final

import msgspec

from lion.domain.plan import Plan
from lion.domain.service_terms import ServiceTerms
from lion.domain.task import FAILURES, HIGHEST, Order, Terms
from lion.errors import OperatorError
from lion.scopes.named import granted_patterns
from lion.scopes.pattern import compile_pattern
from lion.service.errors import no_resource, too_many_tokens
from lion.service.queue import Queue
from lion.service.reach import reached
from lion.service.schedule import Bounds
from lion.service.tasks import LONGEST_WAIT_NS
from lion.service.workspace import Installed
from lion.values.json_plain import check_plain
from lion.values.json_scalars import JsonMismatch

FILES_PER_SLOT: Final = 8
"""Files that a run may have open: its lock, directories, connections."""
FILES_BESIDE: Final = 640
"""Those of the service itself: the log, its readers, who speaks to it."""
LARGEST_ORDER: Final = 64 * 1024
"""Bytes of an order as JSON: a service holds all that wait, and writes them down again now and
then."""
MOST_RETRIES: Final = 1_000
LONGEST_DEADLINE_NS: Final = 10 * 365 * 24 * 3_600 * 10**9
"""Ten years: a time after it is one that a clock can tell."""
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
            f"{order.call!r} names no tool", hint=f"write {order.holder}.TOOL", status=400
        )
    check_plain_order(order)
    check_terms(terms)


def check_plain_order(order: Order) -> None:
    """Raise OperatorError for an order that the record cannot have, or that is too large."""
    try:
        size = len(msgspec.json.encode(order))
        if size <= LARGEST_ORDER:
            check_plain(order.arguments, "the arguments")
    except JsonMismatch as exc:
        raise _refused(str(exc), "give it otherwise") from None
    except (RecursionError, TypeError, ValueError) as exc:  # half a surrogate pair, for instance
        raise _refused(f"this is no order that can be recorded: {exc}", "give JSON") from None
    if size > LARGEST_ORDER:
        raise OperatorError(
            f"the order has {size:,} bytes, and may have {LARGEST_ORDER:,}",
            hint="put what is large where it can read it: a file, a server", status=413,
        )  # fmt: skip


def check_terms(terms: Terms) -> None:
    """Raise OperatorError for terms that nobody can have."""
    if not 0 <= terms.priority <= HIGHEST:
        raise _refused(f"there is no priority {terms.priority}", f"use 0 to {HIGHEST}")
    retry = terms.retry
    if retry.times < 0 or retry.wait_ns < 0 or not 0 <= retry.factor < float("inf"):
        raise _refused("times, wait and factor of a retry are 0 or more", "correct them")
    if retry.times > MOST_RETRIES:
        raise _refused(
            "that often nothing is tried again", f"use at most {MOST_RETRIES:,} retries"
        )
    if retry.wait_ns > LONGEST_WAIT_NS:
        raise _refused("nobody waits that long before a retry", 'use at most "1 d"')
    if unknown := sorted(set(retry.on) - FAILURES):
        raise _refused(
            f"no task ends with {unknown[0][:40]!r}", f"there is {', '.join(sorted(FAILURES))}"
        )
    if terms.deadline_ns is None:
        return
    if terms.deadline_ns <= 0:
        raise _refused("a deadline lies ahead, not at 0", 'give it time, such as "10 min"')
    if terms.deadline_ns > LONGEST_DEADLINE_NS:
        raise _refused("a deadline is at most ten years ahead", "leave it out, or give it less")


def _refused(what: str, hint: str) -> OperatorError:
    return OperatorError(what, hint=hint, status=400)


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
