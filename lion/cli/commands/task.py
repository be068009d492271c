"""Look here if you want to know what `lion task` does: tasks of the service.

Rule: a name with a dot is a tool, and what follows its arguments; any other is an agent.
"""

from typing import Any

import click

from lion.cli.commands.call import parse_arguments
from lion.cli.options import Common, common_options
from lion.cli.screen import open_screen, say_none
from lion.cli.summary import json_text
from lion.cli.task_options import terms_of, terms_options
from lion.cli.tasks import client_of, exit_code, follow, render_row, render_task
from lion.domain.task import TaskState


@click.group("task")
def command() -> None:
    """Give the service tasks, follow them, take them back."""


def order_of(what: str, said: str | None) -> dict[str, Any]:
    """An order as it is typed. Raises OperatorError for arguments that are no JSON object."""
    if "." in what:
        return {"call": what, "arguments": parse_arguments(said or "{}")}
    return {"agent": what, "task": said or ""}


@command.command("submit")
@click.argument("what", metavar="AGENT|PLUGIN.TOOL")
@click.argument("said", metavar="[TASK|JSON]", required=False)
@click.option("--follow", "-f", "follows", is_flag=True, help="Show it until it is over.")
@terms_options
@common_options
def submit(common: Common, what: str, said: str | None, follows: bool, **words: Any) -> int:
    """Give an agent its task, or a tool a JSON object of arguments, and print the task's id."""
    client = client_of(common)
    body = {"order": order_of(what, said), **terms_of(words)}
    task = client.ask("POST", "api", "tasks", body=body)
    if follows:
        return follow(common, client, task["id"])
    open_screen("stdout").line(json_text(task) if common.as_json else task["id"])
    return 0


@command.command("list")
@click.option(
    "--in", "only", type=click.Choice([str(s) for s in TaskState]), help="In this state."
)
@common_options
def list_tasks(common: Common, only: str | None) -> int:
    """List tasks, in the order in which they were submitted."""
    query = {"state": only} if only else {}
    found = client_of(common).ask("GET", "api", "tasks", query=query)
    screen = open_screen("stdout")
    for task in found:
        screen.line(json_text(task) if common.as_json else render_row(task))
    if not found:
        which = f" {only}" if only else ""
        say_none(
            f"no{which} tasks; submit one with: lion task submit AGENT TASK",
            as_json=common.as_json,
        )
    return 0


@command.command("show")
@click.argument("id")
@click.option("--follow", "-f", "follows", is_flag=True, help="Show it until it is over.")
@common_options
def show(common: Common, id: str, follows: bool) -> int:
    """Show a task: who gave it, how its turn came and why, what it came to."""
    client = client_of(common)
    if follows:
        return follow(common, client, id)
    task, screen = client.get("api", "tasks", id), open_screen("stdout")
    for line in [json_text(task)] if common.as_json else render_task(task, screen):
        screen.line(line)
    return 0


@command.command("cancel")
@click.argument("id")
@click.option("--reason", default="", help="Why, for the record.")
@common_options
def cancel(common: Common, id: str, reason: str) -> int:
    """Take a task back, and those that have it as their parent."""
    found = client_of(common).ask("DELETE", "api", "tasks", id, query={"reason": reason})
    screen = open_screen("stdout")
    for task in found:
        screen.line(json_text(task) if common.as_json else f"cancelled  {render_row(task)}")
    return 0


@command.command("retry")
@click.argument("id")
@click.option("--follow", "-f", "follows", is_flag=True, help="Show it until it is over.")
@common_options
def retry(common: Common, id: str, follows: bool) -> int:
    """Let a task that failed, was aborted or cancelled begin anew."""
    client = client_of(common)
    task = client.ask("POST", "api", "tasks", id, "retry", body={})
    if follows:
        return follow(common, client, task["id"])
    open_screen("stdout").line(json_text(task) if common.as_json else render_row(task))
    return exit_code(task)
