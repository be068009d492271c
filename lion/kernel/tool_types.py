"""Look here if you want to know what a tool takes and gives as JSON: by WIT types of a component,
by those of a system plugin's function.
"""

from collections.abc import Mapping
from typing import Any

from lion.domain.names import did_you_mean
from lion.domain.plan import RunCall
from lion.errors import OperatorError
from lion.ports import Export
from lion.values import json_arguments, json_schema
from lion.values.json_scalars import JsonMismatch
from lion.values.type_notes import Notes, TypeNote, by_shape
from lion.values.wit import render_function


class _Shapes:
    """The notes of one component, to look up: all its exports have the same."""

    def __init__(self) -> None:
        self._last: tuple[tuple[TypeNote, ...], Notes] = ((), by_shape(()))

    def of(self, export: Export) -> Notes:
        notes, shapes = self._last
        if export.notes is not notes:
            shapes = by_shape(export.notes)
            self._last = export.notes, shapes
        return shapes


_SHAPES = _Shapes()


def input_schema(export: Export) -> dict[str, Any]:
    """The schema of its arguments, an object by name."""
    if export.json is None:
        return json_schema.input_schema(export.type, _SHAPES.of(export))
    return export.json.input_schema


def output_schema(export: Export) -> dict[str, Any]:
    """The schema of what it gives when it succeeds."""
    if export.json is None:
        return json_schema.output_schema(export.type, _SHAPES.of(export))
    return export.json.output_schema


def render_type(export: Export) -> str:
    """Its type for people."""
    return render_function(export.type) if export.json is None else export.json.text


def read_text(export: Export, text: str) -> list[Any]:
    """The arguments of a JSON text of at most 64 KiB. Raises JsonMismatch."""
    if export.json is None:
        return json_arguments.arguments_from_json(export.type, text)
    return export.json.read(json_arguments.values_from_json(text))


def read_values(export: Export, values: Any) -> list[Any]:
    """The same of values already read. Raises JsonMismatch."""
    if export.json is None:
        return json_arguments.arguments_from_values(export.type, values)
    return export.json.read(values)


def bind_call(tools: Mapping[str, Export], entry: RunCall) -> tuple[Export, list[Any]]:
    """The tool that the run itself calls, and its arguments. `tools` are those of its plugin.

    Raises OperatorError for a name that none has, and for arguments that it does not take.
    """
    plugin, _, name = entry.call.partition(".")
    if name not in tools:
        raise OperatorError(f"{plugin!r} has no tool {name!r}", hint=did_you_mean(name, tools))
    export = tools[name]
    try:
        return export, read_values(export, entry.arguments)
    except JsonMismatch as exc:
        raise OperatorError(f"{entry.call}: {exc}", hint=how_to_call(export)) from exc


def write_result(export: Export, value: Any) -> tuple[str, Any]:
    """("ok", JSON) or ("err", JSON). Raises JsonMismatch for what JSON does not have."""
    if export.json is None:
        return json_arguments.result_to_json(export.type, value)
    status, result = value
    return status, result


def how_to_call(export: Export) -> str:
    """Where a person finds what it takes."""
    if export.json is None:
        return "lion inspect shows its schema"
    return f"it is {export.name}{export.json.text}"
