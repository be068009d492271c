"""Look here if you want to know what `lion gateway` does: models and tools of a manifest for
agents that other frameworks run.

Rule: standard output has the addresses and tokens, or is the program's; what people read goes to
standard error.
"""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

import click

from lion.cli.attending import Typed, program_of, until_ended, until_stopped
from lion.cli.options import Common, ask_option, common_options, pairs_option, set_option
from lion.cli.screen import open_screen
from lion.cli.session import run_trio
from lion.cli.summary import render_summary
from lion.domain.plan import Plan
from lion.review.report import RunReport

if TYPE_CHECKING:
    from lion.gateway.entry import Attend


@click.command("gateway")
@click.argument("manifest")
@click.argument("program", metavar="[-- PROGRAM ARGS...]", nargs=-1, type=click.UNPROCESSED)
@click.option("--as", "agents", metavar="NAME", multiple=True, help="For which agents only.")
@click.option("--port", type=click.IntRange(0, 65_535), default=0, help="Not any that is free.")
@pairs_option("--env", "env", "NAME=VALUE", "Give PROGRAM a variable.")
@click.option("--harden", is_flag=True, help="Raise walls around PROGRAM (Linux).")
@click.option("--read", metavar="PATH", multiple=True, help="Let PROGRAM read it behind them.")
@set_option
@ask_option
@common_options
def command(
    common: Common,
    manifest: str,
    program: Sequence[str],
    agents: Sequence[str],
    port: int,
    env: Mapping[str, str],
    harden: bool,
    read: Sequence[str],
    sets: Mapping[str, str],
    asks: bool,
) -> int:
    """Serve models and tools of MANIFEST on this machine, to agents that other frameworks run.

    Each agent is a table of the manifest with use = "outside-agent", and has a token of its own.
    What it asks over the protocols of OpenAI, Anthropic and MCP is decided, charged and recorded
    as any host call. It is one run, until SIGINT or SIGTERM.

    With PROGRAM it runs that, outside of any sandbox, for the one agent, and ends with it: its
    environment has where to find models and tools: lion gateway manifest.toml -- python agent.py
    """
    from lion.gateway.clients import outside_agents
    from lion.plans import read_manifest

    plan = read_manifest(manifest, sets)
    names = outside_agents(plan, agents)
    typed = Typed(command=program, env=env, harden=harden, read=read)
    typed.check()
    ended: list[int] = []
    attend: Attend = partial(until_stopped, as_json=common.as_json)
    if program:
        running = program_of(typed, names, common.settings())
        attend = partial(until_ended, running=running, ended=ended)
    report = run_trio(lambda: _serve(common, plan, names, attend, port=port, asks=asks))
    screen = open_screen("stderr")
    for line in render_summary(report, plan, common, screen):
        screen.line(line)
    return report.exit_code or (ended[0] if ended else 0)


async def _serve(
    common: Common, plan: Plan, names: Sequence[str], attend: "Attend", *, port: int, asks: bool
) -> RunReport:
    from lion.cli.asking import open_console
    from lion.gateway.entry import serve_gateway
    from lion.opening import open_host

    screen = open_screen("stderr")
    async with (
        open_host(common.settings(), asks=asks) as host,
        open_console(host, screen) as ask,
    ):
        return await serve_gateway(host, plan, names, attend, port=port, watch=ask)
