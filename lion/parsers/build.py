"""Look here if you want to know which formats there are, and how a parser of one is made."""

from collections.abc import Callable
from typing import Any, Final

from lion.parsers.parser import USUAL, Bounds, Parser
from lion.values.answer_schema import Held, hold_to


def _json(*args: Any, **options: Any) -> Parser:
    from lion.parsers.json_value import JsonParser

    return JsonParser(*args, **options)


def _json_lines(*args: Any, **options: Any) -> Parser:
    from lion.parsers.by_line import JsonLinesParser

    return JsonLinesParser(*args, **options)


def _lines(*args: Any, **options: Any) -> Parser:
    from lion.parsers.by_line import LinesParser

    return LinesParser(*args, **options)


def _csv(*args: Any, **options: Any) -> Parser:
    from lion.parsers.rows import CsvParser

    return CsvParser(*args, **options)


def _xml(*args: Any, **options: Any) -> Parser:
    from lion.parsers.xml_tree import XmlParser

    return XmlParser(*args, **options)


def _calls(*args: Any, **options: Any) -> Parser:
    from lion.parsers.calls import CallsParser

    return CallsParser(*args, **options)


def _markdown(*args: Any, **options: Any) -> Parser:
    from lion.parsers.markdown import MarkdownParser

    return MarkdownParser(*args, **options)


def _text(*args: Any, **options: Any) -> Parser:
    from lion.parsers.plain import TextParser

    return TextParser(*args, **options)


_PARSERS: Final[dict[str, Callable[..., Parser]]] = {
    "json": _json, "json-lines": _json_lines, "xml": _xml, "calls": _calls, "csv": _csv,
    "lines": _lines, "markdown": _markdown, "text": _text,
}  # fmt: skip


def open_parser(
    format: str,
    *,
    schema: Any = None,
    each: Any = None,
    bounds: Bounds = USUAL,
    **options: Any,
) -> Parser:
    """A parser of `json`, `json-lines`, `xml`, `calls`, `csv`, `lines`, `markdown` or `text`.

    `schema` is a JSON schema that the value has to follow in the end, `each` one for each record,
    before it is told; either may be `Held` already (values/answer_schema.py). Options:
    `json`: records, repair; `xml`: root, records; `calls`: names; `csv`: columns, delimiter.
    Raises ValueError for an unknown format, BadSchema for a schema that cannot be checked.
    """
    if format not in _PARSERS:
        raise ValueError(f"{format!r} is none of the formats {', '.join(_PARSERS)}")
    return _PARSERS[format](bounds, _held(schema), _held(each), **options)


def _held(schema: Any) -> Held | None:
    return schema if schema is None or isinstance(schema, Held) else hold_to(schema)
