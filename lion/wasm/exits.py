"""Look here if you want to know how a guest ends its call early, with a value, as a program does
that exits.

    finish: func(result: result<string, string>)         interface lion:guest/exit

The adapters that stand between lion and guests of other kinds import it. It gives nothing and
reaches nothing: the runtime itself ends the call there, in a replay too, and nobody else hears of
it.

Rule: an export gives `result<string, string>`, or what an agent's `run` gives; the end of any
other is a GuestError, with what was said.
"""

from collections.abc import Sequence
from typing import Any, Final

from lion.errors import GuestError
from lion.ports import Export, HandleCall, Import
from lion.values.wit import OptionOf, Prim, RecordOf, ResultOf, VariantOf

EXIT: Final = "lion:guest/exit@0.1.0"
_TYPE: Final = "func(result: result<string, string>)"
_TEXT: Final = Prim("string")
_OUTPUT: Final = (("text", _TEXT), ("json", OptionOf(_TEXT)))
_OTHER: Final = (("other", _TEXT),)
"""The last case of an agent's error."""


class Finished(Exception):
    """Raised through a guest's call: its value."""

    def __init__(self, value: Any) -> None:
        super().__init__()
        self.value = value


def is_exit(interface: str) -> bool:
    return interface == EXIT


def check_exit(name: str, kind: str) -> None:
    """Raise GuestError(ending="world") for another function than the one there is."""
    if (name, kind) != ("finish", _TYPE):
        raise GuestError(
            f"it imports {EXIT}.{name} as {kind}, but here it is finish: {_TYPE}", ending="world"
        )


def given(export: Export, value: Any) -> Any:
    """What an export gives whose call ended with this. Raises GuestError(ending="exit") where its
    type has no place for it.
    """
    case, text = value
    match export.type.result:
        case ResultOf(ok, err) if (ok, err) == (_TEXT, _TEXT):
            return value
        case ResultOf(RecordOf(fields), VariantOf(cases)) if (
            fields == _OUTPUT and cases[-1:] == _OTHER
        ):
            return (case, {"text": text, "json": None} if case == "ok" else ("other", text))
        case None if case == "ok":
            return None
    said = "it exited" if case == "ok" else str(text)
    raise GuestError(f"{export.name!r} gave nothing: {said}", ending="exit")


def with_exit(imports: Sequence[Import], handle: HandleCall) -> HandleCall:
    """`handle` for a component whose imports are `imports` and then the exit."""
    number = len(imports)

    async def answer(index: int, args: list[Any]) -> Any:
        if index == number:
            raise Finished(args[0])
        return await handle(index, args)

    return answer
