"""Look here if you want to know what becomes of an answer that does not follow its schema.

Rule: it is an error and no end: who asked for a structure is never given something else as if it
were one. What came of it was heard and is paid for.
Rule: only a whole answer is judged: one that was cut by a limit, filtered, or wants tools says so
by its stop.
Rule: it is judged beside the loop: a short answer can take long too, by the schema.
"""

from typing import Any

import msgspec
import trio

from lion.domain.call import CallError
from lion.threads import finish
from lion.values.answer_schema import TooMuch, find_fault

MOST_BYTES = 256 * 1024
"""Of an answer that has to follow a schema."""


class Structure:
    """The text of one answer, held to a schema in the end."""

    def __init__(self, schema: dict[str, Any]) -> None:
        self._schema = schema
        self._pieces: list[str] = []
        self._size = 0

    def add(self, piece: str) -> None:
        """Take a piece. Raises CallError("exhausted")."""
        self._pieces.append(piece)
        self._size += len(piece)
        if self._size > MOST_BYTES:
            words = f"an answer by a schema has at most {MOST_BYTES:,} characters"
            raise CallError("exhausted", words)

    async def check(self) -> None:
        """Raises CallError("other") if the answer does not follow the schema."""
        text = "".join(self._pieces)
        limiter = trio.to_thread.current_default_thread_limiter()
        fault = await finish(lambda: _fault(self._schema, text), (limiter,))
        if fault is not None:
            raise CallError("other", f"the model's answer does not follow the schema: {fault}")


def _fault(schema: dict[str, Any], text: str) -> str | None:
    try:
        value = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError) as exc:
        return f"it is no JSON ({exc})"
    try:
        return find_fault(schema, value)
    except TooMuch as exc:
        return str(exc)
