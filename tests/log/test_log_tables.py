"""Both logs keep the contract of ports.EventLog.transact and Tables."""

import pytest
import trio

from lion.domain.call import CallError
from lion.domain.record import Draft
from lion.ports import EventLog, Tables
from tests.log.rig import RUN, OpenLog, draft, message


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
                (await opened.log.transact(count, lambda v: draft(f"count {v}")))[0]
                for _ in range(3)
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
            state, _ = await opened.log.transact(
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
            found, _ = await opened.log.transact(look, lambda _: draft())
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
            seen, _ = await opened.log.transact(change, lambda _: draft())
        assert seen == [0, 6, 3, 6, 5, True, False, 3, None, "", 0]

    async def test_refuses_what_is_no_text(self, open_log: OpenLog) -> None:
        async with open_log() as opened:
            await opened.log.start_run(RUN, "hello")
            with pytest.raises(UnicodeEncodeError):
                await opened.log.transact(
                    lambda t: t.kv_set("n", "k", "\ud800"), lambda _: draft()
                )
            done, _ = await opened.log.transact(lambda t: t.kv_bytes("n"), lambda _: draft())
            assert done == 0
