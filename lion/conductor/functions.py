"""Look here if you want to know which host functions a workflow imports, and by which numbers it
calls them.

Rule: it imports what its steps need and no more, so that its ceiling is what it could do.
"""

from collections.abc import Iterator, Sequence
from typing import Final

from lion.domain.workflow import Job, Workflow
from lion.ports import Import
from lion.values.wit import Function, Handle, ListOf, OptionOf, Prim, RecordOf, ResultOf, WitType

_VERSION: Final = "0.1.0"
_TEXT, _U32, _U64, _BOOL = Prim("string"), Prim("u32"), Prim("u64"), Prim("bool")
_OWN: Final = {"call": "pending", "agent": "work", "ask": "answer"}


def host_import(
    interface: str, name: str, result: WitType | None, *params: tuple[str, WitType]
) -> Import:
    """A host function as who acts by lion's own code imports it."""
    kind = Function(params, ResultOf(result, _TEXT))
    return Import(interface=f"lion:host/{interface}@{_VERSION}", name=name, type=kind)


def _started(resource: str) -> RecordOf:
    return RecordOf(((resource, Handle("own", resource)), ("handle", _U32)))


def _self(resource: str) -> tuple[str, WitType]:
    return "self", Handle("borrow", resource)


START: Final = {
    "call": host_import("tools", "start", _started("call"), ("name", _TEXT), ("arguments", _TEXT)),
    "agent": host_import(
        "agents", "start", _started("work"), ("agent", _TEXT), ("task", _TEXT), ("streams", _BOOL)
    ),
    "ask": host_import("people", "ask", _started("answer"), ("question", _TEXT), ("form", _TEXT)),
}
"""What begins a job, by its kind; a workflow of another is a tool's call."""
TAKE: Final = {
    "call": host_import("tools", "[method]pending.take", _TEXT, _self("pending")),
    "agent": host_import("agents", "[method]work.take", _TEXT, _self("work")),
    "ask": host_import("people", "[method]answer.take", _TEXT, _self("answer")),
}
SUBSCRIBE: Final = host_import(
    "bus", "subscribe",
    RecordOf((("subscription", Handle("own", "subscription")), ("handle", _U32))),
    ("pattern", _TEXT),
)  # fmt: skip
MESSAGE: Final = host_import(
    "bus", "[method]subscription.next",
    RecordOf((
        ("sender", _TEXT), ("topic", OptionOf(_TEXT)), ("payload", _TEXT), ("missed", _U32),
    )), _self("subscription"),
)  # fmt: skip
NEXT: Final = host_import("agents", "[method]work.next", OptionOf(_TEXT), _self("work"))
POLL: Final = host_import(
    "poll", "wait", ListOf(_U32), ("handles", _TEXT), ("until", OptionOf(_U64))
)
CLOCK: Final = host_import("clock", "monotonic", _U64)
TELL: Final = host_import("output", "partial", None, ("json", _TEXT))


def kind_of(kind: str) -> str:
    """The kind by which a job is begun."""
    return "call" if kind == "workflow" else kind


def imports_of(workflow: Workflow) -> Sequence[Import]:
    """What a workflow imports."""
    kinds = {kind_of(job.kind) for job in jobs_of(workflow)}
    found = [POLL, CLOCK, TELL]
    for kind in START:
        if kind in kinds:
            found += [START[kind], TAKE[kind]]
    if any(job.records for job in jobs_of(workflow)):
        found.append(NEXT)
    if workflow.topics:
        found += [SUBSCRIBE, MESSAGE]
    return found


def jobs_of(workflow: Workflow) -> Iterator[Job]:
    """All jobs that its steps could begin."""
    for step in workflow.steps:
        clean = None if step.then is None else step.then.clean
        yield from (job for job in (step.job, clean, step.undo) if job is not None)
