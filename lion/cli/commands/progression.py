"""Look here if you want to know what `lion progression` does: orders of the service's elements."""

import click

from lion.cli.options import Common, common_options
from lion.cli.screen import open_screen, say_none
from lion.cli.summary import json_text
from lion.cli.tasks import client_of


@click.group("progression")
def command() -> None:
    """Show an order of the service's elements."""


@command.command("show")
@click.argument("name")
@common_options
def show(common: Common, name: str) -> int:
    """Show the ids in an order; `queue` is that in which tasks wait, the next one first."""
    found, screen = client_of(common).get("api", "progressions", name), open_screen("stdout")
    if common.as_json:
        screen.line(json_text(found))
        return 0
    for place, id in enumerate(found["order"], 1):
        screen.line(f"{place:>5}  {id}")
    if not found["order"]:
        say_none("nothing waits in it; what works: lion task list", as_json=False)
    return 0
