"""Look here if you want to know how a workflow is a component to the kernel: it has a digest,
imports, and one export, `run`, which is a tool like any other.

Rule: each call has an engine of its own; nothing is kept between two.
Rule: between two host calls it gives others the loop, and can be cancelled.
"""

import hashlib
import time
from collections.abc import Sequence
from typing import Any, Final

import msgspec
import trio

from lion.conductor.acting import Conductor, Refused
from lion.conductor.functions import imports_of
from lion.domain.plan import Limits
from lion.domain.workflow import Workflow, decode_workflow
from lion.errors import AuditError, GuestError, OperatorError
from lion.ports import CallStats, Export, HandleCall, Handles
from lion.values.answer_schema import BadSchema, TooMuch, find_fault
from lion.values.json_plain import check_plain
from lion.values.json_scalars import JsonMismatch
from lion.values.wit import Function, Prim, ResultOf
from lion.workflows.engine import Action, End, Engine, Note
from lion.workflows.expressions import BadExpression, Names
from lion.workflows.ready import names_of
from lion.workflows.registry import NoStrategy, build_engine

RUN: Final = "run"
_JSON: Final = Prim("string")
BREATH: Final = 1_000_000
"""Nanoseconds after which others get the loop."""


class InputTypes:
    """What a workflow takes and gives, as JSON. Implements ports.JsonTypes."""

    def __init__(self, workflow: Workflow) -> None:
        self.input_schema = {"type": "object", **workflow.input}
        self.output_schema: dict[str, Any] = {}
        self.text = f"({', '.join(workflow.input.get('properties', {}))}) -> JSON"

    def read(self, values: Any) -> list[Any]:
        """The input, as it is recorded. Raises JsonMismatch."""
        check_plain(values, "arguments")
        try:
            fault = find_fault(self.input_schema, values)
        except (BadSchema, TooMuch) as exc:
            fault = str(exc)
        if fault is not None:
            raise JsonMismatch("arguments", f"they do not follow the input's schema: {fault}")
        return [values]


class WorkflowComponent:
    """A workflow. Implements ports.Component."""

    def __init__(self, workflow: Workflow, digest: str) -> None:
        self.workflow = workflow
        self.digest = digest
        self.imports = imports_of(workflow)
        kind = Function((("input", _JSON),), ResultOf(_JSON, _JSON))
        docs = f"the workflow {workflow.name} ({workflow.strategy})"
        self.exports: Sequence[Export] = (
            Export(interface="", name=RUN, type=kind, docs=docs, json=InputTypes(workflow)),
        )
        self.told: list[Sequence[Note]] = []
        """Where a list of what was decided goes, if somebody wants it (see `tell`)."""
        self._tells = False
        self._names: Names | None = None

    def tell(self) -> "WorkflowComponent":
        """Keep what each call decides, and why, in `told`."""
        self._tells = True
        return self

    async def call(
        self,
        export: Export,
        args: Sequence[Any],
        handle: HandleCall,
        handles: Handles,
        limits: Limits,
        stats: CallStats,
    ) -> Any:
        """Work through it: ("ok", JSON), or ("err", JSON) for how it failed. Raises GuestError
        for a call without which it cannot go on, and what `handle` raises.
        """
        engine = self._engine()
        if self._tells:
            self.told.append(engine.notes)
        clock = _Clock(stats)
        conductor = Conductor(self.imports, clock.counting(handle), handles)
        try:
            await conductor.act(await clock.decided(engine, engine.start, args[0]))
            while engine.end is None:
                outcome = await conductor.next()
                await conductor.act(await clock.decided(engine, engine.on, outcome))
                await clock.breathe()
        except Refused as exc:
            case, text = exc.error
            raise GuestError(
                f"a workflow needs {exc.what}, and that failed ({case}): {text}", ending="exit",
                hint="see what is denied in the manifest and the policy",
            ) from exc  # fmt: skip
        return written(engine.end)

    def _engine(self) -> Engine:
        try:
            if self._names is None:
                self._names = names_of(self.workflow)
            return build_engine(self.workflow, self._names)
        except (NoStrategy, BadExpression, BadSchema) as exc:
            raise OperatorError(f"the workflow {self.workflow.name!r}: {exc}") from exc


class _Clock:
    """How long a workflow has worked, and when others have to be let in."""

    def __init__(self, stats: CallStats) -> None:
        self._stats = stats
        self._since = time.perf_counter_ns()

    async def decided(self, engine: Engine, decide: Any, given: Any) -> Sequence[Action]:
        """All that an engine decides at once; others get the loop where it pauses."""
        actions: list[Action] = [*self._measured(decide, given)]
        while getattr(engine, "is_busy", False):
            await self.breathe()
            actions.extend(self._measured(getattr(engine, "go_on")))  # noqa: B009 - optional
        return actions

    def _measured(self, work: Any, *given: Any) -> Any:
        """What work gives; its CPU is counted."""
        began = time.thread_time_ns()
        try:
            return work(*given)
        finally:
            self._stats.cpu_ns += time.thread_time_ns() - began

    def counting(self, handle: HandleCall) -> HandleCall:
        """The same, with calls counted."""

        async def counted(index: int, args: list[Any]) -> Any:
            self._stats.host_calls += 1
            return await handle(index, args)

        return counted

    async def breathe(self) -> None:
        """Let others run, if it was long ago."""
        if time.perf_counter_ns() - self._since > BREATH:
            await trio.lowlevel.checkpoint()
            self._since = time.perf_counter_ns()


def written(end: End) -> tuple[str, Any]:
    """How it ended as JSON."""
    if end.fault is None:
        return "ok", end.value
    error = msgspec.to_builtins(end.fault)
    if end.undone:
        error["undone"] = list(end.undone)
    if end.stuck:
        error["stuck"] = msgspec.to_builtins(end.stuck)
    return "err", error


def load_workflow(data: bytes) -> WorkflowComponent:
    """The component of a workflow's code. Raises AuditError for what this lion cannot read."""
    try:
        workflow = decode_workflow(data)
    except (ValueError, msgspec.MsgspecError) as exc:
        raise AuditError(f"a workflow in the log cannot be read: {exc}") from exc
    return WorkflowComponent(workflow, hashlib.sha256(data).hexdigest())
