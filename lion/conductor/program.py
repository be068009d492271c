"""Look here if you want to know how an agent of others is a component to the kernel: what lion
says to its program and hears from it, by host calls that are decided, charged and recorded.

Rule: what speaks here is lion's own, and acts by host calls alone. The program itself is behind
one of them (lion/capabilities/program), and a replay does without.
"""

import hashlib
from collections.abc import Sequence
from typing import Any, Final

import msgspec

from lion.conductor.functions import POLL, host_import
from lion.conductor.speaking import Speaker
from lion.domain.call import ERROR_CASES
from lion.domain.plan import Limits
from lion.domain.program import ProgramCode, decode_program
from lion.errors import AuditError
from lion.ports import CallStats, Export, HandleCall, Handles, Import
from lion.values.wit import Function, Handle, ListOf, OptionOf, Prim, RecordOf, ResultOf, VariantOf

_TEXT, _U32, _BOOL, _S32 = Prim("string"), Prim("u32"), Prim("bool"), Prim("s32")
_SELF: Final = ("self", Handle("borrow", "running"))
_OUTPUT: Final = RecordOf((("text", _TEXT), ("json", OptionOf(_TEXT))))
RUN: Final = Function(
    (("task", _TEXT),), ResultOf(_OUTPUT, VariantOf(tuple((case, _TEXT) for case in ERROR_CASES)))
)
"""As the world `agent` has it (wit/worlds.wit)."""
_HEARD: Final = RecordOf((("lines", ListOf(_TEXT)), ("ending", _TEXT), ("fault", _TEXT)))
IMPORTS: Final[Sequence[Import]] = (
    host_import("log", "write", None),
    host_import("output", "text", None),
    host_import("output", "partial", None),
    POLL,
    host_import("tools", "list", None),
    host_import("tools", "start", None),
    host_import("tools", "[method]pending.take", None),
    host_import("llm", "models", None),
    host_import("llm", "start", None),
    host_import("llm", "[method]answer.next", None),
    host_import("program", "start", _U32, ("command", ListOf(_TEXT))),
    host_import("program", "[method]running.next", _HEARD, _SELF),
    host_import("program", "[method]running.say", None, _SELF, ("lines", ListOf(_TEXT))),
)
"""What any of them could do; what it may, its grants say."""


class ProgramComponent:
    """An agent of others. Implements ports.Component."""

    def __init__(self, code: ProgramCode, digest: str) -> None:
        self._code = code
        self.digest = digest
        self.imports = IMPORTS
        docs = f"the agent that the program {code.command[0]} is"
        self.exports: Sequence[Export] = (Export(interface="", name="run", type=RUN, docs=docs),)

    async def call(
        self,
        export: Export,
        args: Sequence[Any],
        handle: HandleCall,
        handles: Handles,
        limits: Limits,
        stats: CallStats,
    ) -> Any:
        """Have the program do one task. Raises GuestError for one that breaks off or does not keep
        to the protocol, and what `handle` raises.
        """

        async def counted(index: int, given: list[Any]) -> Any:
            stats.host_calls += 1
            return await handle(index, given)

        speaker = Speaker(self.imports, counted, handles, limits.concurrent)
        return await speaker.work(self._code.command, args[0])


def load_program(data: bytes) -> ProgramComponent:
    """What speaks with a program. Raises AuditError for what this lion cannot read."""
    try:
        code = decode_program(data)
    except (ValueError, msgspec.MsgspecError) as exc:
        raise AuditError(f"an agent of others in the log cannot be read: {exc}") from exc
    return ProgramComponent(code, hashlib.sha256(data).hexdigest())
