"""Asyncio over the host's calls: several at once in one guest, without threads and sockets.

async def both(a, b):
    return await asyncio.gather(aio.get(a), aio.get(b))

pages = aio.run(both("https://example.com/a", "https://example.com/b"))

`asyncio.gather`, `wait_for`, `TaskGroup` and `sleep` work as ever; what is cancelled ends at the
host, too. `asyncio.run` itself needs sockets. The world imports lion:host/poll.
"""

import asyncio  # noqa: TID251 - a guest is no part of lion
import time

from .errors import raised
from .interfaces import interface
from .packed import READ, unpack

try:
    from . import http as _http
except ImportError:  # The world does not import it; who asks is told.
    _http = None
try:
    from . import tools as _tools
except ImportError:
    _tools = None

_host = interface("poll")


class Loop(asyncio.BaseEventLoop):
    """An event loop whose waits are the host's."""

    def __init__(self):
        super().__init__()
        self._selector = _Selector()

    def _process_events(self, futures):
        for future in futures:
            if not future.done():
                future.set_result(None)

    def _write_to_self(self):
        """There is no other thread that could wake it."""


class _Selector:
    """Futures by the handle that each waits for."""

    def __init__(self):
        self.waiting = {}

    def select(self, timeout=None):
        """Futures whose handle is ready; waits for one, for so many seconds."""
        if not self.waiting and timeout is None:
            raise RuntimeError("nothing is under way that could ever be ready")
        if not self.waiting and timeout <= 0:
            return []
        until = None
        if timeout is not None:
            until = time.monotonic_ns() + int(timeout * 1e9) if timeout > 0 else 0
        handles = list(self.waiting)
        found = _host.wait(" ".join(map(str, handles)), until)
        return [self.waiting.pop(handles[index]) for index in found]


def run(main):
    """What a coroutine comes to."""
    loop = Loop()
    try:
        return loop.run_until_complete(main)
    finally:
        left = asyncio.all_tasks(loop)
        for task in left:
            task.cancel()
        if left:
            loop.run_until_complete(asyncio.gather(*left, return_exceptions=True))
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()


async def ready(thing):
    """Wait until a call, an answer or a request (it has a `handle`) is ready."""
    loop = asyncio.get_running_loop()
    waiting = loop._selector.waiting
    future = loop.create_future()
    waiting[thing.handle] = future
    try:
        await future
    finally:
        if waiting.get(thing.handle) is future:
            del waiting[thing.handle]


async def request(method, url, *, headers=None, body=None, json=None, timeout=None):  # noqa: ASYNC109
    """As `http.request`, without keeping others waiting; the answer may be of any length."""
    if _http is None:
        interface("http")
    asked = _http._request(method, url, headers, body, json, timeout)
    with _http.Exchange(_http._host.start(asked, False)) as exchange:
        await ready(exchange)
        answer = exchange.head()
        answer.body = b"".join([piece async for piece in _pieces(exchange)])
    return answer


async def _pieces(exchange):
    while True:
        await ready(exchange)
        with raised():
            piece = exchange._exchange.read(READ)
        if piece is None:
            return
        yield unpack(piece)


async def get(url, **how):
    """`request` with GET."""
    return await request("GET", url, **how)


async def post(url, **how):
    """`request` with POST."""
    return await request("POST", url, **how)


async def call(name, arguments=None, /, **named):
    """As `tools.call`, without keeping others waiting."""
    if _tools is None:
        interface("tools")
    with _tools.start(name, arguments, **named) as pending:
        await ready(pending)
        return pending.take()
