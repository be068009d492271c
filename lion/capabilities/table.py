"""Look here if you want to know which host functions exist.

Rule: this table and the WIT say the same, name for name (a guard test compares them).
Rule: a room is imported when one of its functions is asked for: most runs use few of them.
"""

from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import Any, Final

from lion.domain.capability import OF_PROGRAMS, OF_WORKFLOWS, OFFERED, Capability
from lion.ports import Operation

Key = tuple[str, str]
"""An interface (`kv`) and a name as imported (`[method]pending.take`)."""

ROOMS: Final = {
    "fs": "fs.functions", "http": "http.functions", "llm": "llm.functions",
    "secrets": "secrets.functions",
}  # fmt: skip
"""In which room the functions of a capability are, if it is not called like that."""
ROOMS_OF_OUR_OWN: Final = {"agents": "jobs", "program": "program.functions"}


class HostFunctions(Mapping[Key, Operation]):
    """Host functions; `given` are there already, the others are in `rooms`."""

    def __init__(self, rooms: Mapping[Key, str], given: Mapping[Key, Operation]) -> None:
        self._rooms = {**dict.fromkeys(given, ""), **rooms}
        self._found = dict(given)

    def __getitem__(self, key: Key) -> Operation:
        if key not in self._found:
            room: Any = import_module(f"lion.capabilities.{self._rooms[key]}")
            for one in room.OPERATIONS:
                self._found.setdefault((one.capability, _import_name(one.name)), one)
        return self._found[key]

    def __iter__(self) -> Iterator[Key]:
        return iter(self._rooms)

    def __len__(self) -> int:
        return len(self._rooms)


def host_functions(given: Mapping[Key, Operation] = {}) -> Mapping[Key, Operation]:
    """Every host function, or those given; and what only lion's own code is offered, for workflows
    and agents of others.
    """
    own = {**OF_WORKFLOWS, OF_PROGRAMS.name: OF_PROGRAMS}
    rooms = _rooms(own, ROOMS_OF_OUR_OWN)
    return HostFunctions(rooms if given else {**rooms, **_rooms(OFFERED, ROOMS)}, given)


def build_operations() -> dict[Key, Operation]:
    """Every host function that a component may import, with all rooms."""
    return dict(HostFunctions(_rooms(OFFERED, ROOMS), {}))


def _rooms(capabilities: Mapping[str, Capability], rooms: Mapping[str, str]) -> dict[Key, str]:
    return {
        (name, _import_name(operation)): rooms.get(name, name)
        for name, capability in capabilities.items()
        for operation in capability.operations
    }


def _import_name(name: str) -> str:
    return f"[method]{name}" if "." in name else name
