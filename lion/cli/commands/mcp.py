"""Look here if you want to know what `lion mcp` does: tools of a manifest for any client that
speaks the Model Context Protocol, and servers of it that an operator agrees to.

Rule: standard output is the protocol's; what people read goes to standard error.
"""

import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import click

from lion.cli.options import Common, ask_option, common_options, set_option
from lion.cli.screen import open_screen
from lion.cli.session import run_trio
from lion.domain.plan import Holder, Plan
from lion.domain.text import show_line
from lion.errors import OperatorError
from lion.mcp.entry import check_installed
from lion.review.report import RunReport

if TYPE_CHECKING:
    from lion.pinning import Offer


@click.group("mcp", context_settings={"help_option_names": ["-h", "--help"]})
def command() -> None:
    """Use lion over the Model Context Protocol (MCP)."""


@command.command("serve")
@click.argument("target", metavar="MANIFEST|COMPONENT")
@click.option("--as", "client", metavar="NAME", help="For which client of the manifest.")
@click.option(
    "--allow",
    metavar="TOML",
    multiple=True,
    help="""Grant the client this, as a manifest says it after `allow.`:
    --allow 'tools = ["notes.*"]'; may be repeated.""",
)
@click.option(
    "--may-approve",
    is_flag=True,
    help="Let whoever sits at the client approve calls; some clients answer by themselves.",
)
@set_option
@ask_option
@common_options
def serve(
    common: Common,
    target: str,
    client: str | None,
    allow: Sequence[str],
    may_approve: bool,
    sets: Mapping[str, str],
    asks: bool,
) -> int:
    """Offer the tools and agents of MANIFEST to the client at standard input and output.

    A client has what the manifest grants it, in a table with use = "mcp-client", or --allow.
    Each session is a run: see it with `lion log last` and `lion audit last`.

    \b
    lion mcp serve notes.wasm --allow 'tools = ["notes.*"]'
    """
    from lion.cli.one_call import allowed_tables
    from lion.mcp.clients import with_client
    from lion.mcp.entry import serve_stdio
    from lion.opening import open_host
    from lion.plans import read_plan

    check_installed()
    plan, name = with_client(read_plan(target, sets), client, allowed_tables(allow))

    async def session() -> RunReport:
        async with open_host(common.settings(), signals=True, asks=asks) as host:
            return await serve_stdio(host, plan, name, may_approve=may_approve)

    report = run_trio(session)
    open_screen("stderr").line(
        f"run {report.run[:8]}: {report.calls} calls, {report.denied} denied"
    )
    return report.exit_code


@command.command("pin")
@click.argument("manifest")
@click.argument("name", required=False)
@click.option("--yes", is_flag=True, help="Agree without being asked.")
@set_option
@common_options
def pin(
    common: Common, manifest: str, name: str | None, yes: bool, sets: Mapping[str, str]
) -> int:
    """Start the servers of MANIFEST ([mcp.NAME]), show what they offer, and agree to that.

    What is agreed to is kept in the state directory: this is what guests are told of the tools; a
    server that says something else later is refused, with the difference.
    """
    from lion.pinning import servers_of
    from lion.plans import read_manifest

    check_installed()
    plan = read_manifest(manifest, sets)
    pinned = [_pin(common, plan, holder, yes) for holder in servers_of(plan, name)]
    return 0 if all(pinned) else 1


def _pin(common: Common, plan: Plan, holder: Holder, yes: bool) -> bool:
    from lion.pinning import agree, ask_server

    screen = open_screen("stderr")
    settings = common.settings()
    command = show_line(" ".join(holder.settings["command"]), longest=1_000)
    screen.line(f"{holder.name}  starts, outside of the sandbox: {command}")
    handed = ", ".join(holder.settings["secrets"].values())
    if handed:
        screen.line(f"{holder.name}  is handed the secrets: {handed}")
    if not (yes or _agreed("start it?")):
        return False

    async def session() -> "Offer":
        return await ask_server(settings, plan, holder)

    offer = run_trio(session)
    for line in offer.changes:
        screen.line(f"  {line}")
    if offer.changes or offer.is_new:
        if not (yes or _agreed("agree to this?")):
            return False
        agree(settings, plan, offer)
    screen.line(f"{holder.name}  {len(offer.pins.tools)} tools of {offer.pins.server}: pinned")
    return True


def _agreed(question: str) -> bool:
    """Whether a person says yes; without one, no."""
    if not sys.stdin.isatty():
        raise OperatorError("nobody is there to agree", hint="add --yes")
    return click.confirm(question, err=True)
