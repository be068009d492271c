"""Both logs keep the contract of ports.EventLog: what is written, what is refused."""

from collections.abc import Callable

import pytest
import trio

from lion.domain.events import LineLogged, encode_body
from lion.domain.record import Record
from lion.errors import AuditError, InternalError, OperatorError
from lion.log.quota import RECORD_BYTES
from lion.ports import EventLog
from tests.log.rig import RUN, OpenLog, draft, finished, message

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
        # One group's records of a run may be one after the other: they are of one moment.
        positions = [[r.position for r in records] for records in (ours, others)]
        assert sorted(positions[0] + positions[1]) == list(range(1, 11))
        assert all(sorted(those) == those for those in positions)
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
            ending = finished(exit_code=5)
            value, size = await opened.log.transact(lambda t: 1, lambda _: ending)
            assert value == 1 and size > len(encode_body(ending.event))
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
