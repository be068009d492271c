"""Look here if you want to know what `lion plugin` does: plugins of the service."""

import sys
from pathlib import Path
from typing import Any

import click

from lion.cli.commands.call import parse_arguments
from lion.cli.options import Common, common_options, set_option
from lion.cli.screen import open_screen, say_none
from lion.cli.summary import json_text
from lion.cli.task_options import terms_of, terms_options
from lion.cli.tasks import client_of, exit_code, render_end
from lion.domain.text import show_line
from lion.errors import OperatorError


@click.group("plugin")
def command() -> None:
    """Install, change and call plugins of the service, while it works."""


def source_of(word: str, sets: dict[str, str]) -> dict[str, Any]:
    """A manifest as the API takes it: `-` is TOML text on stdin, anything else a path."""
    if word == "-":
        return {"manifest": sys.stdin.read(), "folder": str(Path.cwd()), "sets": sets}
    return {"path": str(Path(word).absolute()), "sets": sets}


@command.command("list")
@common_options
def list_plugins(common: Common) -> int:
    """List the plugins, agents and system plugins of the workspace."""
    found, screen = client_of(common).get("api", "plugins"), open_screen("stdout")
    for one in found:
        screen.line(json_text(one) if common.as_json else _row(one))
    if not found:
        say_none(
            "nothing is installed; do it with: lion plugin install FILE", as_json=common.as_json
        )
    return 0


def _row(one: dict[str, Any]) -> str:
    state = "ready" if one["disabled"] is None else f"disabled: {one['disabled']}"
    return f"{one['name']:<16}  {one['kind']:<6}  {one['manifest']:<16}  {show_line(state)}"


@command.command("show")
@click.argument("name")
@common_options
def show(common: Common, name: str) -> int:
    """Show a plugin, or all of a manifest: its code, its grants, its tools."""
    screen = open_screen("stdout")
    for one in client_of(common).get("api", "plugins", name):
        if common.as_json:
            screen.line(json_text(one))
            continue
        screen.line(_row(one))
        screen.line(f"    code     {show_line(one['origin'])} sha256:{one['digest'][:12]}")
        for line in one["grants"]:
            screen.line(f"    grant    {show_line(line)}")
        if one["tools"]:
            screen.line(f"    tools    {show_line(', '.join(one['tools']))}")
        if one["drifted"]:
            screen.line(f"    {screen.paint('drifted', 'red')}  {show_line(one['drifted'])}")
    return 0


@command.command("install")
@click.argument("source", metavar="MANIFEST|COMPONENT|-")
@set_option
@common_options
def install(common: Common, source: str, sets: dict[str, str]) -> int:
    """Take a manifest into the workspace, or a bare component; - is a manifest's text on stdin."""
    found = client_of(common).ask("POST", "api", "plugins", body=source_of(source, sets))
    _tell(common, "installed", found)
    return 0


@command.command("update")
@click.argument("name")
@click.argument("source", metavar="[MANIFEST|COMPONENT|-]", required=False)
@click.option("--accept", metavar="WORD", default="", help="Accept the changes that were shown.")
@set_option
@common_options
def update(
    common: Common, name: str, source: str | None, accept: str, sets: dict[str, str]
) -> int:
    """Take another version in, once the changes of what it may do are accepted.

    Without a source the file is read again that it was installed from.
    """
    given = {"sets": sets} if source is None else source_of(source, sets)
    body = {"update": {**given, "accept": accept}}
    try:
        found = client_of(common).ask("PATCH", "api", "plugins", name, body=body)
    except OperatorError as exc:
        changes = exc.facts.get("changes")
        if not isinstance(changes, list) or common.as_json:
            raise
        for line in changes:
            open_screen("stdout").line(show_line(line))
        raise OperatorError(
            f"the new {name!r} may do other things than the installed one",
            hint=exc.hint, **exc.facts,
        ) from None  # fmt: skip
    _tell(common, "updated", found)
    return 0


@command.command("enable")
@click.argument("name")
@common_options
def enable(common: Common, name: str) -> int:
    """Let a plugin, or all of a manifest, have work again."""
    found = client_of(common).ask("PATCH", "api", "plugins", name, body={"enabled": True})
    _tell(common, "enabled", found, name)
    return 0


@command.command("disable")
@click.argument("name")
@click.option("--reason", default="", help="Why, for the record and for who is refused.")
@common_options
def disable(common: Common, name: str, reason: str) -> int:
    """Give a plugin, or all of a manifest, no more work; what works is refused its next call."""
    body = {"enabled": False, "reason": reason}
    found = client_of(common).ask("PATCH", "api", "plugins", name, body=body)
    _tell(common, "disabled", found, name)
    return 0


@command.command("remove")
@click.argument("name")
@common_options
def remove(common: Common, name: str) -> int:
    """Let a manifest go; what works of it is refused its next call."""
    _tell(common, "removed", client_of(common).ask("DELETE", "api", "plugins", name))
    return 0


@command.command("invoke")
@click.argument("tool", metavar="PLUGIN.TOOL")
@click.argument("arguments", metavar="[JSON]", required=False)
@terms_options
@common_options
def invoke(common: Common, tool: str, arguments: str | None, **words: Any) -> int:
    """Call a tool of the workspace with a JSON object of arguments and print its result."""
    plugin, _, name = tool.partition(".")
    body = {"tool": name, "arguments": parse_arguments(arguments or "{}"), **terms_of(words)}
    task = client_of(common).ask("POST", "api", "plugins", plugin, "invoke", body=body)
    if common.as_json:
        open_screen("stdout").line(json_text(task))
    elif task["state"] == "completed" and not task["end"].get("is_long"):
        open_screen("stdout").line(json_text(task["end"].get("value")))
    else:
        screen = open_screen("stderr")
        for line in render_end(task, screen):
            screen.line(line)
    return exit_code(task)


def _tell(common: Common, verb: str, found: dict[str, Any], one: str = "") -> None:
    """Say what was done, to `one` of its holders or to all."""
    screen = open_screen("stdout")
    if common.as_json:
        screen.line(json_text(found))
        return
    holders = found.get("holders", {})
    if one in holders:
        screen.line(f"{verb}  {one}, of {found['name']}")
        return
    screen.line(f"{verb}  {found['name']}: {', '.join(holders) or 'as it was'}")
    for line in found.get("changes", ()):
        screen.line(f"    {show_line(line)}")
