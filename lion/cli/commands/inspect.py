"""Look here if you want to know what `lion inspect` shows of a component."""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import click
import msgspec

from lion.cli.options import Common, common_options
from lion.cli.screen import Screen, open_screen
from lion.cli.session import run_trio
from lion.cli.summary import json_text
from lion.domain.capability import capability_of, is_extension
from lion.domain.text import show_line, show_lines
from lion.domain.units import round_size
from lion.errors import OperatorError
from lion.plans import WASM_MAGIC, read_file
from lion.review.loaded import ComponentInfo, ToolInfo


@click.command("inspect")
@click.argument("component")
@common_options
def command(common: Common, component: str) -> int:
    """Show COMPONENT's digest and size, what it imports (its ceiling), and its tools.

    It is compiled, and not run.
    """
    path = Path(os.path.abspath(component))
    data = read_file(path, "component")
    if path.suffix == ".toml" and not data.startswith(WASM_MAGIC):
        raise OperatorError(
            f"{component!r} is a manifest, not a component", hint=f"try: lion check {component}"
        )
    info = inspect_component(common, data, component)
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
        from lion.host import open_host

        async with open_host(settings, signals=True) as host:
            return await host.inspect(data, origin)

    return run_trio(session)


def render_info(name: str, info: ComponentInfo, screen: Screen) -> Iterator[str]:
    """A component for people."""
    yield screen.paint(show_line(name), "bold")
    yield f"  digest   sha256:{info.digest}"
    yield f"  size     {round_size(info.size)}"
    yield f"  kind     {'agent' if info.is_agent else 'plugin'}"
    yield f"  imports  {'nothing' if not info.imports else ''}".rstrip()
    for interface, functions in sorted(info.imports.items()):
        yield f"    {show_line(interface)}: {', '.join(map(show_line, functions))}"
        if is_extension(capability_of(interface)):
            yield "      not lion's: runs where a system plugin offers it"
    yield f"  tools    {'none' if not info.tools else ''}".rstrip()
    for tool in info.tools:
        yield from _tool(tool, screen)


def _tool(tool: ToolInfo, screen: Screen) -> Iterator[str]:
    yield f"    {screen.paint(show_line(tool.name), 'bold')}: {show_line(tool.type)}"
    for line in show_lines(tool.description):
        yield f"      {line}"
    yield f"      arguments  {_schema(tool.input_schema)}"
    yield f"      result     {_schema(tool.output_schema)}"


def _schema(schema: Mapping[str, Any]) -> str:
    """A schema without the name of its dialect, which is always the same (--json has it)."""
    return show_line(json_text({k: v for k, v in schema.items() if k != "$schema"}))
