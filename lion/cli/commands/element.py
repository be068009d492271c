"""Look here if you want to know what `lion element` does: what the service holds, as elements."""

from typing import Any

import click

from lion.cli.options import Common, common_options
from lion.cli.screen import open_screen
from lion.cli.summary import json_text
from lion.cli.tasks import client_of
from lion.domain.text import show_line


@click.group("element")
def command() -> None:
    """List and show what the service holds, as elements."""


@command.command("list")
@click.option("--kind", default="", metavar="WORD", help="Only those: Task, Run, Plugin.")
@common_options
def list_elements(common: Common, kind: str) -> int:
    """List tasks, their runs and plugins."""
    screen = open_screen("stdout")
    for one in client_of(common).ask("GET", "api", "elements", query={"kind": kind}):
        screen.line(json_text(one) if common.as_json else _row(one))
    return 0


@command.command("show")
@click.argument("id")
@common_options
def show(common: Common, id: str) -> int:
    """Show an element, by its id, the beginning of it, or a task's own."""
    screen, one = open_screen("stdout"), client_of(common).get("api", "elements", id)
    if common.as_json:
        screen.line(json_text(one))
        return 0
    screen.line(_row(one))
    for name, value in {**one["metadata"], **one.get("execution", {})}.items():
        said = value if isinstance(value, str) else json_text(value)
        screen.line(f"    {name:<10}  {show_line(said)}")
    return 0


def _row(one: dict[str, Any]) -> str:
    about = one["metadata"]
    named = about.get("name") or about.get("task", "")
    status = one.get("execution", {}).get("status", "")
    line = f"{one['id']}  {one['kind']:<8}  {one['created_at'][:19]}  {show_line(str(named))}"
    return f"{line}  {status}".rstrip()
