"""Look here if you want to know how `[workflows]` of a manifest become workflows and their
holders.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, NoReturn

import msgspec

from lion.domain.names import did_you_mean
from lion.domain.plan import FORMATS, WORKFLOW, Grant, Holder, Limits, Rate
from lion.domain.workflow import (
    JOINS,
    MOST_AT_ONCE,
    MOST_ITEMS,
    MOST_JOBS,
    MOST_STEPS,
    SERIALS,
    SOONEST,
    Before,
    Job,
    Move,
    Retry,
    Step,
    Then,
    Workflow,
)
from lion.manifest.document import Document, Place
from lion.manifest.grants import build_limits, written_limits
from lion.scopes.bus import build_bus_grant

if TYPE_CHECKING:
    from lion.manifest.workflow_tables import JobTable, StepTable, WorkflowTable

DEFAULT_LIMITS: Final = Limits(deadline_ns=None, cpu_ns=None, concurrent=MOST_AT_ONCE)
_SHORT: Final = {
    "string": {"type": "string"}, "integer": {"type": "integer"}, "number": {"type": "number"},
    "boolean": {"type": "boolean"}, "list": {"type": "array"}, "object": {"type": "object"},
    "any": {},
}  # fmt: skip
_FAILURES: Final = ("fail", "continue")
MOST_FACTOR: Final = 1_000.0


def build_workflows(
    document: Document, tables: "Mapping[str, WorkflowTable]"
) -> dict[str, Holder]:
    """The workflows of a checked manifest, as holders. Raises OperatorError."""
    return {name: _Builder(document, name).holder(table) for name, table in tables.items()}


class _Builder:
    """Builds one workflow."""

    def __init__(self, document: Document, name: str) -> None:
        self._document = document
        self._place: Place = ("workflows", name)
        self._name = name

    def _refuse(self, path: tuple[str | int, ...], what: str, hint: str = "") -> NoReturn:
        raise self._document.error((*self._place, *path), what, hint)

    def holder(self, table: "WorkflowTable") -> Holder:
        workflow = self._workflow(table)
        return Holder(
            name=self._name,
            kind=WORKFLOW,
            grants=tuple(self._grants(table, workflow)),
            denied=tuple(dict.fromkeys(table.deny)),
            asks=tuple(dict.fromkeys(table.ask)),
            limits=build_limits(DEFAULT_LIMITS, written_limits(table.limits)),
            workflow=workflow,
        )

    def _grants(self, table: "WorkflowTable", workflow: Workflow) -> list[Grant]:
        where = ".".join((*map(str, self._place), "allow"))
        allow, grants = table.allow, []
        for key in ("tools", "agents"):
            patterns = tuple(dict.fromkeys(getattr(allow, key))) if allow is not None else ()
            if patterns:
                written = ", ".join(f'"{pattern}"' for pattern in patterns)
                grants.append(Grant(key, f"{where}.{key} = [{written}]", patterns=patterns))
        if allow is not None and allow.bus is not None:
            grants.append(build_bus_grant(where, (), allow.bus.receive, ()))
        asking = next(
            (s for s in workflow.steps if s.job is not None and s.job.kind == "ask"), None
        )
        if asking is not None:
            # What it asks stands in the manifest: the step itself is the line that allows it.
            grants.append(Grant("people", f"workflows.{self._name}.steps.{asking.name}.ask"))
        return grants

    def _workflow(self, table: "WorkflowTable") -> Workflow:
        given = table.model_fields_set
        if not table.steps:
            self._refuse(("steps",), "it has no steps", "write [workflows.NAME.steps.NAME]")
        if len(table.steps) > MOST_STEPS:
            self._refuse(("steps",), f"it has more than {MOST_STEPS:,} steps", "divide it")
        return Workflow(
            name=self._name,
            strategy=table.strategy,
            input=self._input(table.input),
            steps=tuple(self._step(name, step) for name, step in table.steps.items()),
            output=table.output if "output" in given else msgspec.UNSET,
            first=table.first or "",
            vars=table.vars,
            options=table.options,
            at_once=self._count(("at-once",), table.at_once, 16, MOST_AT_ONCE),
            items=self._count(("items",), table.items, 1_000, MOST_ITEMS),
            jobs=self._count(("jobs",), table.jobs, 100_000, MOST_JOBS),
        )

    def _count(self, path: Place, written: int | None, usual: int, most: int) -> int:
        if written is None:
            return usual
        if not 1 <= written <= most:
            self._refuse(path, f"it is from 1 to {most:,}, not {written:,}")
        return written

    def _input(self, written: dict[str, Any]) -> dict[str, Any]:
        """A JSON schema, of the short form too: `{ topic = "string", pages = "list?" }`."""
        if written.get("type") == "object":
            return written
        properties: dict[str, Any] = {}
        for name, word in written.items():
            kind = word.removesuffix("?") if isinstance(word, str) else word
            if not isinstance(kind, str) or kind not in _SHORT:
                hint = f'write one of {", ".join(_SHORT)}, or a JSON schema with type = "object"'
                self._refuse(("input", name), f"{word!r:.60} is no type", hint)
            properties[name] = _SHORT[kind]
        required = [name for name, word in written.items() if not word.endswith("?")]
        return {
            "type": "object", "properties": properties, "required": required,
            "additionalProperties": False,
        }  # fmt: skip

    def _step(self, name: str, table: "StepTable") -> Step:
        path: Place = ("steps", name)
        self._check_words(path, table)
        return Step(
            name=name,
            job=self._job(path, table),
            when=_expression(table.when),
            each=_expression(table.each),
            at_once=self._count((*path, "at-once"), table.at_once, 0, MOST_AT_ONCE),
            retry=self._retry(path, table),
            deadline_ns=table.deadline,
            goes_on=table.on_failure == "continue",
            before=_before(table),
            then=self._then(path, table),
            undo=None if table.undo is None else self._inner_job((*path, "undo"), table.undo),
            after=tuple(dict.fromkeys(table.after)),
            join=table.join or "all",
            next=tuple(Move(to=m.to, on=m.on, when=_expression(m.when)) for m in table.next),
            timeout_ns=table.timeout,
            on=tuple(dict.fromkeys(table.on)),
            every_ns=self._every(path, table.every),
            end=table.end if "end" in table.model_fields_set else msgspec.UNSET,
            set=table.set,
        )

    def _check_words(self, path: Place, table: "StepTable") -> None:
        words = (("join", table.join, JOINS), ("on-failure", table.on_failure, _FAILURES))
        for key, word, known in words:
            if word is not None and word not in known:
                self._refuse((*path, key), f"{word!r} is not known", did_you_mean(word, known))
        for key, needed in (("task", "agent"), ("records", "agent"), ("form", "ask")):
            if getattr(table, key) is not None and getattr(table, needed) is None:
                self._refuse((*path, key), f"{key!r} is for {needed!r}", "remove it")
        if table.with_ is not None and table.call is None and table.workflow is None:
            self._refuse((*path, "with"), "'with' is for 'call' and 'workflow'", "remove it")
        if table.records is not None and table.records not in FORMATS:
            hint = f"write one of {', '.join(FORMATS)}"
            self._refuse((*path, "records"), f"{table.records!r} is no format", hint)

    def _every(self, path: Place, every: int | None) -> int | None:
        if every is not None and every < SOONEST:
            self._refuse((*path, "every"), 'it is at least "1 ms"')
        return every

    def _job(self, path: Place, table: "StepTable") -> Job | None:
        given = table.model_fields_set
        kinds = ("call", "agent", "workflow", "ask", "value", "wait")
        kind = [one for one in kinds if one in given]
        if len(kind) > 1:
            self._refuse(path, f"it has {' and '.join(kind)}", "make two steps of it")
        if not kind:
            return None
        if kind == ["ask"]:
            return Job(kind="ask", given=table.ask, form=table.form or {"type": "object"})
        if kind == ["value"]:
            return Job(kind="value", given=table.value)
        if kind == ["wait"]:
            return Job(kind="wait", given=table.wait)
        return self._called(path, table.call, table.agent, table.task, table.workflow, table.with_,
                            table.records or "")  # fmt: skip

    def _called(
        self, path: Place, call: str | None, agent: str | None, task: str | None,
        workflow: str | None, with_: dict[str, Any] | None, records: str = "",
    ) -> Job:  # fmt: skip
        if agent is not None:
            if task is None:
                self._refuse(path, "'task' is missing", f'write task = "..." for {agent}')
            return Job(kind="agent", target=agent, given=task, records=records)
        if workflow is not None:
            return Job(kind="workflow", target=workflow, given=with_ or {})
        plugin, _, tool = (call or "").partition(".")
        if not tool:
            self._refuse((*path, "call"), f"{call!r} names no tool", f'write "{plugin}.TOOL"')
        return Job(kind="call", target=call or "", given=with_ or {})

    def _inner_job(self, path: Place, table: "JobTable") -> Job:
        given = [one for one in ("call", "agent", "workflow") if getattr(table, one) is not None]
        if len(given) != 1:
            self._refuse(path, "needs one of call, agent, workflow", "write one of them")
        return self._called(path, table.call, table.agent, table.task, table.workflow, table.with_)

    def _retry(self, path: Place, table: "StepTable") -> Retry | None:
        retry = table.retry
        if retry is None:
            return None
        if not 1.0 <= retry.factor <= MOST_FACTOR:
            self._refuse((*path, "retry", "factor"), f"it is from 1 to {MOST_FACTOR:g}")
        times = self._count((*path, "retry", "times"), retry.times, 1, MOST_JOBS)
        return Retry(
            times=times, wait_ns=retry.wait, factor=retry.factor, most_ns=retry.most,
            on=tuple(dict.fromkeys(retry.on)),
        )  # fmt: skip

    def _then(self, path: Place, table: "StepTable") -> Then | None:
        then = table.then
        if then is None:
            return None
        if then.serialise is not None and then.serialise not in SERIALS:
            hint = did_you_mean(then.serialise, SERIALS)
            self._refuse((*path, "then", "serialise"), f"{then.serialise!r} is no form", hint)
        clean = (
            None if then.clean is None else self._inner_job((*path, "then", "clean"), then.clean)
        )
        return Then(
            check=then.check, serialise=then.serialise or "", emit=then.emit or "", clean=clean
        )


def _expression(written: str | None) -> str:
    return "" if written is None else written[1:]


def _before(table: "StepTable") -> Before | None:
    before = table.before
    if before is None:
        return None
    rate = before.rate or Rate(0, 0)
    return Before(
        enrich=before.enrich, check=before.check, count=rate.count, period_ns=rate.period_ns
    )
