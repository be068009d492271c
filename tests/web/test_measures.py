"""Whatever is asked for has a measure: how long a head, a number, a key, a text may be, how much
is looked at for one answer, and what is done once at a time.
"""

import sqlite3
from contextlib import AsyncExitStack, closing, suppress
from pathlib import Path
from urllib.parse import quote

import pytest
import trio

from lion.domain.task import Order, Role
from lion.page.screens import run as run_screen
from lion.web import connection, events, following, listening, logs, runs
from lion.web.api import LONGEST_KEY
from lion.web.auditing import MOST_RUNS
from lion.web.logs import LONGEST_TEXT
from tests.service.rig import ANN, add, wait
from tests.web.kit import SECONDS, web_in

VIEW, OPERATE = Role.VIEWER, Role.OPERATOR


async def test_a_head_without_an_end_is_told_so_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "HEAD_SECONDS", 2.0 * SECONDS)
    async with web_in(tmp_path) as web, await web.connect() as stream:
        with trio.fail_after(SECONDS):
            await stream.send_all(b"GET /ping HTTP/1.1\r\nx: " + b"y" * 2 * connection.MOST_HEAD)
            assert b" 431 " in bytes(await stream.receive_some())


async def test_who_may_not_ask_is_told_so_before_he_sends_a_body(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody has a megabyte of ours filled, or waits for who has not said who he is."""
    monkeypatch.setattr(connection, "BODY_SECONDS", 2.0 * SECONDS)
    async with web_in(tmp_path) as web:
        for said in ({}, {"authorization": f"Bearer {web.tokens[VIEW]}"}):
            async with await web.connect() as stream:
                head = web.head("POST", "/api/agents", {**said, "content-length": "900000"})
                with trio.fail_after(SECONDS):
                    await stream.send_all(head)
                    answer = bytes(await stream.receive_some())
            assert b" 403 " in answer if said else b" 401 " in answer


async def test_who_is_told_that_there_is_no_place_and_stays_is_let_go(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listening, "MOST_CONNECTIONS", 1)
    monkeypatch.setattr(listening, "MOST_TOLD", 1)
    monkeypatch.setattr(connection, "LINGER_SECONDS", 0.05)
    async with web_in(tmp_path) as web, AsyncExitStack() as stack:
        known = {"authorization": f"Bearer {web.tokens[VIEW]}"}
        lazy = await stack.enter_async_context(await web.connect())
        await lazy.send_all(web.head("GET", "/events", known))
        await lazy.receive_some(1)
        told = 0
        with trio.fail_after(SECONDS):
            while told < 3:  # none of them goes by himself
                stays = await stack.enter_async_context(await web.connect())
                await stays.send_all(web.head("GET", "/ping"))
                with suppress(trio.BrokenResourceError):
                    told += b" 503 " in bytes(await stays.receive_some())


TOO_MUCH = [
    *(f"/api/runs?limit={quote(said)}" for said in ("0", "1001", "\u00b2", "\u0663", "1" * 30)),
    f"/api/logs?after={'9' * 19}", "/api/tasks?state=x", "/api/logs?level=loud",
    "/api/logs?text=" + "x" * (LONGEST_TEXT + 1), "/api/logs?agent=a&plugin=b",
    "/run/last?record=x", "/run/last?after=" + "9" * 16,
]  # fmt: skip


async def test_numbers_and_words_are_what_they_may_be(tmp_path: Path) -> None:
    async with web_in(tmp_path) as web:
        await web.living.service.wait_over(ANN, (await add(web.living)).id)
        for target in TOO_MUCH:
            assert (await web.ask("GET", target, role=VIEW)).status == 400, target
        for target in ("/run/last/explain/" + "9" * 16, "/run/last/explain/x"):
            assert (await web.ask("GET", target, role=VIEW)).status == 404, target
        body = {"agent": "waiter", "prompt": "x"}
        key = {"idempotency-key": "k" * (LONGEST_KEY + 1)}
        assert (await web.ask("POST", "/api/agents", key, body, OPERATE)).status == 400
        body = {**body, "key": "k" * (LONGEST_KEY + 1)}
        assert (await web.ask("POST", "/api/agents", {}, body, OPERATE)).status == 400
        assert len(web.living.service.tasks(ANN)) == 1
        for more in ({"last": 0}, {"last": MOST_RUNS + 1}, {"runs": ["last"] * (MOST_RUNS + 1)}):
            said = {"policy": "", **more}
            assert (await web.ask("POST", "/api/audit/what-if", {}, said, VIEW)).status == 400


async def test_what_takes_long_is_done_once_at_a_time(tmp_path: Path) -> None:
    """Or one who asks again and again takes all there is."""
    async with web_in(tmp_path) as web:
        await web.living.service.wait_over(ANN, (await add(web.living)).id)
        for work, method, target, body in (
            ("replay", "GET", "/api/runs/last/replay", None),
            ("what-if", "POST", "/api/audit/what-if", {"policy": ""}),
        ):
            with web.living.one_at_a_time(work):
                assert (await web.ask(method, target, body=body, role=OPERATE)).status == 503
            assert (await web.ask(method, target, body=body, role=OPERATE)).status == 200


async def test_so_much_is_looked_at_for_one_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However little of it is asked for, and however large a record is."""
    async with web_in(tmp_path) as web:
        order = Order(call="calculator.divide", arguments={"a": 1, "b": 0})
        run = (await web.living.service.wait_over(ANN, (await add(web.living)).id)).run
        await web.living.service.wait_over(ANN, (await web.living.service.submit(ANN, order)).id)

        async def asked(target: str) -> tuple[int, int | None]:
            got = await web.ask("GET", target, role=VIEW)
            return len(got.value["records"]), got.value["next"]

        records, search = f"/api/runs/{run}/records?holder=nobody", "/api/logs?after=0&text="
        assert await asked(records) == (0, None)
        assert await asked(search + "nothing+at+all") == (0, None)
        assert await asked(search + "division") != (0, None)
        monkeypatch.setattr(runs, "MOST_LOOKED", 2)
        monkeypatch.setattr("lion.log.sqlite_since.PAGE_ROWS", 1)
        monkeypatch.setattr(logs, "MOST_LOOKED", 2)
        assert await asked(records) == (0, 2)
        assert (await asked(search + "nothing+at+all"))[1] is not None
        monkeypatch.setattr(runs, "MOST_BYTES", 1)
        assert (await asked(f"/api/runs/{run}/records"))[0] == 1
        monkeypatch.setattr(logs, "MOST_LOOKED", 20_000)
        await web.living.service.submit(ANN, Order(agent="waiter", task="zebra " * 5_000))
        assert await asked(search + "zebra") != (0, None)
        monkeypatch.setattr(logs, "LONGEST_BODY", 10)
        assert await asked(search + "zebra") == (0, None)


async def test_a_run_is_shown_in_parts_and_a_service_is_no_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with web_in(tmp_path) as web:
        await web.living.service.wait_over(ANN, (await add(web.living)).id)

        async def shown(target: str) -> tuple[int, bytes]:
            got = await web.ask("GET", target, role=VIEW)
            return got.status, got.body

        chain = web.living.service.chain.run
        assert (await shown(f"/run/{chain}"))[0] == 404
        whole = await shown("/run/last")
        monkeypatch.setattr(run_screen, "WINDOW", 2)
        part = await shown("/run/last")
        assert whole[0] == part[0] == 200
        assert whole[1].count(b"<tr") > part[1].count(b"<tr") > 0


async def test_a_run_that_was_changed_is_no_file_to_keep(tmp_path: Path) -> None:
    """It is refused before anything of it is sent: half a file looks like one."""
    async with web_in(tmp_path) as web:
        await web.living.service.wait_over(ANN, (await add(web.living)).id)
        run = web.living.service.tasks(ANN)[0].run
    file = tmp_path / "state" / "log.sqlite"
    with closing(sqlite3.connect(file)) as db, db:
        (id,) = db.execute("SELECT id FROM runs WHERE run = ?", (run,)).fetchone()
        words = "UPDATE segments SET data = zeroblob(length(data)) WHERE run = ?"
        changed = db.execute(words, (id,))
        assert changed.rowcount
    async with web_in(tmp_path) as web:
        for target in (f"/api/runs/{run}/export", f"/run/{run}/export"):
            answer = await web.ask("GET", target, role=VIEW)
            assert (answer.status, answer.value["kind"]) == (500, "AuditError"), target


async def test_so_many_follow_and_no_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "MOST_FOLLOWERS", 1)
    async with web_in(tmp_path) as web, await web.connect() as stream:
        known = {"authorization": f"Bearer {web.tokens[VIEW]}"}
        await stream.send_all(web.head("GET", "/events", known))
        with trio.fail_after(SECONDS):
            while web.living.tail.followers == 0:
                await trio.lowlevel.checkpoint()
        assert (await web.ask("GET", "/events", role=VIEW)).status == 503


async def test_of_those_who_are_answered_without_end_there_are_only_so_many(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Others have a place still, whatever is followed: the log, screens, a task."""
    monkeypatch.setattr(listening, "MOST_STREAMS", 3)
    async with web_in(tmp_path) as web, AsyncExitStack() as stack:
        known = {"authorization": f"Bearer {web.tokens[VIEW]}"}
        task = f"/api/tasks/{(await wait(web.living)).id}/events"
        for target in ("/events", "/live/feed", task):
            one = await stack.enter_async_context(await web.connect())
            await one.send_all(web.head("GET", target, known))
            with trio.fail_after(SECONDS):
                assert b" 200 " in bytes(await one.receive_some())
        for target in ("/events", "/live/feed", task):
            assert (await web.ask("GET", target, role=VIEW)).status == 503, target
        assert (await web.ask("GET", "/api/status", role=VIEW)).status == 200


async def test_who_leaves_gives_up_his_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also while there is nothing that he could be told, and so nobody who would notice."""
    monkeypatch.setattr(listening, "MOST_STREAMS", 1)
    monkeypatch.setattr(following, "KEEP_ALIVE_SECONDS", 3_600.0)
    async with web_in(tmp_path, slots=1) as web:
        await wait(web.living)
        known = {"authorization": f"Bearer {web.tokens[VIEW]}"}
        target = f"/api/tasks/{(await wait(web.living)).id}/events"
        with trio.fail_after(SECONDS):
            for _ in range(3):
                said = b" 503 "
                while b" 503 " in said:
                    async with await web.connect() as one:
                        await one.send_all(web.head("GET", target, known))
                        said = bytes(await one.receive_some())
                        if b" 200 " in said:
                            while b"pending" not in said:
                                said += bytes(await one.receive_some())
