"""Look here if you want to know who a client of `lion mcp serve` is in a manifest: a holder, with
the tools and agents that it may call.

    [system.desk]
    use = "mcp-client"
    allow.tools = ["notes.*", "ann.run"]

Rule: it does nothing by itself; what is asked over the wire is asked under its grants.
"""

from lion.system import PluginSettings, SystemPlugin


class McpClientSettings(PluginSettings):
    """Whether the client may read what was recorded of its own run."""

    log: bool = False


class McpClient(SystemPlugin[McpClientSettings]):
    """A client from outside, speaking the Model Context Protocol."""

    contract = 1
    uses = ("tools",)
