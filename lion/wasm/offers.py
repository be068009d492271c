"""Look here if you want to know what a component may import, and how an import with other types is
noticed.

The types of every released interface are frozen in interfaces-*.json, which is made from wit/
(make plugins) and kept for ever;
the host serves all of them at once.
"""

import difflib
import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from lion.domain.capability import is_extension
from lion.errors import GuestError


class Offers:
    """Interfaces by name with version; each function by name with its canonical type, each
    resource with "resource".
    """

    def __init__(self, interfaces: Mapping[str, Mapping[str, str]]) -> None:
        self.interfaces = interfaces

    def check_interface(self, interface: str, *, is_empty: bool = False) -> None:
        """Raise GuestError(ending="world") for an interface lion does not offer.

        One without functions and resources (`is_empty`) asks for nothing: it only names types.
        """
        if interface in self.interfaces or (is_empty and interface):
            return
        if not interface:
            raise GuestError(
                "it imports functions without an interface, which lion does not offer",
                ending="world",
            )
        near = difflib.get_close_matches(interface, self.interfaces, 1, 0.9)
        raise GuestError(
            f"it imports {interface}, which lion does not offer",
            ending="world",
            hint=f"did you mean {near[0]}?"
            if near
            else "lion inspect shows what a component imports",
        )

    def leaves_to_plugins(self, interface: str) -> bool:
        """Whether this is an extension's, which lion does not offer but a system plugin may.

        Without a version it is nobody's: what is offered has one.
        """
        name, _, version = interface.partition("@")
        return bool(version) and interface not in self.interfaces and is_extension(name)

    def check_resource(self, interface: str, name: str) -> None:
        """Raise GuestError(ending="world") for a resource the interface does not have."""
        if self.leaves_to_plugins(interface):
            raise GuestError(
                f"it imports {interface}.{name}, a resource, and no extension has one",
                ending="world",
            )
        if self.interfaces[interface].get(name) != "resource":
            raise GuestError(
                f"it imports {interface}.{name}, a resource lion does not offer", ending="world"
            )

    def check_function(self, interface: str, name: str, kind: str) -> None:
        """Raise GuestError(ending="world") for a function the interface does not have, or has with
        another type.
        """
        known = self.interfaces[interface].get(name)
        if known is None:
            raise GuestError(
                f"it imports {interface}.{name}, a function lion does not offer", ending="world"
            )
        if known != kind:
            raise GuestError(
                f"it imports {interface}.{name} as {kind}, but here it is {known}",
                ending="world",
                hint="build it against the interfaces of this version (wit/)",
            )


@cache
def offered() -> Offers:
    """Everything this lion offers."""
    interfaces: dict[str, dict[str, str]] = {}
    for path in sorted(Path(__file__).parent.glob("interfaces-*.json")):
        interfaces.update(json.loads(path.read_text("utf-8")))
    return Offers(interfaces)
