"""Look here if you want to know how `shortest-first` advises a service: what took less time before
goes first.

    [system.brief]
    use = "shortest-first"
    settings = { unknown = 1_000 }

    [service]
    adviser = "brief"

It is an adviser: the scheduler decides, and lets nobody wait beyond its bound.
"""

from typing import Annotated, Any

from pydantic import Field

from lion.system import PluginSettings, SystemPlugin, tool


class ShortestFirstSettings(PluginSettings):
    """How long something is taken to last that never ran, in milliseconds."""

    unknown: Annotated[int, Field(ge=0, le=86_400_000)] = 1_000


class ShortestFirst(SystemPlugin[ShortestFirstSettings]):
    """Puts tasks in order by how long the like of them took."""

    contract = 1

    @tool
    def advise(self, tasks: list[dict[str, Any]]) -> list[str]:
        """The ids of these tasks, the one that is likely to last least first."""
        return [task["id"] for task in sorted(tasks, key=self._length)]

    def _length(self, task: dict[str, Any]) -> int:
        expected = task.get("expected-ms")
        return self.settings.unknown if expected is None else int(expected)
