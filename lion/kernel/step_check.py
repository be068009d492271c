"""Look here if you want to know which steps of a manifest's workflows call tools that are not
there, or that do not take what they are given.

Rule: what stands in the manifest is checked as a call would be; where an expression stands, its
name alone, and what stands beside it by its own schema.
"""

from collections.abc import Mapping
from typing import Any

import msgspec

from lion.domain.names import did_you_mean
from lion.domain.plan import Plan
from lion.domain.workflow import Job
from lion.kernel.exports import tool_exports
from lion.kernel.tool_types import how_to_call, input_schema, read_values, render_type
from lion.manifest.document import Document, Place
from lion.ports import Component, Export
from lion.values.answer_schema import BadSchema, TooMuch, find_fault
from lion.values.json_scalars import JsonMismatch


def check_steps(plan: Plan, components: Mapping[str, Component]) -> None:
    """Raise OperatorError, with the line, for the first such step."""
    for name, holder in plan.holders.items():
        if holder.workflow is None:
            continue
        from lion.workflows.check import all_jobs

        document = Document(plan.text, kind="manifest", path=plan.path, folder=plan.folder)
        added = {
            step.name: step.before.enrich for step in holder.workflow.steps
            if step.before is not None and step.before.enrich
        }  # fmt: skip
        for path, job in all_jobs(holder.workflow):
            if len(path) == 2 and path[1] in added:
                job = msgspec.structs.replace(job, given={**job.given, **added[str(path[1])]})
            place = ("workflows", name, *path)
            if job.kind == "call":
                _check_call(document, place, job, components)
            elif job.kind == "workflow":
                run = tool_exports(components[job.target])["run"]
                _check_given(document, (*place, "with"), run, job.given)


def _check_call(
    document: Document, place: Place, job: Job, components: Mapping[str, Component]
) -> None:
    plugin, _, function = job.target.partition(".")
    tools = tool_exports(components[plugin])
    if function not in tools:
        what = f"{plugin!r} has no tool {function!r}"
        raise document.error((*place, "call"), what, did_you_mean(function, tools))
    _check_given(document, (*place, "with"), tools[function], job.given)


def _check_given(document: Document, place: Place, export: Export, given: Any) -> None:
    from lion.workflows.values import expressions_in

    if not any(True for _ in expressions_in(given)):
        try:
            read_values(export, given)
        except JsonMismatch as exc:
            raise document.error(place, str(exc), how_to_call(export)) from None
        return
    schema = input_schema(export)
    known = schema.get("properties", {})
    if schema.get("additionalProperties") is False:
        for name in given:
            if name not in known:
                what = f"there is no parameter {name!r}"
                raise document.error((*place, name), what, did_you_mean(name, known))
    for name, value in given.items():
        if name in known and not any(True for _ in expressions_in(value)):
            _check_beside(document, (*place, name), export, name, value)
    for name in schema.get("required", ()):
        if name not in given:
            raise document.error(place, f"{name!r} is missing", how_to_call(export))


def _check_beside(document: Document, place: Place, export: Export, name: str, value: Any) -> None:
    """Hold an argument that stands in the manifest to its schema."""
    from lion.workflows.expressions import Names
    from lion.workflows.values import build_value

    schema = input_schema(export)
    more: dict[str, Any] = {key: schema[key] for key in ("$defs", "definitions") if key in schema}
    held: dict[str, Any] = {"properties": {name: schema["properties"][name]}, **more}
    try:
        fault = find_fault(held, {name: build_value(Names({}), value)({})})
    except (BadSchema, TooMuch):
        return  # Whoever calls it says so then.
    if fault is not None:
        if "valid under any" in fault:
            fault = f"it does not fit {export.name}: {render_type(export)}"
        raise document.error(place, fault.removeprefix(f"$.{name}: "), how_to_call(export))
