"""Look here if you want to know how a session over standard input and output is opened and ended.

Rule: the SDK is imported here, once somebody serves: nothing else of lion knows of it.
"""

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

import trio

from lion.domain.plan import Plan
from lion.host import Host
from lion.kernel.groups import flattened
from lion.kernel.session import Session
from lion.review.report import RunReport
from lion.system.entry import check_installed as check_installed

if TYPE_CHECKING:
    from lion.mcp.server import Approve


async def serve_stdio(host: Host, plan: Plan, client: str, *, may_approve: bool) -> RunReport:
    """Serve the client at the other end of standard input and output until it leaves; one run.

    Raises as Host.run.
    """
    from lion.mcp.wire import claimed_stdio

    async with claimed_stdio() as (source, sink):
        return await serve_streams(host, plan, client, source, sink, may_approve=may_approve)


async def serve_streams(
    host: Host,
    plan: Plan,
    client: str,
    source: trio.abc.ReceiveStream,
    sink: trio.abc.SendStream,
    *,
    may_approve: bool,
) -> RunReport:
    """The same over any pair of streams."""
    approve: Approve | None = host.answer if may_approve else None
    shows_log = plan.holders[client].settings.get("log") is True
    speak = partial(
        _speak, source=source, sink=sink, approve=approve, shows_log=shows_log, title=plan.name
    )
    return await host.serve(plan, (client,), speak)


async def _speak(
    sessions: Mapping[str, Session], *, source: Any, sink: Any, title: str, **service: Any
) -> None:
    from lion.mcp.calls import Calls
    from lion.mcp.server import Service
    from lion.mcp.wire import open_wire
    from lion.system.mcp.inbound import hush

    hush()
    (session,) = sessions.values()
    with flattened():
        async with open_wire(source, sink) as (reading, writing), trio.open_nursery() as nursery:
            calls = Calls(session, nursery)
            server = Service(session, calls, **service).server(title)
            await server.run(reading, writing, server.create_initialization_options())
            nursery.cancel_scope.cancel()
