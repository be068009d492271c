"""Look here if you want to know how a gateway is opened for the agents of others in a manifest,
and closed again. It is one run.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager

import msgspec
import trio

from lion.domain.plan import Plan
from lion.gateway.clients import Client
from lion.gateway.listening import LOOPBACK, Door, open_port
from lion.gateway.routes import MCP, Bridge, Routes
from lion.gateway.tokens import Pause, Tokens, new_token
from lion.host import Host
from lion.kernel.runs import Watch
from lion.kernel.session import Session
from lion.review.report import RunReport


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """Where an agent of others finds its models and tools, and by which token."""

    agent: str
    url: str
    token: str
    run: str

    @property
    def port(self) -> int:
        """Of this machine."""
        return int(self.url.rpartition(":")[2])

    def environment(self) -> dict[str, str]:
        """The variables that clients of OpenAI, Anthropic and MCP read."""
        return {
            "OPENAI_BASE_URL": f"{self.url}/v1",
            "OPENAI_API_KEY": self.token,
            "ANTHROPIC_BASE_URL": self.url,
            "ANTHROPIC_API_KEY": self.token,
            "LION_GATEWAY": self.url,
            "LION_TOKEN": self.token,
            "LION_MCP_URL": f"{self.url}{MCP}",
        }


class Gateway:
    """A gateway that answers. `sessions` are those of its agents."""

    def __init__(self, places: Sequence[Place], sessions: Mapping[str, Session]) -> None:
        self.places = tuple(places)
        self.sessions = sessions


Attend = Callable[[Gateway], Awaitable[None]]
"""What is done while a gateway answers; it is closed when this returns."""


async def serve_gateway(
    host: Host, plan: Plan, agents: Sequence[str], attend: Attend, *, port: int = 0,
    watch: Watch | None = None, pause: Pause | None = None,
) -> RunReport:  # fmt: skip
    """Answer agents of others until `attend` returns; one run. Raises as Host.serve, and
    OperatorError for a port that is taken.
    """

    async def serve(sessions: Mapping[str, Session]) -> None:
        async with open_gateway(plan.name, sessions, port, pause) as gateway:
            await attend(gateway)

    return await host.serve(plan, agents, serve, watch)


@asynccontextmanager
async def open_gateway(
    title: str, sessions: Mapping[str, Session], port: int = 0, pause: Pause | None = None
) -> AsyncIterator[Gateway]:
    """A port of this machine at which these are answered, each by a token of its own."""
    tokens = {new_token(): name for name in sessions}
    clients = {name: Client(session) for name, session in sessions.items()}
    any_session = next(iter(sessions.values()))
    with open_port(port) as listener:
        number = listener.socket.getsockname()[1]
        async with AsyncExitStack() as stack:
            bridge = await stack.enter_async_context(_open_bridge(title, sessions))
            routes = Routes(clients, bridge)
            door = Door(number, Tokens(tokens, pause), routes.answer, any_session.note)
            nursery = await stack.enter_async_context(trio.open_nursery())
            nursery.start_soon(door.listen, listener)
            url = f"http://{LOOPBACK}:{number}"
            places = [
                Place(agent=name, url=url, token=token, run=sessions[name].run)
                for token, name in tokens.items()
            ]
            yield Gateway(places, sessions)
            nursery.cancel_scope.cancel()


@asynccontextmanager
async def _open_bridge(
    title: str, sessions: Mapping[str, Session]
) -> AsyncIterator[Bridge | None]:
    """Tools by the Model Context Protocol, if its SDK is installed."""
    try:
        from lion.gateway.mcp_bridge import open_bridge
    except ModuleNotFoundError as exc:
        if (exc.name or "").partition(".")[0] != "mcp":
            raise
        yield None
        return
    async with open_bridge(title, sessions) as bridge:
        yield bridge
