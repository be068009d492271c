"""Look here if you want to know how a step's expressions, schemas and values become ready to use,
and what an expression may name where.
"""

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any, Final

import msgspec

from lion.domain.workflow import Job, Step, Workflow
from lion.values.answer_schema import Held, hold_to
from lion.workflows.expressions import Expression, Names
from lion.workflows.syntax_tree import Ident, Select
from lion.workflows.values import Filled, build_value, expressions_in

ITEM: Final = ("item", "index")
RESULT: Final = ("args", "result", "error")
LOCAL: Final = (*ITEM, *RESULT, "event")
"""What expressions may name besides the workflow's own, in some places."""
BY_STEP: Final = ("steps", "ended", "errors")
"""Roots whose second word is a step: what it gave, how it ended, why it failed."""


def names_of(workflow: Workflow, results: Mapping[str, str] = {}) -> Names:
    """What the expressions of a workflow may name; `results` are types of steps' results."""
    types = {"event": "object", "item": "dyn", "index": "integer"}
    types |= {"args": "dyn", "result": "dyn", "error": "object"}
    types |= input_types(workflow.input)
    types |= {f"vars.{name}": "dyn" for name in variables_of(workflow)}
    for step in workflow.steps:
        types[f"steps.{step.name}"] = results.get(step.name, "dyn")
        types[f"ended.{step.name}"] = "string"
        types[f"errors.{step.name}"] = "object"
    return Names(types)


def input_types(schema: Mapping[str, Any]) -> dict[str, str]:
    """The names of an input and their types, as far as its schema says."""
    properties = schema.get("properties")
    if not isinstance(properties, dict) or not properties:
        return {"input": "dyn"}
    required = schema.get("required", ())
    types = {
        f"input.{name}": one["type"] if name in required and _is_typed(one) else "dyn"
        for name, one in properties.items()
    }
    is_closed = schema.get("additionalProperties") is False
    return types if is_closed else {"input": "object", **types}


def _is_typed(schema: Any) -> bool:
    return isinstance(schema, dict) and isinstance(schema.get("type"), str)


def variables_of(workflow: Workflow) -> set[str]:
    """Names of all variables that it has from the start or sets."""
    return {*workflow.vars, *(name for step in workflow.steps for name in step.set)}


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """An expression of a step: where it stands (keys of its table), which names of LOCAL it may
    use, and what it should give (JSON schema's word; empty: anything).
    """

    path: tuple[str | int, ...]
    text: str
    local: tuple[str, ...] = ()
    type: str = ""


def places_of(step: Step) -> Iterator[Place]:
    """All expressions of a step."""
    event = ("event",)
    item = (*event, *(ITEM if step.each else ()))
    after = (*item, *RESULT)
    if step.when:
        yield Place(path=("when",), text=step.when, local=event, type="boolean")
    if step.each:
        yield Place(path=("each",), text=step.each, local=event, type="array")
    if step.job is not None:
        yield from _job_places(step.job, (), item)
    if step.before is not None:
        yield from _value_places(step.before.enrich, ("before", "enrich"), (*item, "args"))
    if step.then is not None and step.then.clean is not None:
        yield from _job_places(step.then.clean, ("then", "clean"), after)
    if step.undo is not None:
        yield from _job_places(step.undo, ("undo",), after)
    yield from _value_places(step.set, ("set",), (*event, *RESULT))
    for index, move in enumerate(step.next):
        if move.when:
            path = ("next", index, "when")
            yield Place(path=path, text=move.when, local=(*event, *RESULT), type="boolean")
    if step.ends:
        yield from _value_places(step.end, ("end",), (*event, *RESULT))


_KEYS: Final = {"agent": "task", "ask": "ask", "value": "value"}
_GIVES: Final = {"agent": "string", "ask": "string"}


def _job_places(job: Job, path: tuple[str | int, ...], local: tuple[str, ...]) -> Iterator[Place]:
    key = _KEYS.get(job.kind, "with")
    for place in _value_places(job.given, (*path, key), local):
        is_whole = len(place.path) == len(path) + 1
        yield msgspec.structs.replace(place, type=_GIVES.get(job.kind, "") if is_whole else "")


def _value_places(
    value: Any, path: tuple[str | int, ...], local: tuple[str, ...]
) -> Iterator[Place]:
    for where, text in expressions_in(value, path):
        yield Place(path=where, text=text, local=local)


class Ready:
    """A step whose parts are made ready when they are first used. Its properties raise
    BadExpression or BadSchema for what a check of the manifest refuses.
    """

    def __init__(self, step: Step, names: Names) -> None:
        self.step = step
        self.name = step.name
        self._names = names

    @cached_property
    def when(self) -> Expression | None:
        """Whether it is done at all."""
        return self._names.read(self.step.when) if self.step.when else None

    @cached_property
    def each(self) -> Expression | None:
        """The list of its fan-out."""
        return self._names.read(self.step.each) if self.step.each else None

    @cached_property
    def given(self) -> Filled:
        """What its job is given."""
        return self._value(None if self.step.job is None else self.step.job.given)

    @cached_property
    def enrich(self) -> Filled | None:
        """What is added to that."""
        before = self.step.before
        return self._value(before.enrich) if before is not None and before.enrich else None

    @cached_property
    def check(self) -> Held | None:
        """What that has to be."""
        before = self.step.before
        return hold_to(before.check) if before is not None and before.check else None

    @cached_property
    def check_result(self) -> Held | None:
        """What its result has to be."""
        then = self.step.then
        return hold_to(then.check) if then is not None and then.check else None

    @cached_property
    def clean(self) -> Filled:
        """What the job that cleans up is given."""
        then = self.step.then
        return self._value(None if then is None or then.clean is None else then.clean.given)

    @cached_property
    def undo(self) -> Filled:
        """What its compensation is given."""
        return self._value(None if self.step.undo is None else self.step.undo.given)

    @cached_property
    def set(self) -> Filled:
        """What it sets of variables."""
        return self._value(self.step.set)

    @cached_property
    def end(self) -> Filled:
        """What the workflow gives if it ends here."""
        return self._value(self.step.end)

    @cached_property
    def moves(self) -> tuple[Expression | None, ...]:
        """The conditions of its moves."""
        return tuple(self._names.read(m.when) if m.when else None for m in self.step.next)

    def _value(self, value: Any) -> Filled:
        return build_value(self._names, value)


def streamed_step(ready: Ready) -> str | None:
    """The step whose records a fan-out goes over while they come: `=steps.NAME.records`."""
    each = ready.each
    match None if each is None else each.tree:
        case Select(operand=Ident(name=name), field="records", asks=False):
            root, _, step = name.partition(".")
            return step if root == "steps" else None
        case _:
            return None
