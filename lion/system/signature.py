"""Look here if you want to know how a typed Python function becomes a tool: schemas and checks.

Rule: a function that cannot be described is refused when it is loaded, not when it is called.
Rule: arguments are checked strictly as JSON (1.0 is no int, "1" neither); bytes are base64url.
Rule: a result is checked against its annotation too: what a guest is told, it gets.
"""

import inspect
from collections.abc import Callable, Container, Mapping
from typing import Any, Final, get_type_hints

import msgspec
from pydantic import BaseModel, ConfigDict, Field, ValidationError, create_model
from pydantic.errors import PydanticUserError
from pydantic.fields import FieldInfo
from pydantic.json_schema import GenerateJsonSchema

from lion.domain.names import nearest
from lion.domain.text import show_line
from lion.system.contract import PluginHost
from lion.values.json_plain import check_plain
from lion.values.json_scalars import JsonMismatch
from lion.values.json_schema import DIALECT

_BYTES = ConfigDict(ser_json_bytes="base64", val_json_bytes="base64")
_CONFIG = ConfigDict(extra="forbid", strict=True, **_BYTES)
_UNKNOWN = "there is no such parameter"
_ROOT, _RESULT = "arguments", "result"
_ENCODER: Final = msgspec.json.Encoder()


class _Untitled(GenerateJsonSchema):
    """A parameter's name is title enough."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False


class BadSignature(Exception):
    """A function that cannot be a tool; the sentence says why."""


class Signature:
    """What a tool takes and gives, as JSON. Implements ports.JsonTypes."""

    def __init__(self, function: Callable[..., Any]) -> None:
        hints = hints_of(function)
        self._hosts = tuple(name for name, hint in hints.items() if hint is PluginHost)
        parameters = parameters_of(function, hints)
        # By alias, because pydantic keeps some names (`copy`, `_x`) to itself.
        self._names = {f"p{index}": p.name for index, p in enumerate(parameters)}
        fields = {f"p{index}": _field(p, hints) for index, p in enumerate(parameters)}
        try:
            self._model: type[BaseModel] = create_model(
                function.__name__, __config__=_CONFIG, **fields
            )
            returned: dict[str, Any] = {_RESULT: (hints["return"], ...)}
            self._result: type[BaseModel] = create_model(_RESULT, __config__=_BYTES, **returned)
            self.input_schema = _schema(self._model.model_json_schema(schema_generator=_Untitled))
            self.output_schema = _output_schema(self._result)
        except (PydanticUserError, TypeError, NameError) as exc:
            raise BadSignature(f"its types have no JSON: {_first_line(exc)}") from exc
        self.text = _written(function, parameters)
        self.docs = inspect.getdoc(function) or ""

    def read(self, values: Any) -> list[Any]:
        """The arguments as recorded, once they are checked. Raises JsonMismatch."""
        check_plain(values, _ROOT)
        self._validate(values)
        return [values]

    def bind(self, values: Mapping[str, Any], host: Any) -> dict[str, Any]:
        """The function's keyword arguments. Raises JsonMismatch."""
        model = self._validate(values)
        given = {name: getattr(model, field) for field, name in self._names.items()}
        return given | dict.fromkeys(self._hosts, host)

    def write(self, value: Any) -> Any:
        """A result as JSON. Raises JsonMismatch if it is not what the annotation says."""
        try:
            checked = self._result.model_validate({_RESULT: value})
            written = checked.model_dump(mode="json", by_alias=True)[_RESULT]
        except ValidationError as exc:
            where, what = _problem(exc)
            raise JsonMismatch(where.removeprefix("."), what) from None
        except (ValueError, TypeError) as exc:  # what pydantic raises where it cannot write
            raise JsonMismatch(_RESULT, _first_line(exc)) from None
        check_plain(written, _RESULT)
        return written

    def _validate(self, values: Any) -> BaseModel:
        # They are plain, so they are the same again when they are decoded.
        try:
            return self._model.model_validate_json(_ENCODER.encode(values))
        except ValidationError as exc:
            where, what = _problem(exc)
            guess = nearest(where[1:], self._names.values()) if what == _UNKNOWN else None
            meant = "" if guess is None else f"; did you mean {guess!r}?"
            raise JsonMismatch(f"{_ROOT}{where}", f"{what}{meant}") from None


def hints_of(function: Callable[..., Any]) -> dict[str, Any]:
    """A function's annotations, evaluated. Raises BadSignature."""
    try:
        return get_type_hints(function, include_extras=True)
    except Exception as exc:
        raise BadSignature(f"its annotations cannot be read: {_first_line(exc)}") from exc


def parameters_of(
    function: Callable[..., Any],
    hints: Mapping[str, Any],
    *,
    given: Container[Any] = (PluginHost,),
) -> list[inspect.Parameter]:
    """A method's parameters that its callers give, all annotated, and so its result.

    `given` are annotations of those that lion gives. Raises BadSignature.
    """
    _, *parameters = inspect.signature(function).parameters.values()
    for parameter in parameters:
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
            raise BadSignature(f"*{parameter.name} has no type: name each parameter")
        if parameter.kind is parameter.POSITIONAL_ONLY:
            raise BadSignature(f"{parameter.name!r} has no name for its callers")
        if isinstance(parameter.default, FieldInfo):
            raise BadSignature(f"{parameter.name!r}: write Annotated[..., Field(...)]")
        if parameter.name not in hints:
            raise BadSignature(f"the parameter {parameter.name!r} has no annotation")
    if "return" not in hints:
        raise BadSignature("its result has no annotation (-> None if it gives nothing)")
    return [p for p in parameters if hints[p.name] not in given]


def _field(parameter: inspect.Parameter, hints: Mapping[str, Any]) -> Any:
    default = ... if parameter.default is parameter.empty else parameter.default
    return hints[parameter.name], Field(default, alias=parameter.name)


def _schema(schema: dict[str, Any]) -> dict[str, Any]:
    return {"$schema": DIALECT, **{k: v for k, v in schema.items() if k != "title"}}


def _output_schema(model: type[BaseModel]) -> dict[str, Any]:
    whole = model.model_json_schema(mode="serialization", schema_generator=_Untitled)
    named = {"$defs": whole["$defs"]} if "$defs" in whole else {}
    return _schema({**whole["properties"][_RESULT], **named})


def _written(function: Callable[..., Any], parameters: list[inspect.Parameter]) -> str:
    """The signature as Python writes it, without self, host and what is Annotated."""
    plain = get_type_hints(function)
    parts = []
    for one in parameters:
        shown = f"{one.name}: {inspect.formatannotation(plain[one.name])}"
        parts.append(shown if one.default is one.empty else f"{shown} = {one.default!r}")
    return f"({', '.join(parts)}) -> {inspect.formatannotation(plain['return'])}"


def _problem(exc: ValidationError) -> tuple[str, str]:
    """Where and what the first mistake is."""
    errors = exc.errors(include_url=False, include_input=False)
    # A name that nobody knows explains a missing one better than the other way round.
    first = min(errors, key=lambda error: error["type"] != "extra_forbidden")
    where = "".join(f"[{p}]" if isinstance(p, int) else f".{p}" for p in first["loc"])
    if first["type"] == "extra_forbidden":
        return where, _UNKNOWN
    if first["type"] == "missing":
        return where, "is missing"
    return where, show_line(first["msg"], longest=200)


def _first_line(exc: BaseException) -> str:
    text = str(exc).strip().splitlines()
    return show_line(text[0] if text else type(exc).__name__, longest=200)
