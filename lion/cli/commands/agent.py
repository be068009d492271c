"""Look here if you want to know what `lion agent` does: a service's agents, or a manifest's."""

from typing import Any

import click
import msgspec

from lion.cli.agent_tree import render_tree
from lion.cli.options import Common, ask_option, common_options, set_option
from lion.cli.screen import open_screen, say_none
from lion.cli.session import run_watched
from lion.cli.summary import json_text, render_summary, summary_json
from lion.cli.task_options import terms_of, terms_options
from lion.cli.tasks import client_of, follow, render_row, render_task
from lion.domain.names import did_you_mean
from lion.domain.plan import RunAgent
from lion.domain.text import show_line
from lion.errors import OperatorError
from lion.plans import read_manifest
from lion.service.client import no_text


@click.group("agent")
def command() -> None:
    """Start agents, see what they do, stop them."""


@command.command("spawn")
@click.argument("agent")
@click.argument("task")
@click.option("--manifest", metavar="FILE", help="Without a service: run it here, and now.")
@click.option("--detach", is_flag=True, help="Print its task's id and do not follow it.")
@set_option
@ask_option
@terms_options
@common_options
def spawn(
    common: Common, agent: str, task: str, manifest: str | None, detach: bool,
    sets: dict[str, str], asks: bool, **words: Any,
) -> int:  # fmt: skip
    """Give an agent a task and show what it says, until it is over.

    With a manifest it runs in this process, as `lion run` would; its terms need a service.
    """
    if manifest is not None:
        return _here(common, manifest, RunAgent(agent, task), sets, asks)
    client = client_of(common)
    body = {"order": {"agent": agent, "task": task}, **terms_of(words)}
    found = client.ask("POST", "api", "tasks", body=body)
    if not detach:
        return follow(common, client, found["id"])
    open_screen("stdout").line(json_text(found) if common.as_json else found["id"])
    return 0


def _here(common: Common, manifest: str, entry: RunAgent, sets: dict[str, str], asks: bool) -> int:
    plan = read_manifest(manifest, sets)
    agents = [name for name, holder in plan.holders.items() if holder.kind == "agent"]
    if entry.agent not in agents:
        hint = did_you_mean(entry.agent, agents)
        raise OperatorError(f"{manifest!r} has no agent {entry.agent!r}", hint=hint)
    plan = msgspec.structs.replace(plan, runs=(entry,))
    screen = open_screen("stdout")
    if not common.as_json:
        open_screen("stderr").line("no service is asked: it runs in this process")
    report = run_watched(common, plan, None if common.as_json else screen, asks=asks)
    lines = (
        [summary_json(report)] if common.as_json else render_summary(report, plan, common, screen)
    )
    for line in lines:
        screen.line(line)
    return report.exit_code


@command.command("list")
@common_options
def list_agents(common: Common) -> int:
    """List the agents of the workspace, what each works on, and whom it has spawned for it."""
    client, screen = client_of(common), open_screen("stdout")
    tasks = client.ask("GET", "api", "tasks", query={"state": "processing"})
    found = [one for one in client.get("api", "plugins") if one["kind"] == "agent"]
    for one in found:
        own = [task["id"] for task in tasks if task["order"].get("agent") == one["name"]]
        working = [client.get("api", "tasks", id) for id in own]
        if common.as_json:
            screen.line(json_text({**one, "tasks": working}))
            continue
        state = "ready" if one["disabled"] is None else f"disabled: {show_line(one['disabled'])}"
        screen.line(f"{one['name']:<16}  {one['manifest']:<16}  {state}")
        for task in working:
            screen.line(f"    {render_row(task)}")
            for line in render_tree(task["agents"]):
                screen.line(f"        {line}")
    if not found:
        say_none(
            "no agents; install a manifest that has some: lion plugin install FILE",
            as_json=common.as_json,
        )
    return 0


@command.command("show")
@click.argument("id")
@common_options
def show(common: Common, id: str) -> int:
    """Show what an agent was given to do, and what it came to, by its task's id."""
    task, screen = client_of(common).get("api", "tasks", id), open_screen("stdout")
    for line in [json_text(task)] if common.as_json else render_task(task, screen):
        screen.line(line)
    return 0


@command.command("send")
@click.argument("id")
@click.argument("payload", metavar="JSON")
@click.option("--to", default="", metavar="NAME", help="Another holder of its run.")
@common_options
def send(common: Common, id: str, payload: str, to: str) -> int:
    """Write to an agent at work, by its task's id: it reads its inbox (allow.bus)."""
    body = {"payload": _read_json(payload), "to": to}
    task = client_of(common).ask("POST", "api", "tasks", id, "messages", body=body)
    line = json_text(task) if common.as_json else f"sent  {render_row(task)}"
    open_screen("stdout").line(line)
    return 0


def _read_json(text: str) -> Any:
    try:
        return msgspec.json.decode(text)
    except UnicodeEncodeError as exc:
        raise no_text(exc) from None
    except (msgspec.DecodeError, RecursionError) as exc:
        what = f"{text[:40]!r} is no JSON: {exc}"
        raise OperatorError(what, hint="write a text in two pairs of quotes: '\"stop\"'") from exc


@command.command("cancel")
@click.argument("id")
@click.option("--reason", default="", help="Why, for the record.")
@common_options
def cancel(common: Common, id: str, reason: str) -> int:
    """Stop an agent, by its task's id, and those that have it as their parent."""
    found = client_of(common).ask("DELETE", "api", "tasks", id, query={"reason": reason})
    screen = open_screen("stdout")
    for task in found:
        screen.line(json_text(task) if common.as_json else f"cancelled  {render_row(task)}")
    return 0
