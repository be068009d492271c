"""Look here if you want to know how plugins come into a service while it works, change and go.

Rule: what works keeps its plan; what is disabled or removed is refused its next host call.
Rule: what a new version may do otherwise is shown first, and somebody accepts exactly that.
"""

from collections.abc import Mapping
from functools import partial
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
from lion.domain.plan import Plan
from lion.domain.task import Principal
from lion.errors import OperatorError
from lion.plans import Given, Source, read_source
from lion.reading import beside
from lion.review.loaded import ComponentInfo
from lion.service.differences import differences, token_of
from lion.service.errors import differs
from lion.service.roles import check_allowed
from lion.service.service import Service
from lion.service.workspace import Installed

Infos = Mapping[str, ComponentInfo]


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """A holder of the workspace, for people. `drifted` says why its code is not what was agreed
    to, empty: it is; `disabled` why it gets no work, None: it does.
    """

    name: str
    kind: str
    manifest: str
    by: str
    origin: str
    digest: str
    grants: tuple[str, ...]
    disabled: str | None = None
    tools: tuple[str, ...] = ()
    drifted: str = ""


class Plugins:
    """The commands about plugins of a service."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._chain = service.chain

    async def install(
        self, by: Principal, source: Source | Plan, *, folder: str = "/",
        sets: Mapping[str, str | int] = {},
    ) -> Installed:  # fmt: skip
        """Take a manifest (a path, its text or tables) or a bare component in. All of it is loaded
        and looked at first. Raises OperatorError, GuestError.
        """
        check_allowed(by, "plugin install")
        plan, infos = await self._looked_at(source, folder, sets)
        self._chain.state.workspace.check_new(plan.name, plan.holders)
        self._chain.tell(PluginInstalled(**self._facts(by, plan, infos)))
        await self._chain.commit()
        return self._chain.state.workspace.manifests[plan.name]

    async def update(
        self, by: Principal, name: str, source: Source | Plan | None = None, *, folder: str = "/",
        sets: Mapping[str, str | int] = {}, accept: str = "",
    ) -> tuple[Installed, tuple[str, ...]]:  # fmt: skip
        """Take another version in: of the same file, if no `source` is named. `accept` is the word
        for the changes that were shown; what changed. Raises OperatorError with them (facts
        `changes` and `accept`) if it is another.
        """
        check_allowed(by, "plugin update")
        found = self._chain.state.workspace.whole(name, "update")
        plan, infos = await self._looked_at(source or _again(found), folder, sets)
        workspace = self._chain.state.workspace  # as it is after the look
        if workspace.manifests.get(found.name) is not found or plan.name != found.name:
            raise OperatorError(
                f"the new version is of {plan.name!r}, not of {found.name!r} as it was",
                hint="look what is installed: lion plugin list", status=409,
            )  # fmt: skip
        workspace.check_new(plan.name, plan.holders, instead=found.name)
        facts = self._facts(by, plan, infos)
        changes = differences(self._service.plan_of(found), plan, found.digests, infos)
        if not changes and all(getattr(found, name) == facts[name] for name in SAME):
            return found, ()
        token = token_of(plan.name, changes)
        if changes and accept not in (token, ANY):
            raise differs(found.name, changes, token)
        self._chain.tell(PluginUpdated(**facts, changes=changes))
        await self._chain.commit()
        return self._chain.state.workspace.manifests[plan.name], changes

    async def enable(self, by: Principal, name: str) -> Installed:
        """Let a holder, or a manifest as a whole, have work again. Raises OperatorError."""
        check_allowed(by, "plugin enable")
        found = self._chain.state.workspace.find(name)
        self._chain.tell(PluginEnabled(by.word, name))
        await self._chain.commit()
        return self._chain.state.workspace.manifests[found.name]

    async def disable(self, by: Principal, name: str, reason: str = "") -> Installed:
        """Give a holder, or a manifest as a whole, no more work, and refuse what works. Raises
        OperatorError.
        """
        check_allowed(by, "plugin disable")
        found = self._chain.state.workspace.find(name)
        why = f"{by.word} disabled it{f': {reason}' if reason else ''}"
        self._chain.tell(PluginDisabled(by.word, name, why))
        holders = [name] if name in found.holders else list(found.holders)
        self._service.revoke(holders, why)
        await self._chain.commit()
        return self._chain.state.workspace.manifests[found.name]

    async def remove(self, by: Principal, name: str) -> Installed:
        """Let a manifest go, and refuse what works of it; what it was. Raises OperatorError."""
        check_allowed(by, "plugin remove")
        found = self._chain.state.workspace.whole(name, "remove")
        self._chain.tell(PluginRemoved(by.word, found.name))
        self._service.revoke(list(found.holders), f"{by.word} removed it")
        await self._chain.commit()
        return found

    def listed(self, by: Principal) -> list[Shown]:
        """All holders of the workspace."""
        check_allowed(by, "plugin list")
        return [
            self._shown(one, holder)
            for one in self._chain.state.workspace.manifests.values()
            for holder in one.holders
        ]

    async def show(self, by: Principal, name: str) -> list[Shown]:
        """A holder, or all of a manifest, looked at anew. Raises OperatorError."""
        check_allowed(by, "plugin show")
        found = self._chain.state.workspace.find(name)
        holders = [name] if name in found.holders else list(found.holders)
        plan = self._service.plan_of(found)
        infos, drifted = await self._seen(plan)
        return [
            msgspec.structs.replace(
                self._shown(found, holder), drifted=drifted,
                tools=tuple(t.name for t in infos[holder].tools) if holder in infos else (),
            )
            for holder in holders
        ]  # fmt: skip

    async def _seen(self, plan: Plan) -> tuple[Infos, str]:
        try:
            return (await self._service.host.look_at(plan, is_strict=False))[0], ""
        except OperatorError as exc:
            return {}, exc.what

    async def _looked_at(
        self, source: Source | Plan, folder: str, sets: Mapping[str, str | int]
    ) -> tuple[Plan, Infos]:
        given = Given(vars=sets, folder=folder)
        plan = await beside(partial(read_source, source, given))
        infos, _ = await self._service.host.look_at(plan)
        return plan, infos

    def _facts(self, by: Principal, plan: Plan, infos: Infos) -> dict[str, Any]:
        return {
            "by": by.word,
            "name": plan.name,
            "manifest": plan.resolved,
            "text": plan.text,
            "path": "" if plan.path is None else str(plan.path),
            "folder": str(plan.folder),
            "digests": {n: infos[n].digest for n, h in plan.holders.items() if not h.is_trusted},
        }

    def _shown(self, found: Installed, name: str) -> Shown:
        holder = self._service.plan_of(found).holders[name]
        return Shown(
            name=name, kind=holder.kind, manifest=found.name, by=found.by, origin=holder.origin,
            digest=holder.digest, grants=tuple(grant.line for grant in holder.grants),
            disabled=found.why_not(name),
        )  # fmt: skip


SAME = ("manifest", "text", "path", "folder", "digests")
"""What has to be the same if a version is not another one."""
ANY = "any"
"""Accepts whatever changes: for who starts a service with a manifest of his own."""


def _again(found: Installed) -> Source:
    if not found.path and not found.text and len(found.holders) == 1:  # a bare component
        (name,) = found.holders
        return Path(found.manifest["plugins"][name]["component"])
    if not found.path:
        raise OperatorError(
            f"{found.name!r} was installed as text, and has no file",
            hint=f"name its new version: lion plugin update {found.name} FILE", status=400,
        )  # fmt: skip
    return Path(found.path)
