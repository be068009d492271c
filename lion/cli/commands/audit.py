"""Look here if you want to know what `lion audit` reads, and what programs get of it."""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

import click
import msgspec

from lion.cli.audit_summary import summarize_manifest, summarize_run
from lion.cli.audit_table import render_manifest_audit, render_run_audit
from lion.cli.logs import open_log
from lion.cli.looking import look_at
from lion.cli.options import Common, common_options, set_option
from lion.cli.progress import open_progress
from lion.cli.screen import Screen, open_screen
from lion.cli.summary import typed_command
from lion.errors import AuditError, OperatorError
from lion.plans import read_manifest, read_policy
from lion.policy.policy_file import Policy
from lion.review.check import ManifestAudit
from lion.review.run import RunAudit, audit_run

LAST = "last"


@click.command("audit")
@click.argument("manifest_or_run", metavar="MANIFEST|RUN", default=LAST)
@click.option("--full", "is_full", is_flag=True, help="All of it; else what fits a screen.")
@set_option
@common_options
def command(common: Common, manifest_or_run: str, is_full: bool, sets: Mapping[str, str]) -> int:
    """Say who may do what by MANIFEST, or who could do what in RUN, and did.

    In a line for each holder; of a run (an id, a unique beginning of one, or last) also what was
    denied and the line that would allow it, and what was never used. With --full per holder
    imports, grants, what the operator's policy denies, what is reached through tools, limits, each
    operation used, budgets spent. A run is audited from its log, which is verified first; nothing
    runs.
    """
    screen = open_screen("stdout")
    if names_manifest(manifest_or_run):
        audit: ManifestAudit | RunAudit = audited_manifest(common, manifest_or_run, sets)
    else:
        audit = audit_recorded(common, manifest_or_run, sets)
    if common.as_json:
        screen.line(audit_json(audit))
        return 0
    for line in render(audit, screen, is_full=is_full):
        screen.line(line)
    if not is_full:
        word = typed_command(common)("audit", manifest_or_run)
        screen.line(f"all of it: {word} --full")
    return 0


def render(
    audit: ManifestAudit | RunAudit, screen: Screen, *, is_full: bool = True
) -> Iterator[str]:
    """An audit for people: all of it, or what fits a screen."""
    if isinstance(audit, RunAudit):
        return render_run_audit(audit, screen) if is_full else summarize_run(audit, screen)
    if is_full:
        return render_manifest_audit(audit, screen)
    return summarize_manifest(audit, screen)


def names_manifest(word: str) -> bool:
    """True for what is a path or looks like one; all else names a run."""
    if word == LAST:
        return False
    return os.path.exists(word) or Path(word).suffix != "" or os.sep in word


def audit_json(audit: ManifestAudit | RunAudit) -> str:
    """The audit for programs: `kind` says which, times are nanoseconds, sizes bytes."""
    kind = "run" if isinstance(audit, RunAudit) else "manifest"
    return msgspec.json.encode({"kind": kind, **msgspec.structs.asdict(audit)}).decode()


def audited_manifest(common: Common, word: str, sets: Mapping[str, str]) -> ManifestAudit:
    """Load a manifest's components and fold. Raises OperatorError, GuestError."""
    return look_at(common, read_manifest(word, sets), is_strict=False)[0]


def audit_recorded(common: Common, word: str, sets: Mapping[str, str]) -> RunAudit:
    """Verify a run and fold its records. Raises OperatorError, AuditError."""
    if sets:
        raise OperatorError(
            f"--set is for a manifest, and {word!r} names a run", hint="leave --set out"
        )
    with open_log(common) as reader:
        run, policy = reader.find(word), _policy(common)
        with open_progress("auditing") as progress:
            records = reader.verified(run, progress)
            try:
                return audit_run(run, records, reader.budgets(run), policy)
            except AuditError:
                for _ in records:  # A broken chain comes before what cannot be read.
                    pass
                raise


def _policy(common: Common) -> Policy:
    """The operator's policy of now: a run may have had the same."""
    return read_policy(common.settings().policy)
