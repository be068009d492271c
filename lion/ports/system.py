"""Look here if you want to know what the kernel needs of a system plugin: a component that no
sandbox holds, and what only trusted Python may be.
"""

from collections.abc import Sequence
from typing import Protocol

import msgspec

from lion.domain.call import HostCall, Opinion
from lion.domain.capability import capability_of
from lion.domain.plan import Limits
from lion.domain.record import Record
from lion.ports.components import Component, Export, HandleCall


class Offered(msgspec.Struct, frozen=True, kw_only=True):
    """A host function that a system plugin executes for guests.

    `export` has its interface (`acme:shelf/books@1.0.0`), name and WIT type, which gives
    `result<_, types.error>`. `target` is the index of the parameter that says what a call is
    about; `is_outside` that the world can see it.
    """

    export: Export
    target: int | None = None
    is_outside: bool = True

    @property
    def capability(self) -> str:
        """The extension it belongs to: `acme:shelf/books`."""
        return capability_of(self.export.interface)

    @property
    def text(self) -> str:
        """As it is recorded: `acme:shelf/books@1.0.0#find(title)`."""
        export = self.export
        named = "" if self.target is None else export.type.params[self.target][0]
        return f"{export.interface}#{export.name}({named})"


class Asking(msgspec.Struct, frozen=True, kw_only=True):
    """Who asks for an offered function; `chain` ends with the holder that does."""

    run: str
    chain: tuple[str, ...]
    namespace: str


class SystemInfo(msgspec.Struct, frozen=True, kw_only=True):
    """Whose code it is, and what it does. `use` is its entry point's name.

    `judges` are the capabilities whose calls it judges, `hears` the types of records it is told
    of; ("*",) is all, () none. `offers` are its functions for guests (Offered.text).
    """

    use: str
    distribution: str
    version: str
    contract: int
    summary: str = ""
    uses: tuple[str, ...] = ()
    judges: tuple[str, ...] = ()
    hears: tuple[str, ...] = ()
    offers: tuple[str, ...] = ()


class SystemComponent(Component, Protocol):
    """A system plugin, loaded and opened. Its digest is empty and its exports carry JSON types.

    Whatever its code raises comes out as GuestError(ending="raised"); that of the host passes. An
    offered function is called like an export, with who asks (Asking) before the arguments.
    """

    info: SystemInfo
    functions: Sequence[Offered]

    def judge(self, call: HostCall, name: str, time_ns: int) -> Opinion | None:
        """What it says of a call, under this name: deny, ask or nothing. Raises GuestError."""
        ...

    async def hear(self, record: Record, behind: int, handle: HandleCall, limits: Limits) -> None:
        """Tell it of a record. Raises GuestError; its deadline is the caller's cancel scope."""
        ...

    async def close(self) -> None:
        """End it, once; the second time does nothing. Raises GuestError."""
        ...
