"""Look here if you want to know what `lion gateway` does: models and tools of a manifest for
agents that other frameworks run.

Rule: standard output has the addresses and tokens, or is the program's; what people read goes to
standard error.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import click
import msgspec

from lion.cli.options import Common, ask_option, common_options, set_option
from lion.cli.screen import open_screen
from lion.cli.session import run_trio
from lion.cli.summary import render_summary
from lion.domain.plan import Plan
from lion.review.report import RunReport

if TYPE_CHECKING:
    from lion.gateway.entry import Attend, Gateway


@click.command("gateway")
@click.argument("manifest")
@click.option("--as", "agents", metavar="NAME", multiple=True, help="For which agents only.")
@click.option("--port", type=click.IntRange(0, 65_535), default=0, help="Not any that is free.")
@set_option
@ask_option
@common_options
def command(
    common: Common,
    manifest: str,
    agents: Sequence[str],
    port: int,
    sets: Mapping[str, str],
    asks: bool,
) -> int:
    """Serve models and tools of MANIFEST on this machine, to agents that other frameworks run.

    Each agent is a table of the manifest with use = "outside-agent", and has a token of its own.
    What it asks over the protocols of OpenAI, Anthropic and MCP is decided, charged and recorded
    as any host call. It is one run, until SIGINT or SIGTERM.
    """
    from lion.gateway.clients import outside_agents
    from lion.plans import read_manifest

    plan = read_manifest(manifest, sets)
    names = outside_agents(plan, agents)

    async def attend(gateway: "Gateway") -> None:
        await _until_stopped(gateway, as_json=common.as_json)

    report = run_trio(lambda: _serve(common, plan, names, attend, port=port, asks=asks))
    screen = open_screen("stderr")
    for line in render_summary(report, plan, common, screen):
        screen.line(line)
    return report.exit_code


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


async def _until_stopped(gateway: "Gateway", *, as_json: bool) -> None:
    import trio

    from lion.kernel.interrupts import heeded_signals

    with trio.open_signal_receiver(*heeded_signals()) as signals:
        _show(gateway, as_json=as_json)  # not before a signal is heard
        async for _ in signals:
            return


def _show(gateway: "Gateway", *, as_json: bool) -> None:
    screen = open_screen("stdout")
    if as_json:
        ready = {"state": "ready", "agents": gateway.places}
        screen.line(msgspec.json.encode(ready).decode())
        return
    for place in gateway.places:
        screen.line(f"# {place.agent}")
        for name, value in place.environment().items():
            screen.line(f"{name}={value}")
