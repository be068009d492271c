"""Look here if you want to know how the page notices that a plugin's code is not what was agreed
to.

Rule: a component is looked at anew only when its file is another than at the last look.
"""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import msgspec

from lion.domain.task import Principal
from lion.reading import beside
from lion.service.living import Living
from lion.service.plugins import Shown

Stamp = tuple[tuple[str, int, int], ...]


class Drift(msgspec.Struct, frozen=True, kw_only=True):
    """A manifest that has drifted, and why."""

    manifest: str
    why: str


class Looks:
    """What was found at the last look at each manifest."""

    def __init__(self, living: Living) -> None:
        self._living = living
        self._found: dict[str, tuple[object, Stamp, list[Shown]]] = {}

    async def look(self, by: Principal) -> list[Shown]:
        """All holders of the workspace, with their tools, and whether they drifted. Raises
        OperatorError for who may not."""
        found: list[Shown] = []
        service = self._living.service
        for installed in list(service.chain.state.workspace):
            paths = [h.component for h in service.plan_of(installed).holders.values() if h.has_file]
            stamp = await beside(partial(_stamp, paths))
            known = self._found.get(installed.name)
            if known is None or known[0] is not installed or known[1] != stamp:
                shown = await self._living.plugins.show(by, installed.name)
                known = self._found[installed.name] = installed, stamp, shown
            found += known[2]
        return found

    async def drifts(self, by: Principal) -> list[Drift]:
        """What is not what was agreed to."""
        whys = {one.manifest: one.drifted for one in await self.look(by) if one.drifted}
        return [Drift(manifest=name, why=why) for name, why in whys.items()]


def _stamp(paths: list[Path]) -> Stamp:
    return tuple(_stamped(paths))


def _stamped(paths: list[Path]) -> Iterator[tuple[str, int, int]]:
    for path in paths:
        try:
            seen = path.stat()
        except OSError:
            yield str(path), 0, -1
        else:
            yield str(path), seen.st_mtime_ns, seen.st_size
