"""Look here if you want to know what the bench asks over the network.

As a program (`python -m benchmarks.web`) it is the server: it prints its port and ends with its
standard input. It has a process of its own, so that its time is nobody's cost.
"""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import trio

ROOT = Path(__file__).parents[1]
PAGE = b"x" * 1_024
PERIOD_SECONDS = 0.04
"""Between two tokens of one stream."""

_OK = b"HTTP/1.1 200 OK\r\ncontent-type: "
_PAGE = b"%btext/plain\r\ncontent-length: %d\r\n\r\n%b" % (_OK, len(PAGE), PAGE)
_STREAM = _OK + b"text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"


def _event(delta: dict[str, str], finish: str | None = None) -> bytes:
    chunk = {"choices": [{"index": 0, "delta": delta, "finish_reason": finish}]}
    data = b"data: %b\n\n" % json.dumps(chunk).encode()
    return b"%x\r\n%b\r\n" % (len(data), data)


_TOKEN = _event({"content": "lions "})
_LINE = _event({"content": "roar\n"})
_END = _event({}, "stop") + b"e\r\ndata: [DONE]\n\n\r\n0\r\n\r\n"


async def _speak(stream: trio.SocketStream, tokens: int, *, is_stamped: bool = False) -> None:
    """So many tokens, each in a packet of its own; every tenth ends a line. One that `is_stamped`
    says when it was sent, in microseconds.
    """
    await stream.send_all(_STREAM)
    due = trio.current_time()
    for number in range(1, tokens + 1):
        due += PERIOD_SECONDS
        await trio.sleep_until(due)
        if is_stamped:
            await stream.send_all(_event({"content": f"t{time.time_ns() // 1_000} "}))
        else:
            await stream.send_all(_LINE if number % 10 == 0 else _TOKEN)
    await stream.send_all(_END)


async def _serve(stream: trio.SocketStream) -> None:
    data = b""
    try:
        while True:
            while b"\r\n\r\n" not in data:
                if not (piece := await stream.receive_some()):
                    return
                data += piece
            head, _, data = data.partition(b"\r\n\r\n")
            length = int(head.lower().partition(b"content-length: ")[2].split(b"\r")[0] or 0)
            while len(data) < length:
                data += await stream.receive_some()
            body, data = data[:length], data[length:]
            if head.startswith(b"POST"):
                count, *words = json.loads(body)["messages"][-1]["content"].split()
                await _speak(stream, int(count), is_stamped=bool(words))
            else:
                await stream.send_all(_PAGE)
    except (trio.BrokenResourceError, trio.ClosedResourceError):
        return
    finally:
        await trio.aclose_forcefully(stream)


async def _main() -> None:
    async with trio.open_nursery() as nursery:
        listeners = await trio.open_tcp_listeners(0, host="127.0.0.1", backlog=1_024)
        nursery.start_soon(trio.serve_listeners, _serve, listeners)
        print(listeners[0].socket.getsockname()[1], flush=True)
        await trio.to_thread.run_sync(sys.stdin.read)
        nursery.cancel_scope.cancel()


@contextmanager
def open_web() -> Iterator[str]:
    """The server in a process of its own; gives its URL."""
    words = [sys.executable, "-m", "benchmarks.web"]
    with subprocess.Popen(
        words, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as server:
        assert server.stdin is not None and server.stdout is not None
        yield f"http://127.0.0.1:{server.stdout.readline().strip()}"
        server.stdin.close()


if __name__ == "__main__":
    trio.run(_main)
