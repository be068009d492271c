"""Look here if you want to know what a service says of itself."""

from typing import Any

from lion.domain.schedule import Schedule
from lion.domain.task import Principal, TaskState
from lion.scopes.pattern import meets
from lion.service.carrier import Carrier
from lion.service.post import PostOffice
from lion.service.roles import check_allowed
from lion.service.schedule import free_tokens
from lion.service.service import Service
from lion.service.timekeeper import Timekeeper
from lion.service.workspace import Installed


def status_of(service: Service, by: Principal) -> dict[str, Any]:
    """How a service is, as JSON. Raises OperatorError for who may not ask."""
    check_allowed(by, "status")
    tasks, terms = service.chain.state.tasks.values(), service.terms
    return {
        "state": "stopping" if service.stopping.is_set() else "ready",
        "slots": terms.slots,
        "working": list(service.conductor.working),
        "waiting": service.conductor.waiting,
        "queue": terms.queue,
        "strategy": terms.strategy,
        "adviser": terms.adviser,
        "resources": dict(terms.resources),
        "free": free_tokens(
            [one.held for one in service.conductor.working.values()], service.conductor.bounds
        ),
        "tasks": {str(one): sum(task.state is one for task in tasks) for one in TaskState},
        "manifests": list(service.chain.state.workspace.manifests),
        "instances": service.host.live,
        "decisions": service.conductor.queue.decisions,
        "chain": service.chain.run,
        "bus": None if service.bus is None else service.bus(),
    }


def schedules_of(service: Service, keeper: Timekeeper) -> list[dict[str, Any]]:
    """What it begins by itself, when next, and what keeps it from that."""
    return [_schedule(service, keeper, *one) for one in keeper.all()]


def _schedule(
    service: Service, keeper: Timekeeper, name: str, installed: Installed, schedule: Schedule
) -> dict[str, Any]:
    """When it begins what, and what keeps it from that."""
    order, bus = schedule.order, service.terms.bus
    why = installed.why_not(order.holder) or ""
    shared = () if bus is None else bus.topics
    if schedule.topic and not any(meets(one, schedule.topic, ".") for one in shared):
        why = why or "no such topic leaves a run: [service.bus] topics = [...]"
    next_ns = keeper.next_ns(name, schedule) if schedule.every_ns else 0
    return {
        "name": name, "order": order.word, "topic": schedule.topic, "every_ns": schedule.every_ns,
        "next_ns": next_ns, "waits": why,
    }  # fmt: skip


def bus_status(office: PostOffice, carrier: Carrier | None) -> dict[str, Any]:
    """How its bus is."""
    return {
        "name": office.terms.name,
        "peers": list(office.terms.peers),
        "redis": "" if carrier is None else carrier.state,
        "waiting": office.waiting,
    }
