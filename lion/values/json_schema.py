"""Look here if you want to know which JSON schema a tool's arguments and result have.

Rule: draft 2020-12; what to_json writes, the schema accepts.
"""

from types import MappingProxyType
from typing import Any, Final, assert_never

from lion.values.json_scalars import EXACT, INTEGERS, LARGEST_F32
from lion.values.json_values import BYTES, DEEPEST
from lion.values.type_notes import Notes, Shape, TypeNote, shape_of
from lion.values.wit import (
    EnumOf,
    FlagsOf,
    Function,
    Handle,
    ListOf,
    OptionOf,
    Prim,
    RecordOf,
    ResultOf,
    TupleOf,
    VariantOf,
    WitType,
)

NO_NOTES: Final[Notes] = MappingProxyType({})
DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"

Schema = dict[str, Any]
Left = dict[Shape, TypeNote]


def input_schema(function: Function, notes: Notes = NO_NOTES) -> Schema:
    """The schema of a tool's arguments, an object by name; `notes` become descriptions. Raises
    ValueError for a resource.
    """
    return {"$schema": DIALECT, **_object(function.params, DEEPEST, dict(notes))}


def output_schema(function: Function, notes: Notes = NO_NOTES) -> Schema:
    """The schema of what a tool gives when it succeeds, its own error aside. Raises ValueError."""
    t = function.result.ok if isinstance(function.result, ResultOf) else function.result
    return {"$schema": DIALECT, **_maybe(t, DEEPEST, dict(notes))}


def type_schema(t: WitType, depth: int = DEEPEST, notes: Left | None = None) -> Schema:
    """The schema of one type. `notes` are those not told yet: each is told once in a schema, where
    its type comes first. Raises ValueError for a resource, or one nested too deeply.
    """
    left = {} if notes is None else notes
    shape = shape_of(t)
    note = None if shape is None else left.pop(shape, None)
    schema = _type_schema(t, depth, left)
    return schema if note is None else _described(schema, t, note)


def _described(schema: Schema, t: WitType, note: TypeNote) -> Schema:
    """The schema with what is said of the type, its fields or its cases."""
    text = note.docs
    said = [f"{n}: {note.items[n]}" for n in note.names if n in note.items]
    if isinstance(t, RecordOf):
        for name, _ in t.fields:
            if name in note.items:
                schema["properties"][name]["description"] = note.items[name]
    elif isinstance(t, VariantOf):
        for (name, _), case in zip(t.cases, schema["oneOf"], strict=True):
            case |= {"description": note.items[name]} if name in note.items else {}
    else:
        text = "\n".join(filter(None, [text, *said]))
    return schema | {"description": text} if text else schema


def _type_schema(t: WitType, depth: int, notes: Left) -> Schema:
    if depth <= 0:
        raise ValueError(f"a type nested more than {DEEPEST} levels deep has no schema")
    match t:
        case Prim():
            return _prim(t.name)
        case ListOf() if t == BYTES:
            return {"type": "string", "contentEncoding": "base64"}
        case ListOf():
            return {"type": "array", "items": type_schema(t.element, depth - 1, notes)}
        case TupleOf():
            return {
                "type": "array",
                "prefixItems": [type_schema(item, depth - 1, notes) for item in t.items],
                "items": False,
                "minItems": len(t.items),
            }
        case RecordOf():
            return _object(t.fields, depth, notes)
        case EnumOf():
            return {"type": "string", "enum": list(t.names)}
        case FlagsOf():
            names = {"type": "string", "enum": list(t.names)}
            return {"type": "array", "items": names, "uniqueItems": True}
        case VariantOf():
            return {"oneOf": [_case(name, inner, depth, notes) for name, inner in t.cases]}
        case OptionOf():
            inner = type_schema(t.inner, depth - 1, notes)
            if isinstance(t.inner, OptionOf):
                inner = _members({"some": inner})
            return {"anyOf": [inner, {"type": "null"}]}
        case ResultOf():
            cases = {"ok": t.ok, "err": t.err}
            return {
                "oneOf": [_members({k: _maybe(v, depth - 1, notes)}) for k, v in cases.items()]
            }
        case Handle():
            raise ValueError(f"the resource {t.resource!r} has no JSON")
        case _:
            assert_never(t)


def _prim(name: str) -> Schema:
    match name:
        case "bool":
            return {"type": "boolean"}
        case "string":
            return {"type": "string"}
        case "char":
            return {"type": "string", "minLength": 1, "maxLength": 1}
        case "f32":
            return {"type": "number", "minimum": -LARGEST_F32, "maximum": LARGEST_F32}
        case "f64":
            return {"type": "number"}
        case _:
            least, greatest = INTEGERS[name]
            number = {"type": "integer", "minimum": least, "maximum": greatest}
            if greatest <= EXACT:
                return number
            sign = "-?" if least < 0 else ""
            return {
                "anyOf": [number, {"type": "string", "pattern": f"^(0|{sign}[1-9][0-9]{{0,19}})$"}]
            }


def _object(fields: tuple[tuple[str, WitType], ...], depth: int, notes: Left) -> Schema:
    schema = _members({name: type_schema(t, depth - 1, notes) for name, t in fields})
    schema["required"] = [name for name, t in fields if not isinstance(t, OptionOf)]
    return schema


def _members(properties: dict[str, Schema]) -> Schema:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _case(name: str, inner: WitType | None, depth: int, notes: Left) -> Schema:
    tag: Schema = {"const": name}
    if inner is None:
        return _members({"tag": tag})
    return _members({"tag": tag, "value": type_schema(inner, depth - 1, notes)})


def _maybe(t: WitType | None, depth: int, notes: Left) -> Schema:
    return {"type": "null"} if t is None else type_schema(t, depth, notes)
