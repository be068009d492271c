"""Look here if you want to know how the protocol's conformance suite reaches `lion mcp serve`: it
speaks HTTP only, so the same answers are served by the SDK's own HTTP app, on a loopback port.
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import hypercorn.trio
import trio
from hypercorn.config import Config

from lion.kernel.session import Session
from lion.mcp.calls import Calls
from lion.mcp.clients import with_client
from lion.mcp.server import Service
from lion.opening import open_host
from lion.plans import read_manifest
from lion.settings import Settings


@asynccontextmanager
async def serving(settings: Settings, path: Path, *, may_approve: bool) -> AsyncIterator[str]:
    """The URL at which a manifest's client is served."""
    plan, name = with_client(read_manifest(str(path), {}), None, {})
    async with open_host(settings, asks=True) as host, trio.open_nursery() as nursery:
        given: list[str] = await nursery.start(
            partial(_serve, host, plan, name, approve=host.answer if may_approve else None)
        )
        yield f"{given[0]}/mcp"
        nursery.cancel_scope.cancel()


async def _serve(host: Any, plan: Any, name: str, *, approve: Any, task_status: Any) -> None:
    async def speak(sessions: Mapping[str, Session]) -> None:
        (session,) = sessions.values()
        async with trio.open_nursery() as nursery:
            calls = Calls(session, nursery)
            service = Service(session, calls, approve, True)
            app: Any = service.server(plan.name).streamable_http_app()
            config = Config()
            config.bind = ["127.0.0.1:0"]
            config.errorlog = None
            urls = await nursery.start(partial(hypercorn.trio.serve, app, config))
            task_status.started(urls)
            await trio.sleep_forever()

    await host.serve(plan, (name,), speak)
