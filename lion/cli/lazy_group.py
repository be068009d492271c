"""Look here if you want to know which commands there are.

Rule: a command's module is imported when it is used, so `lion --help` costs no more than click.
"""

from importlib import import_module
from typing import Final

import click

from lion.domain.names import did_you_mean
from lion.version import VERSION

COMMANDS: Final = {
    "new": "Begin a plugin, an agent or a system plugin in a folder of its own.",
    "build": "Build the plugin in a folder and show what it is.",
    "run": "Run a manifest and show what its agents say.",
    "demo": "Show three agents at work at the same time, side by side.",
    "serve": "Be a service: take tasks, plugins and commands until stopped.",
    "status": "Show how the service is.",
    "task": "Give the service tasks, follow them, take them back.",
    "agent": "Start agents, see what they do, stop them.",
    "element": "List and show what the service and guests hold, as elements.",
    "progression": "Show an order of the service's elements.",
    "plugin": "Install, change and call plugins of the service.",
    "token": "Make and revoke tokens for who speaks to the service.",
    "resume": "Go on with a run whose process has ended.",
    "fork": "Begin a new run with the first records of another one.",
    "call": "Call one tool and print its result as JSON.",
    "workflow": "List, draw and run the workflows of a manifest.",
    "ask": "Ask a model of a manifest one question.",
    "models": "List a manifest's models and try what each can do.",
    "gateway": "Serve models and tools to agents that other frameworks run.",
    "mcp": "Offer a manifest's tools to any MCP client.",
    "check": "Load a manifest's components and say who may do what.",
    "inspect": "Show what a component imports and which tools it has.",
    "schema": "Print the JSON schema of a manifest, a policy or scripted answers.",
    "wit": "Print the interface that a system plugin offers guests.",
    "audit": "Say who may do what, or who did what in a run.",
    "log": "Show what was recorded of a run.",
    "runs": "List the recorded runs.",
    "explain": "Say why a record of a run is there, and who decided it.",
    "tighten": "Show the smallest grants that runs have needed.",
    "approvals": "Show the calls that wait for a person's approval.",
    "approve": "Approve a call that waits.",
    "refuse": "Refuse a call that waits, and say why.",
    "state": "Show what lion keeps, where, and how large it is.",
    "kv": "See, move and clear what guests keep.",
    "forget": "Remove the records of runs, but that they were there.",
    "export": "Write a run as lines of JSON that prove it to others.",
    "backup": "Copy the log, also while runs write it.",
    "keygen": "Make the key that signs what runs recorded.",
    "verify": "Prove that the record of a run is unchanged.",
    "record": "Run a manifest dry and list the lines it lacks.",
    "replay": "Execute a recorded run again, offline, and compare.",
}

ALIASES: Final = {
    "start-orchestrator": ("serve",),
    "submit-task": ("task", "submit"),
    "spawn-agent": ("agent", "spawn"),
    "multi-agent-demo": ("demo",),
    "load-plugin": ("plugin", "install"),
    "list-plugins": ("plugin", "list"),
    "invoke-plugin": ("plugin", "invoke"),
    "list-elements": ("element", "list"),
}
"""What commands were called first, and are called now."""


class LazyGroup(click.Group):
    """Commands by name, imported when asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command = import_module(f"lion.cli.commands.{cmd_name}").command
        assert isinstance(command, click.Command)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        args = [*ALIASES.get(args[0], args[:1]), *args[1:]]
        name = args[0]
        if name not in COMMANDS and not name.startswith("-"):
            raise click.UsageError(
                f"there is no command {name!r}; {did_you_mean(name, COMMANDS)}", ctx
            )
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Exit codes: 0 ok, 1 the guest's own error, 2 yours, 3 a guest's fault, 4 the outside, "
    "5 the log, 6 waiting, 70 lion's, 130 interrupted.",
)
@click.version_option(VERSION, message="lion %(version)s")
def lion() -> None:
    """Run WebAssembly plugins and AI agents that nobody has to trust."""
