"""Look here if you want to know how a task of a service is shown, at once and while it works."""

from collections.abc import Iterator
from typing import Any

import msgspec

from lion.cli.options import Common
from lion.cli.printer import Page
from lion.cli.screen import Screen, open_screen
from lion.cli.summary import json_text
from lion.domain.text import show_line
from lion.service.client import Client
from lion.telling.events import render_time
from lion.telling.told import heard


def client_of(common: Common) -> Client:
    """Who speaks to the service that was meant."""
    return Client(common.settings().state)


def follow(common: Common, client: Client, id: str) -> int:
    """Show a task until it is over; its exit code."""
    screen, page = open_screen("stdout"), None
    last: dict[str, Any] = {}
    for line in client.lines("api", "tasks", id, "events"):
        if common.as_json:
            screen.line(json_text(line))
        last = line.get("task", last)
        if "record" in line and not common.as_json:
            page = page or Page(screen, [last["order"].get("agent") or last["order"]["call"]])
            page.show([heard(line["record"])])
    if page is not None:
        page.finish()
    if not common.as_json:
        for text in render_end(last, screen):
            screen.line(text)
    return exit_code(last)


def exit_code(task: dict[str, Any]) -> int:
    """What a task adds to the command's exit code; 0 for one that is not over."""
    return int(task.get("end", {}).get("exit_code", 0))


def render_end(task: dict[str, Any], screen: Screen) -> Iterator[str]:
    """How it ended, for people."""
    end = task.get("end", {})
    colour = "green" if task["state"] == "completed" else "red"
    what = f"task {task['id']} {screen.paint(task['state'], colour)}"
    if end.get("error"):
        what += f": {show_line(end['error'])}"
    yield what
    if end.get("hint"):
        yield f"    {show_line(end['hint'])}"
    if end.get("value") is not None:
        yield f"    {show_line(msgspec.json.encode(end['value']).decode())}"
    if task.get("run"):
        yield f"    its record: lion log {task['run'][:8]}"


def render_row(task: dict[str, Any]) -> str:
    """One line of a list."""
    order = task["order"]
    what = (
        f"agent {order['agent']}: {order.get('task', '')}" if "agent" in order else order["call"]
    )
    at = render_time(task["submitted_ns"])[:19]
    return f"{task['id']}  {task['state']:<10}  {at}Z  {show_line(what, longest=60)}"


def _because(cause: dict[str, Any]) -> str:
    """Why there is a task that nobody submitted."""
    if "at_ns" not in cause:
        return f"message {cause['message']} on {cause['topic']} from {cause['sender']}"
    missed = f"; {cause['missed']:,} before it were missed" if cause.get("missed") else ""
    return f"{render_time(cause['at_ns'])[:19]}Z has come{missed}"


def render_task(task: dict[str, Any], screen: Screen) -> Iterator[str]:
    """All there is to say of a task, for people."""
    yield render_row(task)
    yield f"    by         {show_line(task['by'])}"
    if cause := task.get("cause"):
        yield f"    because    {show_line(_because(cause))}"
    terms = task.get("terms", {})
    if terms.get("resources"):
        held = ", ".join(f"{name} = {count}" for name, count in terms["resources"].items())
        yield f"    holds      {show_line(held)}"
    if scheduled := task.get("scheduled"):
        yield (
            f"    its turn   decision {scheduled['decision']} ({scheduled['strategy']}), out of "
            f"{scheduled['waiting']}: {show_line(scheduled['reason'])}"
        )
        if scheduled.get("advice"):
            yield f"    advice     {show_line(scheduled['advice'])}"
        for id, why in scheduled.get("passed", {}).items():
            yield f"    before     {show_line(id)}: {show_line(why)}"
    if task.get("attempts", 0) > 1:
        yield f"    attempts   {task['attempts']}"
    if "end" in task:
        yield from render_end(task, screen)
