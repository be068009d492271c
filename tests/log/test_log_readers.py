"""Both logs keep the contract of ports.EventLog.subscribe and LogReader."""

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import cast

import pytest
import trio
import trio.testing

from lion.domain.record import Record
from lion.errors import AuditError, OperatorError
from lion.log import feed
from lion.log.feed import Feeds, Follower
from lion.log.group import Group
from lion.log.sqlite import SqliteLog
from lion.log.sqlite_store import SqliteStore
from lion.ports import BudgetUse, EventLog
from tests.log.rig import RUN, Opened, OpenLog, draft, finished, sqlite_opener, started

SECONDS = 60
"""For what would otherwise wait for ever."""
OTHER = "0190a1b2-two"


class TestSubscriptions:
    async def test_follow_a_run_to_its_end(self, open_log: OpenLog) -> None:
        got: list[int] = []

        async def follow(log: EventLog, task_status: trio.TaskStatus[None]) -> None:
            task_status.started()
            got.extend([record.seq async for record in log.subscribe(RUN)])

        async with open_log() as opened, trio.open_nursery() as nursery:
            await nursery.start(follow, opened.log)
            await opened.log.start_run(RUN, "hello")
            for n in range(2_000):
                opened.log.append(draft())
                if n % 100 == 0:
                    await opened.log.commit()
            opened.log.append(finished())
        assert got == list(range(1, 2_002))

    async def test_join_late_and_lag(
        self, open_log: OpenLog, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(feed, "RECENT", 1_024)
        async with open_log() as opened:
            await opened.log.start_run(RUN, "hello")
            for _ in range(1_500):
                opened.log.append(draft())
            await opened.log.commit()
            late = opened.log.subscribe(RUN, 10)
            first = await anext(late)
            for _ in range(1_500):
                opened.log.append(draft())
            await opened.log.commit()
            opened.log.append(finished())
            rest = [record.seq async for record in late]
        assert [first.seq, *rest] == list(range(11, 3_002))

    async def test_join_while_a_group_is_being_written(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Nobody followed when the writer began, so it has nobody to tell."""
        writing, go_on = trio.Event(), threading.Event()
        write = SqliteStore.write

        def slow(store: SqliteStore, group: Group, followed: frozenset[str]) -> list[Record]:
            if not writing.is_set():
                trio.from_thread.run_sync(writing.set)
                go_on.wait()
            return write(store, group, followed)

        async with sqlite_opener(tmp_path)() as opened:
            await opened.log.start_run(RUN, "hello")
            monkeypatch.setattr(SqliteStore, "write", slow)
            got: list[int] = []
            fetched = trio.Event()

            async def fetch(run: str, after: int) -> Sequence[Record]:
                page = await read(run, after)
                fetched.set()
                return page

            feeds = cast(SqliteLog, opened.log)._feeds
            read, feeds._fetch = feeds._fetch, fetch

            async def follow() -> None:
                got.append((await anext(opened.log.subscribe(RUN))).seq)

            async with trio.open_nursery() as nursery:
                opened.log.append(draft())
                nursery.start_soon(opened.log.commit)
                await writing.wait()
                nursery.start_soon(follow)
                await fetched.wait()  # and found nothing, so it waits for news
                go_on.set()
                nursery.cancel_scope.deadline = trio.current_time() + SECONDS
            assert got == [1]

    async def test_see_the_records_a_reader_sees(self, open_log: OpenLog) -> None:
        async with open_log() as opened:
            await opened.log.start_run(RUN, "hello")
            follower = opened.log.subscribe(RUN)
            for n in range(5):
                opened.log.append(draft("x" * 3_000 * n))
                await opened.log.commit()
                assert await anext(follower) == opened.read()[n]

    async def test_end_with_the_log(self, open_log: OpenLog) -> None:
        got: list[int] = []
        async with trio.open_nursery() as nursery, open_log() as opened:
            await opened.log.start_run(RUN, "hello")

            async def follow() -> None:
                got.extend([record.seq async for record in opened.log.subscribe(RUN)])

            nursery.start_soon(follow)
            await trio.testing.wait_all_tasks_blocked()
            opened.log.append(draft())
            opened.log.append(draft())
        assert got == [1, 2]


def record(seq: int, body: bytes = b"") -> Record:
    return Record(seq, RUN, seq, "", 0, "", "", "", "", 0, "LineLogged", 1, body)


class TestFeeds:
    """What is kept for followers, without a log."""

    def follow(self, pages: list[list[Record]]) -> tuple[Feeds, list[int], Follower]:
        asked: list[int] = []

        async def fetch(run: str, after: int) -> Sequence[Record]:
            asked.append(after)
            await trio.lowlevel.checkpoint()
            return pages.pop(0) if pages else []

        feeds = Feeds(fetch)
        return feeds, asked, feeds.follow(RUN, 0)

    async def test_who_is_up_to_date_asks_the_store_for_nothing(
        self, nursery: trio.Nursery
    ) -> None:
        feeds, asked, follower = self.follow([])
        heard: list[Record] = []

        async def hear() -> None:
            heard.append(await anext(follower))

        for seq in range(1, 6):
            nursery.start_soon(hear)
            await trio.testing.wait_all_tasks_blocked()
            feeds.publish([record(seq)])
            await trio.testing.wait_all_tasks_blocked()
        assert ([one.seq for one in heard], asked) == ([1, 2, 3, 4, 5], [0])

    @pytest.mark.parametrize("limit", ["RECENT", "RECENT_BYTES"])
    async def test_who_lags_reads_what_is_kept_no_more(
        self, limit: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(feed, limit, 3)
        all_ = [record(seq, b"x") for seq in range(1, 7)]
        feeds, asked, follower = self.follow([all_[:3]])
        for one in all_:
            feeds.publish([one])
        assert [(await anext(follower)).seq for _ in all_] == [1, 2, 3, 4, 5, 6]
        assert asked == [0]


class TestReaders:
    async def fill(self, opened: Opened) -> None:
        for run in ("aaa1", "aaa2", "bbb1"):
            await opened.log.start_run(run, f"manifest of {run}")
            opened.log.append(draft(run=run, call=1))
        opened.log.append(finished(exit_code=3, run="aaa2"))
        await opened.log.commit()

    async def test_list_runs_oldest_first(self, open_log: OpenLog) -> None:
        async with open_log() as opened:
            await self.fill(opened)
            with opened.reader() as reader:
                runs = reader.runs()
        assert [(r.run, r.manifest_name, r.records, r.exit_code, r.is_live) for r in runs] == [
            ("aaa1", "manifest of aaa1", 1, None, True),
            ("aaa2", "manifest of aaa2", 2, 3, False),
            ("bbb1", "manifest of bbb1", 1, None, True),
        ]
        assert {r.started_ns for r in runs} == {draft(call=1).time_ns}
        with opened.reader() as reader:
            assert not any(r.is_live for r in reader.runs())

    async def test_find_runs_by_what_people_type(self, open_log: OpenLog) -> None:
        async with open_log() as opened:
            with opened.reader() as reader, pytest.raises(OperatorError, match="empty"):
                reader.find("last")
            await self.fill(opened)
            with opened.reader() as reader:
                assert [reader.find(w) for w in ("aaa1", "b", "last")] == ["aaa1", "bbb1", "bbb1"]
                with pytest.raises(OperatorError, match="aaa1, aaa2"):
                    reader.find("aaa")
                with pytest.raises(OperatorError, match=r"nearest are: .*aaa2"):
                    reader.find("aab2")
                with pytest.raises(OperatorError, match="most recent are: bbb1, aaa2, aaa1"):
                    reader.find("zzzzzz")
                with pytest.raises(OperatorError):
                    reader.find("")

    async def test_keep_blobs_by_digest(self, open_log: OpenLog) -> None:
        async with open_log() as opened:
            digest = await opened.log.put_blob(b"component")
            assert await opened.log.put_blob(b"component") == digest
            with opened.reader() as reader:
                assert reader.blob(digest) == b"component"
                for unknown in ("00" * 32, "no digest"):
                    with pytest.raises(AuditError, match="not in the log"):
                        reader.blob(unknown)

    async def test_show_the_last_word_on_each_budget(self, open_log: OpenLog) -> None:
        async with open_log() as opened:
            await opened.log.start_run(RUN, "hello")
            await opened.log.start_run(OTHER, "hello")
            for used in range(3):
                opened.log.note_budget(RUN, "guide", "calls", 10, used)
            opened.log.note_budget(RUN, "bard", "output", 5, 5)
            opened.log.note_budget(OTHER, "bard", "output", 5, 1)
            for run in (RUN, OTHER):
                opened.log.append(draft(run=run))
            await opened.log.commit()
            with opened.reader() as reader:
                assert reader.budgets(RUN) == [
                    BudgetUse("bard", "output", 5, 5), BudgetUse("guide", "calls", 10, 2)
                ]  # fmt: skip
                assert reader.budgets("nobody") == []

    async def test_verify_says_how_far_a_run_got(self, open_log: OpenLog) -> None:
        async with open_log() as opened:
            component = await opened.log.put_blob(b"component")
            await opened.log.start_run(RUN, "hello")
            opened.log.append(started({"guide": component}))
            await opened.log.commit()
            with opened.reader() as reader:
                report = reader.verify(RUN)
            assert (report.run, report.records, report.finished) == (RUN, 1, False)
            opened.log.append(finished())
            await opened.log.commit()
            with opened.reader() as reader:
                report = reader.verify(RUN)
                with pytest.raises(OperatorError, match="no run 'nobody'"):
                    reader.verify("nobody")
            assert (report.records, report.finished) == (2, True)
            assert len(report.head) == 64

    async def test_verify_wants_the_components_too(self, open_log: OpenLog) -> None:
        async with open_log() as opened:
            await opened.log.start_run(RUN, "hello")
            opened.log.append(started({"guide": "00" * 32}))
            await opened.log.commit()
            with opened.reader() as reader, pytest.raises(AuditError, match="guide") as caught:
                reader.verify(RUN)
        assert (caught.value.facts["seq"], caught.value.facts["fault"]) == (1, "component")
