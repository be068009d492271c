"""Look here if you want to know what the kernel needs of a system plugin: a component that no
sandbox holds, and what only trusted Python may be.
"""

from typing import Any, Protocol

import msgspec

from lion.domain.call import HostCall, Opinion
from lion.domain.event import Record
from lion.domain.plan import Limits
from lion.ports.components import Component, HandleCall


class SystemInfo(msgspec.Struct, frozen=True, kw_only=True):
    """Whose code it is, and what it does. `use` is its entry point's name.

    `judges` are the capabilities whose calls it judges, `hears` the types of records it is told
    of; ("*",) is all, () none.
    """

    use: str
    distribution: str
    version: str
    contract: int
    summary: str = ""
    uses: tuple[str, ...] = ()
    judges: tuple[str, ...] = ()
    hears: tuple[str, ...] = ()


class SystemComponent(Component, Protocol):
    """A system plugin, loaded and opened. Its digest is empty and its exports carry JSON types.

    Whatever its code raises comes out as GuestError(ending="raised"); that of the host passes.
    """

    info: SystemInfo

    def judge(self, call: HostCall, name: str, time_ns: int) -> Opinion | None:
        """What it says of a call, under this name: deny, ask or nothing. Raises GuestError."""
        ...

    async def hear(self, record: Record, behind: int, handle: HandleCall, limits: Limits) -> None:
        """Tell it of a record. Raises GuestError; its deadline is the caller's cancel scope."""
        ...

    async def close(self) -> None:
        """End it, once; the second time does nothing. Raises GuestError."""
        ...


class JsonTypes(Protocol):
    """What a function takes and gives where no WIT type says it."""

    input_schema: dict[str, Any]
    output_schema: dict[str, Any]
    text: str
    """The types as their language writes them."""

    def read(self, values: Any) -> list[Any]:
        """Arguments by name as they are called with and recorded. Raises JsonMismatch."""
        ...
