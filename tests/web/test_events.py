"""Who follows the log over HTTP has each record once, also when he is cut off; who reads nothing
holds up nobody.
"""

import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import trio

from lion.domain.record import Record
from lion.domain.task import Role
from lion.errors import AuditError
from lion.history import open_history
from lion.log import sqlite_since
from lion.ports import LogReader
from lion.service import tail
from lion.service.living import Living
from lion.settings import Settings
from lion.web import connection, events, tcp
from tests.service.rig import ANN, add, living_in, settings_of
from tests.web.kit import SECONDS, Web, web_in


class Reader:
    """Reads events as the standard has it (HTML, 9.2.6)."""

    def __init__(self, stream: trio.SocketStream) -> None:
        self._stream = stream
        self._text = ""
        self.last = ""
        self.status = 0
        self._chunks = b""

    async def begin(self) -> None:
        """Read the head."""
        data = b""
        while b"\r\n\r\n" not in data:
            piece = bytes(await self._stream.receive_some())
            if not piece:  # let go without a word
                return
            data += piece
        head, _, rest = data.partition(b"\r\n\r\n")
        self.status = int(head.split()[1])
        self._chunks = rest

    async def event(self) -> tuple[str, Any]:
        """The next event's type and value."""
        while True:
            while "\n\n" not in self._text:
                self._text += await self._chunk()
            block, _, self._text = self._text.partition("\n\n")
            fields = dict(line.split(": ", 1) for line in block.split("\n") if line[:1] != ":")
            self.last = fields.get("id", self.last)
            if "data" in fields:
                return fields["event"], json.loads(fields["data"])

    async def _chunk(self) -> str:
        while True:
            size, ended, rest = self._chunks.partition(b"\r\n")
            if ended and len(rest) >= (length := int(size, 16)) + 2:
                self._chunks = rest[length + 2 :]
                if not length:
                    raise EOFError
                return rest[:length].decode()
            piece = bytes(await self._stream.receive_some())
            if not piece:
                raise EOFError
            self._chunks += piece


@asynccontextmanager
async def following(
    web: Web, query: str = "", last: str = "", buffer: int = 0
) -> AsyncIterator[Reader]:
    headers = {"authorization": f"Bearer {web.tokens[Role.VIEWER]}", "last-event-id": last}
    with trio.fail_after(SECONDS):
        async with await web.connect(buffer) as stream:
            await stream.send_all(web.head("GET", f"/events{query}", headers))
            reader = Reader(stream)
            await reader.begin()
            yield reader


def positions(folder: Path, after: int) -> list[int]:
    """Those of all records, read run by run."""
    with open_history(settings_of(folder)) as reader:
        runs = [*reader.chains(), *(one.run for one in reader.runs())]
        found = [r.position for run in runs for r in reader.records(run)]
    return sorted(one for one in found if one > after)


async def done(living: Living, times: int) -> None:
    """Some tasks, from their beginning to their end."""
    tasks = [await add(living) for _ in range(times)]
    for task in tasks:
        await living.service.wait_over(ANN, task.id)


@pytest.mark.parametrize("recent", [tail.RECENT, 3])
@pytest.mark.parametrize("rows", [sqlite_since.PAGE_ROWS, 1])
async def test_who_is_cut_off_and_comes_again_has_each_record_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, recent: int, rows: int
) -> None:
    monkeypatch.setattr(tail, "RECENT", recent)
    monkeypatch.setattr(sqlite_since, "PAGE_ROWS", rows)
    async with web_in(tmp_path) as web:
        await done(web.living, 3)
        seen: list[int] = []
        last, times = "0", 0
        expected = 0
        while not expected or len(seen) < expected:
            async with following(web, last=last) as reader:
                assert reader.status == 200
                for _ in range(7):
                    kind, value = await reader.event()
                    assert value["type"] == kind
                    assert value["position"] == int(reader.last)
                    seen.append(value["position"])
                    if len(seen) == expected:
                        break
                last = reader.last
            times += 1
            if times == 3:
                await done(web.living, 2)
                expected = len(positions(tmp_path, 0))
        assert times > 5
        assert seen == positions(tmp_path, 0)


async def test_what_comes_is_told_as_it_comes_and_by_what_is_asked(tmp_path: Path) -> None:
    async with web_in(tmp_path) as web:
        await done(web.living, 1)
        async with (
            following(web, "?type=TaskEnded,TaskSubmitted") as ends,
            following(web, "?holder=calculator&type=PluginResult") as results,
        ):
            await done(web.living, 2)
            kinds = [(await ends.event())[0] for _ in range(4)]
            assert sorted(kinds) == ["TaskEnded"] * 2 + ["TaskSubmitted"] * 2
            told = [(await results.event())[1] for _ in range(2)]
            assert {one["principal"] for one in told} == {"calculator"}
            async with following(web, f"?run={told[0]['run'][:13]}&after=0") as run:
                assert {(await run.event())[1]["run"] for _ in range(3)} == {told[0]["run"]}


async def test_records_of_another_process_are_told(tmp_path: Path) -> None:
    async with web_in(tmp_path) as web, following(web, "?type=RunFinished") as reader:
        from lion.opening import open_fitted
        from tests.service.rig import plan_of

        settings = settings_of(tmp_path)
        async with open_fitted(settings) as other:  # a log of its own, as another process has it
            plan = plan_of()
            await other.call(plan, "calculator.add", {"a": 1, "b": 2})
        assert (await reader.event())[0] == "RunFinished"


@pytest.mark.parametrize("said", ["x", "-1", "1e3", "9" * 30, "\u0663"])
async def test_what_is_no_position_is_refused(tmp_path: Path, said: str) -> None:
    async with web_in(tmp_path) as web:
        target = "/events?after=" + "".join(f"%{byte:02x}" for byte in said.encode())
        assert (await web.ask("GET", target, role=Role.VIEWER)).status == 400


async def test_a_large_record_is_told_without_its_event(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tail, "MOST_TOLD", 10)
    async with web_in(tmp_path) as web:
        with open_history(settings_of(tmp_path)) as reader:
            (chain,) = reader.chains()
            large = {r.position for r in reader.records(chain) if len(r.body) > 4_096}
        async with following(web, "?after=0") as reader:
            left_out = set()
            for _ in positions(tmp_path, 0):
                value = (await reader.event())[1]
                if value["event"] is None:
                    left_out.add(value["position"])
        assert left_out == large


async def test_who_loses_his_token_is_cut_off(tmp_path: Path) -> None:
    async with web_in(tmp_path) as web, following(web, "?type=none") as reader:
        await web.living.access.revoke(ANN, f"viewer-{web.doors.port}")
        assert await reader.event() == ("lion.signed-out", {})
        with pytest.raises(EOFError):
            await reader.event()


async def test_readers_who_read_nothing_hold_up_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A hundred of them: as many as may follow do, the others are refused; guests go on, others
    are answered, and who reads nothing is given up.
    """
    monkeypatch.setattr(tcp, "SEND_BUFFER", 4_096)
    async with web_in(tmp_path) as web, AsyncExitStack() as stack:
        statuses = []
        for _ in range(100):
            reader = await stack.enter_async_context(following(web, buffer=4_096))
            statuses.append(reader.status)
        assert statuses[: events.MOST_FOLLOWERS] == [200] * events.MOST_FOLLOWERS
        assert set(statuses[events.MOST_FOLLOWERS :]) <= {503, 0}
        assert (await web.ask("GET", "/ping")).status == 200
        monkeypatch.setattr(connection, "SEND_SECONDS", 0.2)
        with trio.fail_after(SECONDS):
            while web.living.tail.followers:
                await done(web.living, 1)
        async with following(web) as reader:
            assert reader.status == 200


async def test_a_log_that_cannot_be_read_ends_the_reading_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise AuditError("the log is damaged")

    async with web_in(tmp_path) as web:
        with monkeypatch.context() as patch:
            patch.setattr(tail, "_page", fail)
            async with following(web, "?after=0") as reader:
                kind, value = await reader.event()
                assert (kind, value["detail"]) == ("lion.failed", "the log is damaged")
        async with following(web, "?after=0") as reader:
            assert (await reader.event())[1]["position"] == 1
        assert (await web.ask("GET", "/ping")).status == 200


async def test_who_follows_a_log_that_cannot_be_opened_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(settings: Settings) -> Any:
        raise AuditError("the log cannot be opened")

    async with living_in(tmp_path) as living:
        await done(living, 1)
        monkeypatch.setattr(tail, "open_history", fail)
        following = living.tail.follow(1, SECONDS)
        with trio.fail_after(SECONDS), pytest.raises(AuditError, match="cannot be opened"):
            await anext(following)


async def test_who_hears_is_told_of_all_from_now_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[Record] = []
    opened, read = tail.open_history, tail.Tail._heard
    faults = [AuditError("the log cannot be read")] * 2

    def open_late(settings: Settings) -> Any:
        if faults:
            raise faults.pop()
        return opened(settings)

    def read_once_more(self: tail.Tail, reader: LogReader, after: int) -> list[tail.Told]:
        if any(one.type == "TaskEnded" for one in heard) and faults:
            raise faults.pop()
        return read(self, reader, after)

    def submitted() -> int:
        return [one.type for one in heard].count("TaskSubmitted")

    async with living_in(tmp_path) as living:
        monkeypatch.setattr(tail, "open_history", open_late)
        monkeypatch.setattr(tail.Tail, "_heard", read_once_more)
        await living.tail.hear(heard.extend)
        await done(living, 1)
        await living.tail.settle()
        assert submitted() == 1
        faults += [AuditError("the log cannot be read")] * 2
        await done(living, 1)
        with trio.fail_after(SECONDS):
            while faults:
                await living.tail._changed.wait()
        await living.tail.settle()
        assert submitted() == 2
        assert [one.position for one in heard] == sorted({one.position for one in heard})


async def test_nobody_reads_the_log_while_nobody_follows(tmp_path: Path) -> None:
    async with living_in(tmp_path) as living:
        await done(living, 1)
        assert living.tail.last == 0
