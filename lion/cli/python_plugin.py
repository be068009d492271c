"""Look here if you want to know what `lion build` prints of a system plugin."""

import shlex
import sys
from collections.abc import Iterator
from typing import Any

import msgspec

from lion.cli.options import Common
from lion.cli.screen import Screen
from lion.cli.summary import json_text, near
from lion.domain.text import show_line, show_lines


def tell_python(common: Common, built: Any, screen: Screen) -> None:
    """The plugins of a project (toolchain.built.Built), and what to type next."""
    if common.as_json:
        told = {
            "name": built.project.name,
            "language": "python",
            "folder": str(built.project.folder),
            "is_installed": built.verdict == "current",
            "plugins": built.plugins,
        }
        screen.line(msgspec.json.encode(told).decode())
        return
    for plugin in built.plugins:
        for line in _plugin(plugin, screen):
            screen.line(line)
    for line in _next(built):
        screen.line(line)


def _plugin(plugin: dict[str, Any], screen: Screen) -> Iterator[str]:
    name = screen.paint(show_line(plugin["use"]), "bold")
    yield f"{name}: {show_line(plugin['summary'])}"
    yield "  kind     system plugin: trusted Python, not sandboxed"
    yield f"  asks     {', '.join(map(show_line, plugin['uses'])) or 'nothing of the host'}"
    does = [w for w, is_so in _ROLES.items() if plugin[is_so]]
    if does:
        yield f"  also     {' and '.join(does)}"
    for at, written in enumerate(plugin["offers"]):
        yield f"  {'' if at else 'offers':8} {show_line(written)}"
    yield f"  tools    {'none' if not plugin['tools'] else ''}".rstrip()
    for tool in plugin["tools"]:
        yield f"    {screen.paint(show_line(tool['name']), 'bold')}: {show_line(tool['type'])}"
        for line in show_lines(tool["description"]):
            yield f"      {line}"
        for word, key in (("arguments", "input_schema"), ("result   ", "output_schema")):
            schema = {k: v for k, v in tool[key].items() if k != "$schema"}
            yield f"      {word}  {show_line(json_text(schema))}"


_ROLES = {"judges calls": "is_processor", "hears events": "is_listener"}


def _next(built: Any) -> Iterator[str]:
    folder = shlex.quote(near(built.project.folder))
    if built.verdict != "current":
        python = shlex.quote(near_python())
        yield f"install:   {python} -m pip install --editable {show_line(folder)}"
    manifest = built.project.folder / "manifest.toml"
    if manifest.is_file():
        yield f"run it:    lion run {show_line(shlex.quote(near(manifest)))}"


def near_python() -> str:
    """The Python that lion runs with, as a person here would type it."""
    from pathlib import Path

    return near(Path(sys.executable))
