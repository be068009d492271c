"""Look here if you want to know how the page sees what is installed: components as they are, and
whether they are what was agreed to.

Rule: a component is looked at anew only when its file is another than at the last look.
"""

from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path

import msgspec

from lion.domain.plan import Holder
from lion.domain.task import Principal
from lion.errors import LionError
from lion.reading import beside
from lion.review.loaded import ComponentInfo
from lion.service.living import Living
from lion.service.workspace import Installed

Stamp = tuple[tuple[str, int, int], ...]


class Drift(msgspec.Struct, frozen=True, kw_only=True):
    """A manifest that has drifted, and why."""

    manifest: str
    why: str


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """A manifest at the last look: what its holders are and what was found of their components;
    `why` it cannot be used as it is (empty: it can)."""

    installed: Installed
    holders: Mapping[str, Holder]
    infos: Mapping[str, ComponentInfo]
    why: str = ""


class Looks:
    """What was found at the last look at each manifest."""

    def __init__(self, living: Living) -> None:
        self._living = living
        self._found: dict[str, tuple[Stamp, Seen]] = {}

    async def look(self, by: Principal) -> list[Seen]:
        """All manifests of the workspace. Raises OperatorError for who may not."""
        self._living.plugins.listed(by)
        workspace = self._living.service.chain.state.workspace
        for name in [name for name in self._found if name not in workspace.manifests]:
            del self._found[name]
        return [await self._look(installed) for installed in list(workspace)]

    async def drifts(self, by: Principal) -> list[Drift]:
        """What is not what was agreed to."""
        return [
            Drift(manifest=one.installed.name, why=one.why)
            for one in await self.look(by)
            if one.why
        ]

    async def _look(self, installed: Installed) -> Seen:
        plan = self._living.service.plan_of(installed)
        stamp = await beside(partial(_stamp, [h.component for h in plan.holders.values()]))
        known = self._found.get(installed.name)
        if known is not None and known[0] == stamp and known[1].installed is installed:
            return known[1]
        infos: Mapping[str, ComponentInfo] = {}
        why = ""
        try:
            infos, _ = await self._living.service.host.look_at(plan, is_strict=False)
        except LionError as exc:
            why = exc.what
        seen = Seen(installed=installed, holders=plan.holders, infos=infos, why=why)
        self._found[installed.name] = stamp, seen
        return seen


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
