"""Look here if you want to know what `lion check` prints."""

from collections.abc import Iterator, Mapping

import click
import msgspec

from lion.cli.audit_table import render_system
from lion.cli.grants import VERDICTS, render_grant, render_rules
from lion.cli.guests import GUESTS
from lion.cli.looking import look_at
from lion.cli.options import Common, common_options, set_option
from lion.cli.screen import Screen, open_screen
from lion.cli.walls import render_wall
from lion.domain.text import show_line
from lion.plans import read_manifest
from lion.review.check import Checked, check_holders

_LABEL = 9


@click.command("check")
@click.argument("manifest")
@set_option
@common_options
def command(common: Common, manifest: str, sets: Mapping[str, str]) -> int:
    """Load and compile MANIFEST's components, look at its directories, scripts and secrets, and
    say what each holder may do; nothing runs.

    Scopes are shown as the host sees them (directories with links followed), refusals with who
    refuses. Warns of grants that lead nowhere or far, and of a component that is older than its
    source.
    """
    plan = read_manifest(manifest, sets)
    audit, infos = look_at(common, plan, is_strict=True)
    holders = check_holders(audit, infos)
    screen = open_screen("stdout")
    if common.as_json:
        told = {
            "name": plan.name, "holders": holders, "idle_rules": audit.idle_rules,
            "unasked_rules": audit.unasked_rules,
        }  # fmt: skip
        screen.line(msgspec.json.encode(told).decode())
    else:
        for holder in holders:
            for line in render_checked(holder, screen):
                screen.line(line)
        for line in render_rules(audit, screen):
            screen.line(line)
        if common.verbosity:
            from lion.wall.raise_wall import can_hold

            for line in render_wall(can_hold(), "--harden"):
                screen.line(line)
    return 0


def render_checked(holder: Checked, screen: Screen) -> Iterator[str]:
    """One holder for people."""
    tools = f"; tools: {', '.join(map(show_line, holder.tools))}" if holder.tools else ""
    yield f"{screen.paint('ok', 'green')}       {holder.kind} {holder.name}{tools}"
    if holder.guest is not None:
        yield _row("", f"sha256:{holder.guest.digest}  {show_line(holder.component)}")
        yield _row("", f"{GUESTS[holder.guest.kind]}, as component sha256:{holder.digest}")
    elif not holder.is_sandboxed and holder.system is None:
        mark = screen.paint("UNSANDBOXED", "yellow")
        yield _row("", f"{mark}: the program {show_line(holder.component, longest=200)}")
    elif holder.system is None:
        yield _row("", f"sha256:{holder.digest}  {show_line(holder.component)}")
    else:
        mark = screen.paint("UNSANDBOXED", "yellow")
        yield _row("", f"{mark}: {show_line(render_system(holder.system))}")
        for tool in holder.described:
            yield _row("", f"tool {show_line(tool.name + tool.type, longest=200)}")
    yield _row("", f"imports {_listed(holder.ceiling)}; granted {_listed(holder.granted)}")
    yield _row("", f"may use {_listed(holder.may_use)}")
    for grant in holder.scopes:
        if grant.is_imported or grant.goes_to:
            yield _row(grant.capability, render_grant(grant))
    yield from _denials(holder)
    for warning in holder.warnings:
        yield f"{screen.paint('warning', 'yellow')}  {show_line(warning)}"


def _denials(holder: Checked) -> Iterator[str]:
    """Who denies what: whole capabilities, then the operator's rules about some calls."""
    for refusal in holder.refused:
        yield _row("denied", f"{show_line(refusal.capability)} by {show_line(refusal.by)}")
    whole = {refusal.capability for refusal in holder.refused}
    for rule in holder.rules:
        if rule.capability not in whole:
            word = VERDICTS[rule.verdict]
            yield _row("denied", f'{show_line(rule.by)} {word} "{show_line(rule.rule)}"')


def _row(label: str, text: str) -> str:
    """A label as wide as `warning`; a longer one, of an extension, stands before the text."""
    shown = show_line(label)
    gap = "  " if len(shown) >= _LABEL else " " * (_LABEL - len(shown))
    return f"{' ' * _LABEL}{shown}{gap if label else ''}{text}"


def _listed(names: tuple[str, ...]) -> str:
    return ", ".join(map(show_line, names)) or "nothing"
