"""Look here if you want to know how far the schedules of a service have come: since which instant
what comes next is counted.

Rule: a schedule counts from when its manifest was installed, or was first told so; an update that
leaves its times alone changes nothing, so whoever starts a service again misses nothing.
"""

from collections.abc import Mapping
from typing import Any

import msgspec

from lion.domain.events import Event, PluginInstalled, PluginRemoved, PluginUpdated, TaskSubmitted


class Since(msgspec.Struct, frozen=True):
    """`times` are its keys as they are written, `at_ns` its last instant that is over."""

    times: tuple[str, str]
    at_ns: int


class Times(msgspec.Struct, frozen=True):
    """By the whole name of a schedule (`MANIFEST/NAME`)."""

    since: Mapping[str, Since] = {}

    def changed(self, event: Event, time_ns: int) -> "Times":
        """After a fact."""
        match event:
            case PluginInstalled() | PluginUpdated():
                return Times({**self._without(event.name), **self._of(event, time_ns)})
            case PluginRemoved():
                return Times(self._without(event.name))
            case TaskSubmitted() if event.cause is not None and event.cause.at_ns:
                name, at_ns = event.cause.schedule, event.cause.at_ns
                known = self.since.get(name)
                if known is not None:
                    return Times({**self.since, name: Since(known.times, at_ns)})
        return self

    def _without(self, manifest: str) -> dict[str, Since]:
        known = self.since.items()
        return {name: one for name, one in known if name.partition("/")[0] != manifest}

    def _of(self, event: PluginInstalled | PluginUpdated, time_ns: int) -> dict[str, Since]:
        tables: dict[str, dict[str, Any]] = event.manifest.get("schedules", {})
        found = {}
        for name, table in tables.items():
            if "every" in table:
                whole = whole_name(event.name, name)
                times = (str(table["every"]), str(table.get("at", "")))
                known = self.since.get(whole)
                is_same = known is not None and known.times == times
                found[whole] = known if known is not None and is_same else Since(times, time_ns)
        return found


def whole_name(manifest: str, name: str) -> str:
    """What a schedule is called in a service."""
    return f"{manifest}/{name}"
