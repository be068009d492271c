"""Look here if you want to know who an agent of others is in a manifest: a program that lion does
not hold in a sandbox, with the models and tools that `lion gateway` lets it have.

    [system.ann]
    use = "outside-agent"
    allow.llm = ["fast"]
    allow.tools = ["notes.*"]

Rule: it does nothing by itself; what its program asks over the wire is asked under its grants.
"""

from lion.system import SystemPlugin


class OutsideAgent(SystemPlugin):
    """A framework's agent, a client of OpenAI, Anthropic or MCP: whatever speaks to a gateway."""

    contract = 1
    uses = ("tools", "llm")
