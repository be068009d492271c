"""Look here if you want to know what is installed in a service: manifests and their holders,
a fold of what was installed, updated, disabled and removed.

Rule: a holder's name is one in the whole workspace, so a word names one plugin.
Rule: a manifest is kept as it was resolved when it was installed; its file may change or go.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from lion.domain.events import (
    PluginDisabled,
    PluginEnabled,
    PluginInstalled,
    PluginRemoved,
    PluginUpdated,
)
from lion.domain.names import did_you_mean
from lion.domain.plan import Holder, Plan
from lion.errors import OperatorError
from lion.manifest.parse import recorded_plan
from lion.service.errors import gets_no_work

PluginEvent = PluginInstalled | PluginUpdated | PluginEnabled | PluginDisabled | PluginRemoved
KINDS = {"plugins": "plugin", "agents": "agent", "workflows": "workflow", "system": "system"}


class Installed(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A manifest of the workspace. `disabled` are reasons by the name of a holder, or of the
    manifest for all of it; `digests` those of components by holder. Times in nanoseconds.
    """

    name: str
    by: str
    manifest: dict[str, Any]
    text: str
    path: str
    folder: str
    digests: dict[str, str]
    installed_ns: int
    updated_ns: int = 0
    disabled: dict[str, str] = {}
    is_disabled: str | None = None
    """Why all of it is disabled; None: it is not."""

    @property
    def holders(self) -> dict[str, str]:
        """The kind of each holder by its name."""
        tables = ((kind, self.manifest.get(key)) for key, kind in KINDS.items())
        return {name: kind for kind, table in tables if table for name in table}

    def why_not(self, holder: str) -> str | None:
        """Why a holder gets no work; None: it does."""
        return self.is_disabled if self.is_disabled is not None else self.disabled.get(holder)

    def plan(self) -> Plan:
        """What it comes to: each component pinned to the digest that was agreed to. Raises
        OperatorError if this lion cannot read what another wrote.
        """
        plan = recorded_plan(self.manifest, self.text, folder=Path(self.folder))
        path = Path(self.path) if self.path else None
        holders = {name: self._pinned(holder) for name, holder in plan.holders.items()}
        return msgspec.structs.replace(
            plan, path=path, folder=Path(self.folder), holders=holders, runs=()
        )

    def _pinned(self, holder: Holder) -> Holder:
        return msgspec.structs.replace(holder, digest=self.digests.get(holder.name, ""))


class Workspace(msgspec.Struct, frozen=True):
    """Manifests by name, in the order in which they were installed."""

    manifests: dict[str, Installed] = {}

    def __iter__(self) -> Iterator[Installed]:
        return iter(self.manifests.values())

    def of_holder(self, name: str) -> Installed | None:
        """The manifest that has a holder of this name."""
        return next((one for one in self.manifests.values() if name in one.holders), None)

    def find(self, name: str) -> Installed:
        """The manifest of a holder, or of this name. Raises OperatorError."""
        found = self.of_holder(name) or self.manifests.get(name)
        if found is None:
            known = {*self.manifests, *(holder for one in self for holder in one.holders)}
            hint = did_you_mean(name, known) if known else "install one: lion plugin install FILE"
            raise OperatorError(f"nothing is installed as {name!r}", hint=hint, status=404)
        return found

    def whole(self, name: str, verb: str) -> Installed:
        """The manifest of this name, or of its only holder's: what is removed or updated as a
        whole. Raises OperatorError for one holder among several.
        """
        found = self.manifests.get(name) or self.find(name)
        if found.name != name and len(found.holders) > 1:
            raise OperatorError(
                f"{name!r} is one of {len(found.holders)} holders of the manifest {found.name!r}",
                hint=f"{verb} all of it: lion plugin {verb} {found.name}, or disable this one",
            )
        return found

    def check_new(self, name: str, holders: Mapping[str, object], *, instead: str = "") -> None:
        """Raise OperatorError if a name is taken; `instead` is the manifest that goes for it."""
        if name in self.manifests and name != instead:
            raise OperatorError(
                f"a manifest {name!r} is installed already",
                hint=f"update it: lion plugin update {name}, or remove it first",
            )
        for other in self.manifests.values():
            for holder in sorted(other.holders.keys() & holders.keys()):
                if other.name != instead:
                    raise OperatorError(
                        f"{holder!r} is taken: the manifest {other.name!r} has a "
                        f"{other.holders[holder]} of this name",
                        hint="rename one of them: names are unique in a workspace",
                    )


def ready_for(workspace: Workspace, holder: str) -> Installed:
    """The manifest of a holder that gets work. Raises OperatorError if it gets none, and why."""
    found = workspace.of_holder(holder)
    if found is None:
        hint = f"name one of: {', '.join(workspace.find(holder).holders)}"
        raise OperatorError(f"{holder!r} is a manifest", hint=hint, status=400)
    if (reason := found.why_not(holder)) is not None:
        raise gets_no_work(holder, reason)
    return found


def changed(workspace: Workspace, event: PluginEvent, time_ns: int) -> Workspace:
    """A workspace after a fact of it."""
    manifests = dict(workspace.manifests)
    match event:
        case PluginInstalled() | PluginUpdated():
            manifests[event.name] = _installed(event, manifests.get(event.name), time_ns)
        case PluginRemoved():
            manifests.pop(event.name, None)
        case PluginEnabled() | PluginDisabled():
            found = workspace.of_holder(event.name) or manifests.get(event.name)
            if found is not None:
                manifests[found.name] = _switched(found, event)
    return Workspace(manifests)


def _installed(
    event: PluginInstalled | PluginUpdated, before: Installed | None, time_ns: int
) -> Installed:
    return Installed(
        name=event.name, by=event.by, manifest=event.manifest, text=event.text, path=event.path,
        folder=event.folder, digests=event.digests,
        installed_ns=time_ns if before is None else before.installed_ns,
        updated_ns=0 if before is None else time_ns,
        disabled={} if before is None else before.disabled,
        is_disabled=None if before is None else before.is_disabled,
    )  # fmt: skip


def _switched(found: Installed, event: PluginEnabled | PluginDisabled) -> Installed:
    replace = msgspec.structs.replace
    reason = event.reason if isinstance(event, PluginDisabled) else None
    if event.name not in found.holders:
        return replace(found, is_disabled=reason)
    disabled = {name: why for name, why in found.disabled.items() if name != event.name}
    if reason is not None:
        return replace(found, disabled={**disabled, event.name: reason})
    return replace(found, disabled=disabled)
