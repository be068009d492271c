"""An agent of OpenAI's framework (`pip install openai-agents`) with lion's models and tools:

    lion gateway examples/outside-agent/manifest.toml --harden -- python agent.py

Where they are it reads from its environment, as all clients do.
"""

import asyncio
import os

from agents import Agent, Runner, set_tracing_disabled
from agents.mcp import MCPServerStreamableHttp


async def main() -> None:
    """Have it work, and say what it says."""
    set_tracing_disabled(True)  # it would be sent to OpenAI, and goes through no door
    place = {
        "url": os.environ["LION_MCP_URL"],
        "headers": {"Authorization": f"Bearer {os.environ['LION_TOKEN']}"},
    }
    async with MCPServerStreamableHttp(params=place) as tools:
        agent = Agent(
            name="ann", model="fast", mcp_servers=[tools],
            instructions="Use your tools, and write down what you find.",
        )  # fmt: skip
        stream = Runner.run_streamed(agent, "What is 17 plus 25?")
        async for event in stream.stream_events():
            if event.type == "run_item_stream_event" and event.name == "tool_called":
                print(f"(calls {event.item.raw_item.name})", flush=True)
        print(stream.final_output)


asyncio.run(main())
