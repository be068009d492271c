"""Look here if you want to know how a guest ends its call early, with a value, as a program does
that exits.

    finish: func(result: result<string, string>)         interface lion:guest/exit

The adapters that stand between lion and guests of other kinds import it. It gives nothing and
reaches nothing: the runtime itself ends the call there, in a replay too, and nobody else hears of
it.

Rule: what is given must be what the export returns, so a component with other exports may not
import it.
"""

from collections.abc import Sequence
from typing import Any, Final

from lion.errors import GuestError
from lion.ports import Export, HandleCall, Import
from lion.values.wit import Prim, ResultOf

EXIT: Final = "lion:guest/exit@0.1.0"
_TYPE: Final = "func(result: result<string, string>)"
_RESULT: Final = ResultOf(Prim("string"), Prim("string"))


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


def check_results(exports: Sequence[Export]) -> None:
    """Raise GuestError(ending="world") for an export that could not end so."""
    for export in exports:
        if export.type.result != _RESULT:
            raise GuestError(
                f"it imports {EXIT} and exports {export.name}, which gives no "
                "result<string, string>",
                ending="world",
            )


def with_exit(imports: Sequence[Import], handle: HandleCall) -> HandleCall:
    """`handle` for a component whose imports are `imports` and then the exit."""
    number = len(imports)

    async def answer(index: int, args: list[Any]) -> Any:
        if index == number:
            raise Finished(args[0])
        return await handle(index, args)

    return answer
