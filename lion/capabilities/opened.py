"""Look here if you want to know what is open for the executors of a run."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, cast

import msgspec

from lion.domain.call import CallError
from lion.ports import CallContext

if TYPE_CHECKING:
    from lion.capabilities.fs.roots import Files
    from lion.capabilities.http.contract import HttpDoor
    from lion.capabilities.models.provider import Served
    from lion.capabilities.secrets.vault import Vault


class Opened(msgspec.Struct, kw_only=True):
    """What no holder of the plan can reach is not open, and None. `models` are by name."""

    vault: "Vault | None" = None
    door: "HttpDoor | None" = None
    files: "Files | None" = None
    models: "Mapping[str, Served]" = {}
    spooled: int = 0
    """Bytes of bodies that wait for approvals."""

    @property
    def directories(self) -> Mapping[str, Mapping[str, str]]:
        """See ports.Services."""
        return {} if self.files is None else self.files.directories

    def hand(self, name: str) -> str | None:
        """A secret's value, for the environment of a server that the operator has agreed to."""
        return None if self.vault is None else self.vault.hand(name)

    def scrub(self, text: str) -> str:
        """See ports.Services."""
        scrubber = None if self.vault is None else self.vault.scrubber
        if scrubber is None:
            return text
        return scrubber.scrub(text.encode("utf-8", "replace")).decode("utf-8", "replace")


def opened(caller: CallContext) -> Opened:
    """What is open for a caller's run."""
    return cast(Opened, caller.services)


def door_of(caller: CallContext) -> "HttpDoor":
    """The http door. Raises CallError("unavailable") if the host has none."""
    door = opened(caller).door
    if door is None:
        raise CallError("unavailable", "this host has no http door")
    return door
