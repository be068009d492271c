"""Look here if you want to know how tests use servers of MCP as guests do: pinned, granted and
called.
"""

import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lion.domain.plan import Plan
from lion.opening import open_host
from lion.pinning import agree, ask_server, servers_of
from lion.plans import read_manifest
from lion.settings import Settings
from tests.conftest import CACHE
from tests.mcp.kit import manifest, plugin

SERVER = Path(__file__).with_name("server.py")


def server(*lines: str, name: str = "far") -> str:
    """The table of the tests' own server."""
    command = f'command = ["{sys.executable}", "-u", "{SERVER}"]'
    return "\n".join([f"[mcp.{name}]", command, *lines])


def asking(text: str, tool: str = "far.echo-it", grant: str = "far.*", *lines: str) -> str:
    """A manifest in which a guest calls a server's tool with a text, and gives what it gets."""
    given = f"""{{ name = "{tool}", arguments = '{{"text": "{text}"}}' }}"""
    return manifest(
        server(*lines),
        plugin("probe", f'allow.tools = ["{grant}"]'),
        f'[[run]]\ncall = "probe.tools-call"\nwith = {given}',
    )


class Place:
    """A folder with a manifest, a state, and a server whose mode can be set."""

    def __init__(self, folder: Path, **secrets: str) -> None:
        self.folder = folder
        self.path = folder / "manifest.toml"
        from lion.domain.hidden import Hidden

        variables: Mapping[str, Any] = {name: Hidden(value) for name, value in secrets.items()}
        self.settings = Settings(
            state=folder / "state", cache=Path(os.environ[CACHE]), variables=variables
        )

    def set_mode(self, mode: str) -> None:
        (self.folder / "mode").write_text(mode)

    def plan(self, text: str) -> Plan:
        self.path.write_text(text)
        return read_manifest(str(self.path), {})

    async def pin(self, text: str) -> tuple[str, ...]:
        """Agree to what the servers of a manifest say; what was another before."""
        plan = self.plan(text)
        changes: tuple[str, ...] = ()
        for holder in servers_of(plan, None):
            offer = await ask_server(self.settings, plan, holder)
            agree(self.settings, plan, offer)
            changes += offer.changes
        return changes

    def host(self, **more: Any) -> Any:
        return open_host(self.settings, **more)

    async def run(self, text: str) -> Any:
        """What a manifest's run comes to."""
        plan = self.plan(text)
        async with self.host() as host:
            return await host.run(plan)


def value(report: Any) -> Any:
    """What the tool gave to the guest, or what the guest says of its error."""
    (ending,) = report.endings
    return json.loads(ending.value) if ending.ok else ending.value
