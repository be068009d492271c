"""Look here if you want to know what `lion inspect` shows of a component."""

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import click
import msgspec

from lion.cli.guests import render_guest
from lion.cli.options import Common, common_options
from lion.cli.screen import Screen, open_screen
from lion.cli.session import run_trio
from lion.cli.summary import json_text
from lion.domain.capability import capability_of, is_extension
from lion.domain.text import show_line, show_lines
from lion.domain.units import round_size
from lion.errors import OperatorError
from lion.foreign import is_extism_manifest, read_plugin
from lion.plans import WASM_MAGIC, read_file
from lion.review.loaded import ComponentInfo, ToolInfo


@click.command("inspect")
@click.argument("component")
@common_options
def command(common: Common, component: str) -> int:
    """Show COMPONENT's digest and size, what it imports (its ceiling), and its tools.

    It is compiled, and not run. What it imports that lion does not offer is marked, and `runs`
    says why it cannot run here.
    """
    path = Path(os.path.abspath(component))
    data = read_plugin(path) if is_extism_manifest(path) else read_file(path, "component")
    if path.suffix == ".toml" and not data.startswith(WASM_MAGIC):
        raise OperatorError(
            f"{component!r} is a manifest, not a component", hint=f"try: lion check {component}"
        )
    info = _survey(common, data, component)
    screen = open_screen("stdout")
    if common.as_json:
        screen.line(msgspec.json.encode(info).decode())
    else:
        for line in render_info(component, info, screen):
            screen.line(line)
    return 0


def inspect_component(common: Common, data: bytes, origin: str) -> ComponentInfo:
    """What a component is. Raises OperatorError, GuestError."""
    settings = common.settings()

    async def session() -> ComponentInfo:
        from lion.opening import open_host

        async with open_host(settings, signals=True) as host:
            return await host.inspect(data, origin)

    return run_trio(session)


def _survey(common: Common, data: bytes, origin: str) -> ComponentInfo:
    """The same of a component that would be refused too. Raises OperatorError."""
    settings = common.settings()

    async def session() -> ComponentInfo:
        from lion.opening import open_host

        async with open_host(settings) as host:
            return await host.inspect(data, origin, is_strict=False)

    return run_trio(session)


def render_info(name: str, info: ComponentInfo, screen: Screen) -> Iterator[str]:
    """A component for people."""
    yield screen.paint(show_line(name), "bold")
    yield f"  digest   sha256:{info.digest if info.guest is None else info.guest.digest}"
    yield f"  size     {round_size(info.size)}"
    yield f"  kind     {'agent' if info.is_agent else 'plugin'}"
    if info.guest is not None:
        yield from render_guest(info.guest, info.digest)
    yield f"  imports  {'nothing' if not info.imports else ''}".rstrip()
    for interface, functions in sorted(info.imports.items()):
        whose = show_line(interface) if interface else "(the world itself)"
        yield f"    {whose}: {', '.join(map(show_line, functions)) or 'types only'}"
        yield from _whose(interface, info.lacking.get(interface, ()), functions)
    if info.refused:
        yield f"  runs     no: {show_line(info.refused)}"
        return
    yield f"  tools    {'none' if not info.tools else ''}".rstrip()
    for tool in info.tools:
        yield from _tool(tool, screen)


def _whose(interface: str, lacking: Sequence[str], all_of_it: Sequence[str]) -> Iterator[str]:
    """What is to be known of an interface that is not lion's, or not as it is asked for."""
    if lacking and len(lacking) == len(all_of_it):
        yield "      lion does not offer it"
    elif lacking:
        yield f"      lion does not offer: {', '.join(map(show_line, lacking))}"
    elif interface and is_extension(capability_of(interface)):
        yield "      not lion's: runs where a system plugin offers it"


def _tool(tool: ToolInfo, screen: Screen) -> Iterator[str]:
    yield f"    {screen.paint(show_line(tool.name), 'bold')}: {show_line(tool.type)}"
    for line in show_lines(tool.description):
        yield f"      {line}"
    yield f"      arguments  {_schema(tool.input_schema)}"
    yield f"      result     {_schema(tool.output_schema)}"


def _schema(schema: Mapping[str, Any]) -> str:
    """A schema without the name of its dialect, which is always the same (--json has it)."""
    return show_line(json_text({k: v for k, v in schema.items() if k != "$schema"}))
