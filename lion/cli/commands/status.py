"""Look here if you want to know what `lion status` shows."""

from collections.abc import Iterator
from typing import Any

import click

from lion.cli.options import Common, common_options
from lion.cli.screen import open_screen
from lion.cli.summary import json_text
from lion.domain.text import show_line
from lion.domain.units import counted
from lion.telling.events import render_time


@click.command("status")
@common_options
def command(common: Common) -> int:
    """Show how the service of the state directory is: what works, what waits, what is free."""
    from lion.service.client import Client

    found = Client(common.settings().state).get("api", "status")
    screen = open_screen("stdout")
    if common.as_json:
        screen.line(json_text(found))
        return 0
    for line in _lines(found):
        screen.line(line)
    return 0


def _lines(found: dict[str, Any]) -> Iterator[str]:
    slots = counted(found["slots"], "slot")
    yield f"{found['state']}: {len(found['working'])} work on {slots}"
    yield f"waiting    {found['waiting']:,} of at most {found['queue']:,}, by {found['strategy']}"
    for name, count in sorted(found["resources"].items()):
        yield f"resource   {show_line(name)}: {found['free'][name]} of {count} free"
    tasks = [f"{count:,} {state}" for state, count in found["tasks"].items() if count]
    yield f"tasks      {', '.join(tasks) or 'none'}"
    yield f"manifests  {show_line(', '.join(found['manifests']) or 'none')}"
    for one in found["schedules"]:
        when = (
            f"on {one['topic']}" if one["topic"] else f"next {render_time(one['next_ns'])[:19]}Z"
        )
        waits = f"; {one['waits']}" if one["waits"] else ""
        yield f"schedule   {show_line(one['name'])}: {when}, {show_line(one['order'] + waits)}"
    if bus := found["bus"]:
        redis = f"{', '.join(bus['peers'])} by Redis: {bus['redis']}" if bus["peers"] else "here"
        waits = f"{counted(bus['waiting'], 'message')} to leave"
        yield f"bus        {show_line(bus['name'])}, {show_line(redis)}; {waits}"
    yield f"record     lion log {found['chain']}"
