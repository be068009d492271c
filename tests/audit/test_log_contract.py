"""Both logs keep the contract of ports.EventLog, Tables and LogReader."""

from collections.abc import Callable

import pytest
import trio

from lion.audit.account import RECORD_BYTES
from lion.domain.call import CallError
from lion.domain.event import Draft, LineLogged, Record, encode_body
from lion.errors import AuditError, InternalError, OperatorError
from lion.ports import BudgetUse, EventLog, Tables
from tests.audit.rig import RUN, Opened, OpenLog, draft, finished, message, started

OTHER = "0190a1b2-two"


async def collect(log: EventLog, run: str = RUN, after: int = 0) -> list[Record]:
    return [record async for record in log.subscribe(run, after)]


class TestRecords:
    async def test_come_back_in_order_as_they_were_given(self, open_log: OpenLog) -> None:
        given = [draft(f"line {n}", call=n) for n in range(700)]
        async with open_log() as opened:
            await opened.log.start_run(RUN, "hello")
            for one in given:
                opened.log.append(one)
            await opened.log.commit()
            records = opened.read()
        assert [r.seq for r in records] == list(range(1, 701))
        assert [(r.call, r.time_ns, r.event()) for r in records] == [
            (d.call, d.time_ns, d.event) for d in given
        ]
        assert {(r.run, r.invocation, r.principal, r.cause, r.correlation) for r in records} == {
            (RUN, "0.2", "guide", "0#1", "0")
        }

    async def test_large_and_small_bodies_are_the_same_bytes(self, open_log: OpenLog) -> None:
        texts = ["x" * n for n in (0, 4_000, 4_100, 5_000, 300_000)] + ["x" * 5_000]
        async with open_log() as opened:
            await opened.log.start_run(RUN, "hello")
            for text in texts:
                opened.log.append(draft(text))
            await opened.log.commit()
            assert [message(r) for r in opened.read()] == texts
            with opened.reader() as reader:
                assert reader.verify(RUN).records == len(texts)

    async def test_what_changes_after_append_is_not_recorded(self, open_log: OpenLog) -> None:
        arguments = ["before"]
        event = LineLogged(level="info", message=arguments)  # type: ignore[arg-type]
        async with open_log() as opened:
            await opened.log.start_run(RUN, "hello")
            expected = encode_body(event)
            opened.log.append(draft(event=event))
            arguments[0] = "after"
            await opened.log.commit()
            assert opened.read()[0].body == expected

    async def test_two_runs_share_positions_and_not_chains(self, open_log: OpenLog) -> None:
        async with open_log() as opened:
            await opened.log.start_run(RUN, "hello")
            await opened.log.start_run(OTHER, "hello")
            for n in range(10):
                opened.log.append(draft(run=(RUN, OTHER)[n % 2]))
            await opened.log.commit()
            ours, others = opened.read(RUN), opened.read(OTHER)
            with opened.reader() as reader:
                assert reader.verify(RUN).records == reader.verify(OTHER).records == 5
        assert [r.position for r in ours] == [1, 3, 5, 7, 9]
        assert [r.position for r in others] == [2, 4, 6, 8, 10]
        assert [r.seq for r in others] == [1, 2, 3, 4, 5]

    async def test_are_read_from_any_seq(self, open_log: OpenLog) -> None:
        async with open_log() as opened:
            await opened.log.start_run(RUN, "hello")
            for _ in range(600):
                opened.log.append(draft())
            await opened.log.commit()
            with opened.reader() as reader:
                assert [r.seq for r in reader.records(RUN, 590)] == list(range(591, 601))
                assert not list(reader.records(RUN, 600))
                assert not list(reader.records("nobody"))

    async def test_leaving_writes_what_was_appended(self, open_log: OpenLog) -> None:
        with pytest.raises(ZeroDivisionError):  # And the caller's own error comes out as it is.
            async with open_log() as opened:
                await opened.log.start_run(RUN, "hello")
                for _ in range(3):
                    opened.log.append(draft())
                raise ZeroDivisionError
        assert len(opened.read()) == 3

    async def test_a_cancelled_owner_writes_what_it_appended(self, open_log: OpenLog) -> None:
        with trio.CancelScope() as scope:
            async with open_log() as opened:
                await opened.log.start_run(RUN, "hello")
                opened.log.append(draft())
                scope.cancel()
                await opened.log.commit()
        assert scope.cancelled_caught
        assert len(opened.read()) == 1


class TestRefusals:
    async def test_a_run_must_be_started_first(self, open_log: OpenLog) -> None:
        async with open_log() as opened:
            with pytest.raises(InternalError, match="start_run"):
                opened.log.append(draft())
            with pytest.raises(InternalError, match="start_run"):
                await opened.log.transact(lambda tables: None, lambda _: draft())
            assert opened.log.is_full is False

    async def test_a_run_has_one_owner(self, open_log: OpenLog) -> None:
        async with open_log() as opened:
            await opened.log.start_run(RUN, "hello")
            with pytest.raises(OperatorError, match=RUN):
                await opened.log.start_run(RUN, "hello")

    async def test_nothing_comes_after_the_end(self, open_log: OpenLog) -> None:
        async with open_log() as opened:
            await opened.log.start_run(RUN, "hello")
            opened.log.append(finished())
            with pytest.raises(AuditError, match="has ended"):
                opened.log.append(draft())
            with pytest.raises(AuditError, match="has ended"):
                await opened.log.transact(lambda tables: None, lambda _: draft())
            await opened.log.commit()
            assert len(opened.read()) == 1

    async def test_a_quota_ends_a_run_but_lets_it_say_so(self, open_log: OpenLog) -> None:
        body = len(encode_body(draft().event))
        async with open_log(quota=3 * (body + RECORD_BYTES)) as opened:
            await opened.log.start_run(RUN, "hello")
            opened.log.append(draft())
            await opened.log.transact(lambda tables: None, lambda _: draft())
            opened.log.append(draft())
            with pytest.raises(AuditError, match="quota"):
                opened.log.append(draft())
            with pytest.raises(AuditError, match="quota"):
                await opened.log.transact(lambda t: t.kv_set("n", "k", "v"), lambda _: draft())
            assert await opened.log.transact(lambda t: 1, lambda _: finished(exit_code=5)) == 1
            assert [r.type for r in opened.read()] == ["LineLogged"] * 3 + ["RunFinished"]

    async def test_a_closed_log_takes_nothing(self, open_log: OpenLog) -> None:
        async with open_log() as opened:
            await opened.log.start_run(RUN, "hello")
        with pytest.raises(AuditError, match="closed"):
            opened.log.append(draft())
        with pytest.raises(AuditError, match="closed"):
            await opened.log.put_blob(b"x")

    async def test_a_full_disk_refuses_everybody(self, open_log: OpenLog) -> None:
        big = draft("x" * 200_000)
        calls: list[Callable[[EventLog], object]] = [
            lambda log: log.append(draft()),
            lambda log: log.note_budget(RUN, "guide", "calls", 1, 1),
            lambda log: log.commit(),
            lambda log: log.wait_room(),
            lambda log: log.put_blob(b"x"),
            lambda log: log.start_run(OTHER, "hello"),
            lambda log: log.transact(lambda tables: None, lambda _: draft()),
        ]
        with pytest.raises(AuditError):  # SQLite tells it again on leaving: records were lost.
            async with open_log() as opened:
                await opened.log.start_run(RUN, "hello")
                opened.log.append(draft())
                await opened.log.commit()
                opened.fill_disk()
                with pytest.raises(AuditError, match="full"):
                    opened.log.append(big)
                    await opened.log.commit()
                for call in calls:
                    with pytest.raises(AuditError, match="full"):
                        if (waiting := call(opened.log)) is not None:
                            await waiting  # type: ignore[misc]
                with pytest.raises(AuditError, match="full"):
                    await collect(opened.log)
                raise AuditError("as SQLite")
        assert [r.seq for r in opened.read()] == [1]


class TestTransactions:
    async def test_the_value_comes_back_and_is_recorded(self, open_log: OpenLog) -> None:
        def count(tables: Tables) -> int:
            value = int(tables.kv_get("n", "count") or 0) + 1
            tables.kv_set("n", "count", str(value))
            return value

        async with open_log() as opened:
            await opened.log.start_run(RUN, "hello")
            opened.log.append(draft("before"))
            values = [
                await opened.log.transact(count, lambda v: draft(f"count {v}")) for _ in range(3)
            ]
            opened.log.append(draft("after"))
            await opened.log.commit()
            assert values == [1, 2, 3]
            assert [message(r) for r in opened.read()] == [
                "before", "count 1", "count 2", "count 3", "after",
            ]  # fmt: skip

    async def test_concurrent_ones_keep_the_order_of_the_buffer(self, open_log: OpenLog) -> None:
        seen: list[int] = []

        async def operate(log: EventLog, number: int) -> None:
            def note(tables: Tables) -> int:
                seen.append(number)
                return number

            await log.transact(note, lambda v: draft(str(v)))

        async with open_log() as opened:
            await opened.log.start_run(RUN, "hello")
            async with trio.open_nursery() as nursery:
                for number in range(20):
                    nursery.start_soon(operate, opened.log, number)
            assert [message(r) for r in opened.read()] == [str(n) for n in seen]
            assert sorted(seen) == list(range(20))

    @pytest.mark.parametrize("where", ["operate", "draft"])
    async def test_an_error_takes_back_its_own_changes_only(
        self, open_log: OpenLog, where: str
    ) -> None:
        def fail_late(tables: Tables) -> str:
            tables.kv_set("n", "kept", "changed")
            tables.kv_set("n", "new", "x")
            tables.kv_delete("n", "other")
            if where == "operate":
                raise CallError("exhausted", "quota")
            return "value"

        def refuse_draft(value: str) -> Draft:
            raise CallError("exhausted", value)

        async def keep(log: EventLog, key: str) -> None:
            await log.transact(lambda t: t.kv_set("n", key, "v"), lambda _: draft(key))

        async def fail(log: EventLog) -> None:
            with pytest.raises(CallError) as caught:
                await log.transact(fail_late, refuse_draft)
            assert caught.value.case == "exhausted"

        async with open_log() as opened:
            await opened.log.start_run(RUN, "hello")
            await keep(opened.log, "kept")
            await keep(opened.log, "other")
            async with trio.open_nursery() as nursery:  # In one group.
                nursery.start_soon(keep, opened.log, "a")
                nursery.start_soon(fail, opened.log)
                nursery.start_soon(keep, opened.log, "b")
            state = await opened.log.transact(
                lambda t: (t.kv_list("n", "", None, 9), t.kv_get("n", "kept"), t.kv_bytes("n")),
                lambda _: draft("read"),
            )
            assert state == (["a", "b", "kept", "other"], "v", 15)
            assert sorted(message(r) for r in opened.read()) == ["a", "b", "kept", "other", "read"]

    async def test_a_cancelled_waiter_loses_no_record(self, open_log: OpenLog) -> None:
        async with open_log() as opened:
            await opened.log.start_run(RUN, "hello")
            with trio.CancelScope() as scope:
                opened.log.append(draft("appended"))
                scope.cancel()
                await opened.log.commit()
            assert scope.cancelled_caught
            opened.log.append(draft("after"))
            await opened.log.commit()
            assert [message(r) for r in opened.read()] == ["appended", "after"]


class TestKeyValue:
    async def test_lists_by_prefix_in_order_from_a_key(self, open_log: OpenLog) -> None:
        keys = ["", "a", "a/1", "a/2", "a/2\x00", "a/é", "a0", "b", "\U0001f981"]

        def fill(tables: Tables) -> None:
            for key in reversed(keys):
                tables.kv_set("n", key, "v")
            tables.kv_set("m", "a/3", "v")

        def look(tables: Tables) -> list[list[str]]:
            return [
                tables.kv_list("n", "", None, 99),
                tables.kv_list("n", "a/", None, 99),
                tables.kv_list("n", "a/", "a/1", 2),
                tables.kv_list("n", "a/", "zz", 99),
                tables.kv_list("n", "c", None, 99),
                tables.kv_list("n", "", None, 0),
            ]

        async with open_log() as opened:
            await opened.log.start_run(RUN, "hello")
            await opened.log.transact(fill, lambda _: draft())
            found = await opened.log.transact(look, lambda _: draft())
        assert found == [
            sorted(keys),
            ["a/1", "a/2", "a/2\x00", "a/é"],
            ["a/2", "a/2\x00"],
            [],
            [],
            [],
        ]

    async def test_counts_bytes_through_every_change(self, open_log: OpenLog) -> None:
        def change(tables: Tables) -> list[object]:
            seen: list[object] = [tables.kv_bytes("n")]
            for key, value in (("k", "12345"), ("k", "é"), ("lö", ""), ("k", "1")):
                tables.kv_set("n", key, value)
                seen.append(tables.kv_bytes("n"))
            seen += [tables.kv_delete("n", "k"), tables.kv_delete("n", "k"), tables.kv_bytes("n")]
            return [*seen, tables.kv_get("n", "k"), tables.kv_get("n", "lö"), tables.kv_bytes("m")]

        async with open_log() as opened:
            await opened.log.start_run(RUN, "hello")
            seen = await opened.log.transact(change, lambda _: draft())
        assert seen == [0, 6, 3, 6, 5, True, False, 3, None, "", 0]

    async def test_refuses_what_is_no_text(self, open_log: OpenLog) -> None:
        async with open_log() as opened:
            await opened.log.start_run(RUN, "hello")
            with pytest.raises(UnicodeEncodeError):
                await opened.log.transact(
                    lambda t: t.kv_set("n", "k", "\ud800"), lambda _: draft()
                )
            assert await opened.log.transact(lambda t: t.kv_bytes("n"), lambda _: draft()) == 0


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

    async def test_join_late_and_lag(self, open_log: OpenLog) -> None:
        async with open_log() as opened:
            await opened.log.start_run(RUN, "hello")
            for _ in range(1_500):
                opened.log.append(draft())
            await opened.log.commit()
            late = opened.log.subscribe(RUN, 10)
            first = await anext(late)
            for _ in range(1_500):  # More than is kept for followers.
                opened.log.append(draft())
            await opened.log.commit()
            opened.log.append(finished())
            rest = [record.seq async for record in late]
        assert [first.seq, *rest] == list(range(11, 3_002))

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
            for used in range(3):
                opened.log.note_budget(RUN, "guide", "calls", 10, used)
            opened.log.note_budget(RUN, "bard", "output", 5, 5)
            opened.log.note_budget(OTHER, "bard", "output", 5, 1)
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
            assert report.head == opened.read()[-1].digest.hex()

    async def test_verify_wants_the_components_too(self, open_log: OpenLog) -> None:
        async with open_log() as opened:
            await opened.log.start_run(RUN, "hello")
            opened.log.append(started({"guide": "00" * 32}))
            await opened.log.commit()
            with opened.reader() as reader, pytest.raises(AuditError, match="guide") as caught:
                reader.verify(RUN)
        assert (caught.value.facts["seq"], caught.value.facts["fault"]) == (1, "component")
