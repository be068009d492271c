"""A client of `lion mcp serve` that means harm: what it says is bounded, and it hurts its own
session at most.
"""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import trio
import trio.testing

from lion.domain.events import ApprovalDecided, CallFinished
from lion.mcp import wire
from lion.programs.lines import Lines
from tests.conftest import CACHE
from tests.mcp.kit import HELLO, Raw, asking, desk, manifest, open_served, plugin, said

TEXT = manifest(
    plugin("calculator"),
    plugin("probe", 'limits = { deadline = "none" }'),
    desk("calculator.add", "probe.clock-sleep"),
)
HOUR = 3_600 * 1_000_000_000
SUM = {"a": 1, "b": 2}


async def still_works(raw: Raw) -> None:
    """It answers like at the first day."""
    await raw.say(asking("after", "calculator_add", **SUM))
    with trio.fail_after(60):
        answer = await raw.hear_of("after")
    assert answer["result"]["structuredContent"] == {"result": 3}


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (b"nonsense\n", -32700),
        (b"\xff\xfe\x00\n", -32700),
        (b"[]\n", -32600),
        (b'{"jsonrpc":"1.0","id":1,"method":"ping"}\n', -32600),
        (b'{"jsonrpc":"2.0","id":{},"method":"ping"}\n', -32600),
        (b'{"jsonrpc":"2.0","id":1,"method":' + b"[" * 100_000 + b"\n", -32700),
        (b'{"jsonrpc":"2.0","id":1,"method":"ping","params":' + b" " * 600_000 + b"{}}\n", -32600),
        (b"1" * 100_000 + b"\n", -32700),
    ],
)
async def test_what_is_no_message_is_answered(tmp_path: Path, line: bytes, code: int) -> None:
    async with open_served(tmp_path, TEXT) as served:
        raw = Raw(served.end)
        await raw.greet()
        await raw.say(line)
        assert (await raw.hear())["error"]["code"] == code
        await still_works(raw)


async def test_a_line_that_never_ends_takes_no_memory() -> None:
    near, far = trio.testing.memory_stream_one_way_pair()

    async def write() -> None:
        for _ in range(200):
            await near.send_all(b"x" * 65_536)
        await near.send_all(b"\nshort\nhalf a li")
        await near.aclose()

    async with trio.open_nursery() as nursery:
        nursery.start_soon(write)
        lines = Lines(far, 1_000)
        assert await lines.next() is None
        assert await lines.next() == b"short"
        assert len(lines._held) <= 1_000
        with pytest.raises(EOFError):
            await lines.next()


async def test_a_flood_of_calls_is_refused_beyond_a_number(tmp_path: Path) -> None:
    async with open_served(tmp_path, TEXT) as served:
        raw = Raw(served.end)
        await raw.greet()
        count = 1_000
        refused = 0

        async def flood() -> None:
            for number in range(count):
                await raw.say(asking(number, "probe_clock-sleep", duration=HOUR))

        async with trio.open_nursery() as nursery:
            nursery.start_soon(flood)
            with trio.fail_after(60):
                while refused < count - wire.MOST_OPEN:
                    message = await raw.hear()
                    assert message["error"]["code"] == wire.BUSY
                    refused += 1
        # A cancellation is heard all the same.
        for number in range(wire.MOST_OPEN):
            note = {"requestId": number}
            await raw.say({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": note})
        await still_works(raw)
    begun = [e for _, _, e in said(tmp_path) if isinstance(e, CallFinished)]
    assert len([e for e in begun if e.capability == "tools"]) <= wire.MOST_OPEN + 1


async def test_an_id_that_is_under_way_is_not_taken_twice(tmp_path: Path) -> None:
    async with open_served(tmp_path, TEXT) as served:
        raw = Raw(served.end)
        await raw.greet()
        for _ in range(2):
            await raw.say(asking(7, "probe_clock-sleep", duration=HOUR))
        assert "under way" in (await raw.hear_of(7))["error"]["message"]
        await still_works(raw)


async def test_answers_nobody_asked_for_approve_nothing(tmp_path: Path) -> None:
    """It answers questions that it guesses; it was not given the right."""
    ask = 'ask = ["tool calculator.*"]'
    async with open_served(tmp_path, TEXT, policy=ask) as served:
        raw = Raw(served.end)
        await raw.greet()
        await raw.say(asking("sum", "calculator_add", **SUM))
        yes = {"action": "accept", "content": {"answer": "approve once"}}
        for number in range(5):
            await raw.say({"jsonrpc": "2.0", "id": number, "result": yes})
        with trio.fail_after(60):
            while not await served.host.approvals():
                await trio.lowlevel.checkpoint()
        params = {"requestState": "guessed", "inputResponses": {"approval": yes}}
        again = asking("again", "calculator_add", **SUM)
        await raw.say({**again, "params": {**again["params"], **params}})
        assert "error" in await raw.hear_of("again")
        assert len(await served.host.approvals()) == 1
    events = [event for _, _, event in said(tmp_path)]
    assert not any(isinstance(event, ApprovalDecided) for event in events)


async def test_a_client_that_reads_nothing_is_waited_for_and_nothing_is_gathered(
    tmp_path: Path,
) -> None:
    async with open_served(tmp_path, TEXT) as served:
        raw = Raw(served.end)
        await raw.greet()
        sent = 0

        async def flood() -> None:
            nonlocal sent
            while True:
                await raw.say({"jsonrpc": "2.0", "id": sent, "method": "tools/list"})
                sent += 1

        with trio.move_on_after(1):
            await flood()
        assert sent < 5_000
    assert served.report is not None


class Process:
    """`lion mcp serve` as a process of its own."""

    def __init__(self, folder: Path, text: str) -> None:
        path = folder / "manifest.toml"
        path.write_text(text)
        env = {**os.environ, "LION_STATE": str(folder / "state"), "HOME": str(folder)}
        env["XDG_CACHE_HOME"] = os.environ[CACHE]
        self.process = subprocess.Popen(
            [sys.executable, "-m", "lion", "mcp", "serve", str(path)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=env,
        )  # fmt: skip

    def say(self, *messages: Any) -> None:
        assert self.process.stdin is not None
        for message in messages:
            self.process.stdin.write(json.dumps(message).encode() + b"\n")
        self.process.stdin.flush()

    def hear(self) -> Any:
        assert self.process.stdout is not None
        return json.loads(self.process.stdout.readline())


CHATTY = '\n[system.lines]\nuse = "console"\nsettings = { events = ["CallFinished"] }\n'


def test_nothing_but_the_protocol_is_on_stdout_and_sigterm_ends_it(tmp_path: Path) -> None:
    one = Process(tmp_path, f"{TEXT}{CHATTY}")
    one.say(*HELLO)
    assert one.hear()["id"] == "hello"
    one.say(asking(1, "calculator_add", **SUM))
    assert one.hear()["result"]["structuredContent"] == {"result": 3}
    one.say(asking(2, "probe_clock-sleep", duration=HOUR))
    one.say({"jsonrpc": "2.0", "id": 3, "method": "ping"})
    assert one.hear()["id"] == 3
    one.process.send_signal(signal.SIGTERM)
    out, errors = one.process.communicate(timeout=30)
    assert (out, one.process.returncode) == (b"", 130)
    assert b"Traceback" not in errors


def test_who_hangs_up_ends_it(tmp_path: Path) -> None:
    one = Process(tmp_path, TEXT)
    one.say(*HELLO, asking(1, "calculator_add", **SUM))
    out, errors = one.process.communicate(timeout=30)
    assert [json.loads(line)["id"] for line in out.splitlines()] == ["hello", 1]
    assert one.process.returncode == 0 and b"1 calls, 0 denied" in errors
