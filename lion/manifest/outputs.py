"""Look here if you want to know what `output` of a `[[run]]` may say.

Rule: what could not be checked of an answer is refused here, with its line.
"""

from typing import TYPE_CHECKING, Final

from lion.domain.plan import FORMATS, Output
from lion.manifest.document import Document, Place

if TYPE_CHECKING:
    from lion.manifest.tables import OutputTable

MOST_AGAIN: Final = 10


def build_output(document: Document, run: Place, table: "OutputTable") -> Output:
    """The output of a checked table. Raises OperatorError."""
    place = (*run, "output")
    if table.format not in FORMATS:
        hint = f"write one of {', '.join(FORMATS)}"
        raise document.error((*place, "format"), f"{table.format!r} is no format", hint)
    if table.repair and table.format != "json":
        what = f"only JSON is mended, and this is {table.format!r}"
        raise document.error((*place, "repair"), what, "remove it")
    if table.again > MOST_AGAIN:
        what = f"an answer is asked for again at most {MOST_AGAIN} times"
        raise document.error((*place, "again"), what, f"write again = {MOST_AGAIN}")
    if table.schema_ is not None:
        _check_schema(document, place, table)
    return Output(
        format=table.format, schema=table.schema_, repair=table.repair, again=table.again
    )


def _check_schema(document: Document, place: Place, table: "OutputTable") -> None:
    from lion.values.answer_schema import BadSchema, check_schema

    try:
        check_schema(table.schema_)
    except BadSchema as exc:
        raise document.error((*place, "schema"), str(exc), "see JSON Schema, 2020-12") from None
