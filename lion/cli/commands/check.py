"""Look here if you want to know what `lion check` finds before anything runs."""

import shlex
from collections.abc import Iterator, Mapping
from typing import Any

import click
import msgspec

from lion.cli.audit_table import render_system
from lion.cli.options import Common, common_options, set_option
from lion.cli.screen import Screen, open_screen
from lion.cli.session import run_trio
from lion.cli.summary import near
from lion.domain.names import did_you_mean
from lion.domain.plan import Holder, Limits, Plan, RunCall
from lion.domain.text import show_line
from lion.errors import GuestError, OperatorError
from lion.kernel.inspect import ComponentInfo, ToolInfo
from lion.plans import read_manifest, read_policy
from lion.ports import SystemInfo
from lion.scopes.pattern import compile_pattern


class Checked(msgspec.Struct, frozen=True, kw_only=True):
    """One holder: its component, and what ceiling, manifest and policy leave of its rights.

    A system plugin has the name of its entry point for a component, and no digest; `is_sandboxed`
    is false, and `system` says whose code it is. `described` has what `lion inspect` says of each
    tool: docs, type (WIT, or for a system plugin Python), JSON schemas of arguments and result.
    """

    name: str
    kind: str
    is_sandboxed: bool
    component: str
    digest: str
    system: SystemInfo | None
    ceiling: tuple[str, ...]
    granted: tuple[str, ...]
    may_use: tuple[str, ...]
    tools: tuple[str, ...]
    described: tuple[ToolInfo, ...]
    limits: Limits
    warnings: tuple[str, ...]


@click.command("check")
@click.argument("manifest")
@set_option
@common_options
def command(common: Common, manifest: str, sets: Mapping[str, str]) -> int:
    """Load and compile MANIFEST's components, look at its directories, scripts and secrets, and
    say what each holder may do; nothing runs.

    Warns of grants that lead nowhere, and of a component that is older than its source.
    """
    plan = read_manifest(manifest, sets)
    holders = check_plan(common, plan)
    screen = open_screen("stdout")
    if common.as_json:
        screen.line(msgspec.json.encode({"name": plan.name, "holders": holders}).decode())
    else:
        for holder in holders:
            for line in render_checked(holder, screen):
                screen.line(line)
    return 0


def check_plan(common: Common, plan: Plan) -> list[Checked]:
    """What each holder may do. Raises OperatorError, GuestError for the first fault."""
    from lion.host import open_host

    settings = common.settings()

    async def session() -> tuple[dict[str, ComponentInfo], tuple[str, ...]]:
        async with open_host(settings, signals=True) as host:
            return await host.check(plan), await host.check_services(plan)

    policy = read_policy(settings.policy)
    infos, unbound = run_trio(session)
    _check_runs(plan, infos)
    return [
        msgspec.structs.replace(
            found, warnings=(*found.warnings, *_unbound(holder, plan, unbound))
        )
        for holder in plan.holders.values()
        for found in (_checked(holder, infos, policy),)
    ]


def _unbound(holder: Holder, plan: Plan, unbound: tuple[str, ...]) -> Iterator[str]:
    """Secrets that this holder's requests or models would lack."""
    for grant in holder.grants:
        if grant.capability == "secrets":
            for name in grant.patterns:
                if name in unbound:
                    yield f"granted but not bound: secret {name}"
        if grant.capability == "llm":
            for model in plan.models.values():
                if model.key in unbound and compile_pattern(grant.patterns[0], ".").matches(
                    model.name
                ):
                    yield f"model {model.name} has no key: secret {model.key} is not bound"


def _check_runs(plan: Plan, infos: Mapping[str, ComponentInfo]) -> None:
    for name, holder in plan.holders.items():
        if holder.kind == "agent" and not infos[name].is_agent:
            raise GuestError(
                f"{name!r} is no agent: {str(holder.component)!r} does not export run(task)",
                ending="world",
                hint="build it for the world agent (wit/worlds.wit), or list it under [plugins]",
            )
    for run in plan.runs:
        if isinstance(run, RunCall):
            plugin, _, tool = run.call.partition(".")
            known = [t.name for t in infos[plugin].tools]
            if tool not in known:
                raise OperatorError(
                    f"{plugin!r} has no tool {tool!r}, which [[run]] calls",
                    hint=did_you_mean(tool, known),
                )


def _checked(holder: Holder, infos: Mapping[str, ComponentInfo], policy: Any) -> Checked:
    from lion.policy.rights import build_rights

    info = infos[holder.name]
    rights = build_rights(holder, info.ceiling, policy)
    return Checked(
        name=holder.name,
        kind=holder.kind,
        is_sandboxed=holder.is_sandboxed,
        component=holder.origin,
        digest=info.digest,
        system=info.system,
        ceiling=info.ceiling,
        granted=tuple(dict.fromkeys(grant.capability for grant in holder.grants)),
        may_use=rights.capabilities,
        tools=tuple(tool.name for tool in info.tools),
        described=info.tools,
        limits=rights.limits,
        warnings=(*_age(holder), *_warnings(holder, infos, rights.capabilities)),
    )


def _age(holder: Holder) -> Iterator[str]:
    """Whether its source has changed since the component was built."""
    from lion.toolchain.stamp import newer_source

    folder = newer_source(holder.component)
    if folder is not None:
        yield f"older than its source; build it again: lion build {shlex.quote(near(folder))}"


def _warnings(
    holder: Holder, infos: Mapping[str, ComponentInfo], may_use: tuple[str, ...]
) -> Iterator[str]:
    ceiling = infos[holder.name].ceiling
    for grant in holder.grants:
        # A secret goes into requests, whether or not the guest may ask if it is there.
        is_injected = grant.capability == "secrets" and "http" in ceiling
        if grant.capability not in ceiling and not is_injected:
            yield f"granted but not imported: {grant.capability}"
        if grant.capability == "tools":
            yield from _unknown_tools(grant.patterns, infos)
    for name in sorted(set(ceiling) - set(may_use) - {"types"}):
        yield f"imported but not allowed: {name}"


def _unknown_tools(patterns: tuple[str, ...], infos: Mapping[str, ComponentInfo]) -> Iterator[str]:
    for pattern in patterns:
        plugin, _, tool = pattern.partition(".")
        known = [t.name for t in infos[plugin].tools] if plugin in infos else []
        if "*" not in pattern and tool not in known:
            yield f"granted but not there: tool {pattern}; {did_you_mean(tool, known)}"


def render_checked(holder: Checked, screen: Screen) -> Iterator[str]:
    """One holder for people."""
    tools = f"; tools: {', '.join(map(show_line, holder.tools))}" if holder.tools else ""
    yield f"{screen.paint('ok', 'green')}       {holder.kind} {holder.name}{tools}"
    if holder.system is None:
        yield f"         sha256:{holder.digest}  {show_line(holder.component)}"
    else:
        mark = screen.paint("UNSANDBOXED", "yellow")
        yield f"         {mark}: {show_line(render_system(holder.system))}"
        for tool in holder.described:
            yield f"         tool {show_line(tool.name + tool.type, longest=200)}"
    yield f"         imports {_listed(holder.ceiling)}; granted {_listed(holder.granted)}"
    yield f"         may use {_listed(holder.may_use)}"
    for warning in holder.warnings:
        yield f"{screen.paint('warning', 'yellow')}  {show_line(warning)}"


def _listed(names: tuple[str, ...]) -> str:
    return ", ".join(map(show_line, names)) or "nothing"
