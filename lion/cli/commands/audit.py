"""Look here if you want to know what `lion audit` reads, and what programs get of it."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click
import msgspec

from lion.cli.audit_table import render_manifest_audit, render_run_audit
from lion.cli.logs import open_log
from lion.cli.options import Common, common_options, set_option
from lion.cli.screen import open_screen
from lion.cli.session import run_trio
from lion.domain.plan import Plan
from lion.errors import OperatorError
from lion.plans import read_manifest, read_policy
from lion.policy.policy_file import Policy
from lion.review.rights import HolderAudit, Loaded, audit_plan, by_capability
from lion.review.run import RunAudit, audit_run

LAST = "last"


class ManifestAudit(msgspec.Struct, frozen=True, kw_only=True):
    """Who may do what by a manifest, under the operator's policy of now."""

    manifest_name: str
    manifest: str
    policy: str | None
    policy_digest: str
    proxy: str
    holders: tuple[HolderAudit, ...]


@click.command("audit")
@click.argument("manifest_or_run", metavar="MANIFEST|RUN", default=LAST)
@set_option
@common_options
def command(common: Common, manifest_or_run: str, sets: Mapping[str, str]) -> int:
    """Say who may do what by MANIFEST, or who could do what in RUN, and did.

    Per holder: imports, grants, what the operator's policy denies, what is reached through tools,
    limits. Of a run (an id, a unique beginning of one, or last) also what was used and what never,
    what was denied and the line that would allow it, budgets spent. A run is audited from its log,
    which is verified first; nothing runs.
    """
    screen = open_screen("stdout")
    if names_manifest(manifest_or_run):
        audit: ManifestAudit | RunAudit = audit_manifest(common, manifest_or_run, sets)
    else:
        audit = audit_recorded(common, manifest_or_run, sets)
    if common.as_json:
        screen.line(audit_json(audit))
        return 0
    render: Any = render_run_audit if isinstance(audit, RunAudit) else render_manifest_audit
    for line in render(audit, screen):
        screen.line(line)
    return 0


def names_manifest(word: str) -> bool:
    """True for what is a path or looks like one; all else names a run."""
    if word == LAST:
        return False
    return os.path.exists(word) or Path(word).suffix != "" or os.sep in word


def audit_json(audit: ManifestAudit | RunAudit) -> str:
    """The audit for programs: `kind` says which, times are nanoseconds, sizes bytes."""
    kind = "run" if isinstance(audit, RunAudit) else "manifest"
    return msgspec.json.encode({"kind": kind, **msgspec.structs.asdict(audit)}).decode()


def audit_manifest(common: Common, word: str, sets: Mapping[str, str]) -> ManifestAudit:
    """Load a manifest's components and fold. Raises OperatorError, GuestError."""
    from lion.host import open_host

    plan, settings = read_manifest(word, sets), common.settings()
    policy = read_policy(settings.policy)

    async def session() -> dict[str, Any]:
        async with open_host(settings, signals=True) as host:
            return await host.check(plan)

    infos = run_trio(session)
    return ManifestAudit(
        manifest_name=plan.name,
        manifest=str(plan.path),
        policy=None if policy.path is None else str(policy.path),
        policy_digest=policy.digest,
        proxy="" if policy.proxy is None else policy.proxy.origin,
        holders=audit_plan(plan, _loaded(plan, infos), policy),
    )


def _loaded(plan: Plan, infos: Mapping[str, Any]) -> dict[str, Loaded]:
    return {
        name: Loaded(
            digest=infos[name].digest,
            system=infos[name].system,
            imports=by_capability((i, f) for i, fs in infos[name].imports.items() for f in fs),
            tools=tuple(tool.name for tool in infos[name].tools),
        )
        for name in plan.holders
    }


def audit_recorded(common: Common, word: str, sets: Mapping[str, str]) -> RunAudit:
    """Verify a run and fold its records. Raises OperatorError, AuditError."""
    if sets:
        raise OperatorError(
            f"--set is for a manifest, and {word!r} names a run", hint="leave --set out"
        )
    with open_log(common) as reader:
        run = reader.find(word)
        reader.verify(run)
        return audit_run(run, reader.records(run), reader.budgets(run), _policy(common))


def _policy(common: Common) -> Policy:
    """The operator's policy of now: a run may have had the same."""
    return read_policy(common.settings().policy)
