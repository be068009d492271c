"""Look here if you want to know how the arguments of an export go into a guest, and how its result
comes out.

Rule: a result is read into a room that the holder's limits make (bounds.py).
Rule: nothing is read of a call that failed.
"""

import ctypes
from collections.abc import Mapping, Sequence
from typing import Any

from lion.domain.plan import Limits
from lion.errors import GuestError
from lion.ports import Export
from lion.values.wit import Function
from lion.wasm import capi
from lion.wasm.bounds import Room, TooLarge
from lion.wasm.lift import LiftWithin, compile_within, has_list
from lion.wasm.lower import Lower, LowerError, compile_lower


class Entry:
    """What is prepared once for each export."""

    def __init__(self, index: Any, function: Function, type_ids: Mapping[str, int]) -> None:
        self.index = capi.address(index)
        self.keep = index
        self.lowers: list[Lower] = [compile_lower(t, type_ids) for _, t in function.params]
        self.lift: LiftWithin | None = (
            None if function.result is None else compile_within([function.result])
        )
        self.takes_lists = any(has_list(t) for _, t in function.params)
        self.gives_lists = has_list(function.result)


class Values:
    """An array of wasmtime values that is freed with everything in it."""

    __slots__ = ("_buffer", "address", "count")

    def __init__(self, count: int) -> None:
        self._buffer = ctypes.create_string_buffer(capi.VAL * max(count, 1))
        self.address = ctypes.addressof(self._buffer)
        self.count = count

    def fill(self, lowers: Sequence[Lower], values: Sequence[Any], context: int) -> None:
        """Write arguments. Raises LowerError."""
        if len(values) != len(lowers):
            raise LowerError(f"{len(values)} arguments where {len(lowers)} are taken")
        for at, (lower, value) in enumerate(zip(lowers, values, strict=True)):
            try:
                lower(value, context, self.address + capi.VAL * at)
            except LowerError as exc:
                raise LowerError(f"argument {at + 1}: {exc}") from exc

    def free(self, delete: Any = capi.val_delete) -> None:
        """Free what the values hold. All zero is a bool, so an array never filled, or freed
        before, is safe to free.
        """
        for i in range(self.count):
            delete(self.address + capi.VAL * i)
        ctypes.memset(self.address, 0, len(self._buffer))


class Reading:
    """The result of a call, read once, by whoever polled last."""

    def __init__(
        self, entry: Entry, result: Values, error: ctypes.c_void_p, context: int, limits: Limits
    ) -> None:
        """`error` is where wasmtime says that there is none."""
        self._entry = entry
        self._result = result
        self._error = error
        texts = limits.memory if limits.output is None else limits.output
        self._room = Room(context, limits.memory, texts)
        self._value: Any = None
        self._failure: Exception | None = None

    def read(self) -> None:
        """Read it, and let go of wasmtime's. Never raises."""
        try:
            if self._entry.lift is not None and not self._error.value:
                self._value = self._entry.lift(self._result.address, self._room)[0]
        except Exception as exc:  # noqa: BLE001 - `value` raises it, on the loop's thread
            self._failure = exc
        finally:
            # Of a million parts that takes so long that others would miss the interpreter.
            self._result.free(
                capi.large_val_delete if self._entry.gives_lists else capi.val_delete
            )

    def value(self, export: Export) -> Any:
        """What was read. Raises GuestError for what is too large."""
        match self._failure:
            case None:
                return self._value
            case TooLarge(is_text=True) as exc:
                raise GuestError(
                    f"the result of {export.name!r} has more than {exc.limit:,} bytes",
                    ending="exhausted",
                    hint='raise it with limits = { output = "..." }',
                ) from None
            case TooLarge() as exc:
                raise GuestError(
                    f"the result of {export.name!r} takes more than {exc.limit:,} bytes of the "
                    "host's memory, which is what its instance may have",
                    ending="memory",
                    hint='give less at once, or raise it with limits = { memory = "..." }',
                ) from None
            case failure:
                raise failure
