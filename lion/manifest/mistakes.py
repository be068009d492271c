"""Look here if you want to know how a mistake that pydantic finds becomes a sentence for people.

Rule: the first mistake is told, in words of the file's author; an unknown key before all others.
"""

from typing import Any, TypeVar, get_args, get_origin

from pydantic import BaseModel, ValidationError

from lion.domain.names import did_you_mean
from lion.domain.plan import DEFAULT_CAPABILITIES
from lion.errors import OperatorError
from lion.manifest.document import Document, Place

Model = TypeVar("Model", bound=BaseModel)

_TYPES = {
    "string_type": "text in quotes",
    "int_type": "a whole number",
    "dict_type": "a table",
    "model_type": "a table",
    "list_type": "a list in square brackets",
}


def check(document: Document, model: type[Model], values: dict[str, Any]) -> Model:
    """The values as this model. Raises OperatorError for the first mistake."""
    try:
        return model.model_validate(values)
    except ValidationError as exc:
        errors = exc.errors(include_url=False)
    first = min(errors, key=lambda error: error["type"] != "extra_forbidden")
    # pydantic appends markers of its own, such as [key], where a key itself is wrong.
    place: Place = tuple(part for part in first["loc"] if part != "[key]")
    if first["type"] == "extra_forbidden":
        raise _unknown_key(document, model, place)
    what, hint = _sentence(first, place)
    raise document.error(place[:-1] if first["type"] == "missing" else place, what, hint)


def _sentence(error: Any, place: Place) -> tuple[str, str]:
    match error["type"]:
        case "missing":
            return f"{place[-1]!r} is missing", f"add {place[-1]} = ..."
        case "value_error":
            return str(error["ctx"]["error"]), ""
        case kind if kind in _TYPES:
            return f"should be {_TYPES[kind]}, not {_kind_of(error['input'])}", ""
        case _:
            return error["msg"], ""


def _kind_of(value: Any) -> str:
    names: dict[type, str] = {
        bool: "true or false",
        str: "text",
        int: "a number",
        float: "a number",
        list: "a list",
        dict: "a table",
    }
    return names.get(type(value), "this")


def _unknown_key(document: Document, model: type[BaseModel], place: Place) -> OperatorError:
    key = str(place[-1])
    if place[-2:-1] == ("allow",) and key in DEFAULT_CAPABILITIES:
        return document.error(place, f"{key!r} is granted by default", "remove this line")
    return document.error(
        place, f"unknown key {key!r}", did_you_mean(key, known_keys(_model_at(model, place)))
    )


def known_keys(model: type[BaseModel]) -> list[str]:
    """The keys of a table as they are written."""
    return [field.alias or name for name, field in model.model_fields.items()]


def _model_at(model: type[BaseModel], place: Place) -> type[BaseModel]:
    """The model of the table in which the last key of a place stands."""
    parts = list(place[:-1])
    while parts:
        key = parts.pop(0)
        fields = {field.alias or name: field for name, field in model.model_fields.items()}
        found = _inner(fields[str(key)].annotation) if key in fields else None
        if found is None:
            return model
        model, levels = found
        del parts[:levels]
    return model


def _inner(annotation: Any) -> tuple[type[BaseModel], int] | None:
    """The model inside an annotation, and through how many lists and dicts it is reached."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation, 0
    levels = int(get_origin(annotation) in (list, dict))
    for argument in get_args(annotation):
        if (found := _inner(argument)) is not None:
            return found[0], found[1] + levels
    return None
