"""Look here if you want to know what `lion mcp` does: tools of a manifest for any client that
speaks the Model Context Protocol.

Rule: standard output is the protocol's; what people read goes to standard error.
"""

from collections.abc import Mapping, Sequence

import click

from lion.cli.options import Common, ask_option, common_options, set_option
from lion.cli.screen import open_screen
from lion.cli.session import run_trio
from lion.review.report import RunReport


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
    from lion.mcp.entry import check_installed, serve_stdio
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
