"""Look here if you want to know how somebody is asked for an answer of a form, and asked again if
it is not of it.

Rule: again at most so often, each time with the fault in words; then the fault is the end.
"""

import json
from typing import Any, Final

import msgspec

from lion.parsers.build import open_parser
from lion.parsers.events import Fault, Parsed
from lion.parsers.parser import USUAL, Bounds
from lion.values.answer_schema import hold_to

_FORMS: Final = {
    "json": "JSON alone, without words around it and without a code block",
    "json-lines": "JSON lines alone: in each line one JSON object, and nothing else",
    "xml": "one XML element alone, without a document type",
    "calls": 'function calls alone, such as find(query="lions", limit=3)',
    "csv": "CSV alone: a first row with the names of the columns, then a row for each record",
    "lines": "lines, each of them one item, without marks or numbers",
    "markdown": "Markdown",
    "text": "plain text",
}
_QUOTED: Final = 2_000
"""Characters of an answer that are shown to whoever gave it."""


class Again(msgspec.Struct, frozen=True):
    """The answer was not of the form: `words` say so to whoever answers, `fault` says why."""

    words: str
    fault: Fault


class Asking:
    """One question, and the answers to it."""

    def __init__(
        self,
        format: str,
        *,
        schema: Any = None,
        times: int = 0,
        bounds: Bounds = USUAL,
        **options: Any,
    ) -> None:
        """`times` is how often it may be asked again. Else as open_parser.

        Raises ValueError, BadSchema.
        """
        self._format = format
        self._schema = schema
        self._held = None if schema is None else hold_to(schema)
        self._bounds = bounds
        self._options = options
        self._left = times
        self.asked = 1
        open_parser(format, bounds=bounds, **options)

    @property
    def demand(self) -> str:
        """What is said to whoever answers, behind the question."""
        words = f"Answer with {_FORMS[self._format]}."
        if self._schema is not None:
            written = json.dumps(self._schema, ensure_ascii=False, separators=(",", ":"))
            words = f"{words} It has to follow this JSON schema: {written}"
        return words

    def judge(self, answer: str) -> Parsed | Again | Fault:
        """What becomes of an answer."""
        parser = open_parser(self._format, schema=self._held, bounds=self._bounds, **self._options)
        parser.feed(answer)
        end = parser.finish()
        if isinstance(end, Parsed) or not self._left:
            return end
        self._left -= 1
        self.asked += 1
        return Again(self._words(answer, end), end)

    def _words(self, answer: str, fault: Fault) -> str:
        quoted = answer if len(answer) <= _QUOTED else answer[:_QUOTED] + "…"
        return (
            f"The last answer could not be taken: {fault.what}.\n{self.demand}\n"
            f"The last answer was:\n{quoted}"
        )
