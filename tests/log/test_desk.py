"""Look here if you want to know that a request is answered once and used once, on both desks."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec
import pytest
import trio

from lion.domain.approval import Answer, Reach, Request
from lion.errors import AuditError, OperatorError
from lion.log.desk_file import DESK_NAME
from lion.log.memory_desk import MemoryDesk
from lion.log.ownership import RUNS, lock_path, take_lock
from lion.log.sqlite_desk import (
    SqliteDesk,
    answer_request,
    forget_standing,
    list_standing,
    list_waiting,
)

YES = Answer(allowed=True, by="anna", via="command")
NO = Answer(allowed=False, by="ben", via="command", reach=Reach.ALWAYS)
REQUEST = Request(
    id="0123abcd", run="run-1", manifest_name="m", owner="/m.toml", invocation="0", call=1,
    chain=("ann",), capability="kv", operation="set", target="k", arguments="[]", call_digest="d",
    component_digest="c", policy_digest="p", asked_by=("policy line 1",), reasons=("why",),
    grant="agents.ann.allow.kv", asked_ns=1, expires_ns=10**18,
)  # fmt: skip


@pytest.fixture
def owned(tmp_path: Path) -> Path:
    """A state directory whose run-1 is under way."""
    (tmp_path / RUNS).mkdir()
    take_lock(tmp_path, "run-1")
    return tmp_path


def desks(owned: Path) -> list[tuple[Any, Callable[[Request, Answer], object]]]:
    answers: dict[str, Answer] = {}
    return [
        (MemoryDesk(lambda request: answers.get(request.id, YES)), lambda _r, _a: None),
        (SqliteDesk(owned), lambda request, answer: answer_request(owned, request.id, answer, 2)),
    ]


async def test_it_waits_is_answered_and_used_once(owned: Path) -> None:
    for desk, answer in desks(owned):
        assert await desk.standing(REQUEST) is None
        await desk.post(REQUEST)
        answer(REQUEST, YES)
        assert await desk.wait_answered(REQUEST.id) == YES
        assert [await desk.take(REQUEST.id) for _ in range(3)] == [True, False, False]
    assert list_waiting(owned) == []


async def test_what_is_withdrawn_cannot_be_answered(owned: Path) -> None:
    desk = SqliteDesk(owned)
    await desk.post(REQUEST)
    await desk.withdraw(REQUEST.id)
    with pytest.raises(OperatorError, match="no call that waits"):
        answer_request(owned, REQUEST.id, YES, 2)
    assert await desk.take(REQUEST.id) is False


async def test_the_first_answer_counts(owned: Path) -> None:
    await SqliteDesk(owned).post(REQUEST)
    answer_request(owned, "0123", YES, 2)
    with pytest.raises(OperatorError, match="answered already"):
        answer_request(owned, "0123", NO, 3)
    assert list_waiting(owned)[0].answer == YES and list_standing(owned) == []


async def test_a_hundred_wait_for_one_look(owned: Path) -> None:
    desk = SqliteDesk(owned)
    many = [msgspec.structs.replace(REQUEST, id=f"{n:08}") for n in range(100)]
    heard = []

    async def wait(request: Request) -> None:
        heard.append((await desk.wait_answered(request.id)).allowed)

    async with trio.open_nursery() as nursery:
        for request in many:
            await desk.post(request)
            nursery.start_soon(wait, request)
        for n, request in enumerate(many):
            said = YES if n % 2 else msgspec.structs.replace(YES, allowed=False)
            await trio.to_thread.run_sync(answer_request, owned, request.id, said, 2)
    assert sorted(heard) == [False] * 50 + [True] * 50


async def test_no_process_no_request(tmp_path: Path) -> None:
    await SqliteDesk(tmp_path).post(REQUEST)
    assert list_waiting(tmp_path) == []
    with sqlite3.connect(tmp_path / DESK_NAME) as connection:
        assert connection.execute("SELECT count(*) FROM requests").fetchone() == (0,)
    connection.close()


@pytest.fixture
def left(tmp_path: Path) -> Path:
    """A state directory whose run-1 has no process any more, and has not ended."""
    (tmp_path / RUNS).mkdir()
    lock_path(tmp_path, "run-1").touch()
    return tmp_path


async def test_a_run_without_a_process_is_answered_and_finds_the_answer_once(left: Path) -> None:
    await SqliteDesk(left).post(REQUEST)
    (one,) = list_waiting(left, 2)
    assert not one.is_live
    answer_request(left, REQUEST.id, YES, 2)
    resumed = SqliteDesk(left)
    asked = msgspec.structs.replace(REQUEST, id="another", asked_ns=5, expires_ns=6)
    found = await resumed.adopt(asked)
    assert found is not None and (found.request, found.answer) == (REQUEST, YES)
    assert await resumed.adopt(asked) is None, "one call has it already"
    assert await resumed.take(REQUEST.id) is True
    assert await SqliteDesk(left).adopt(asked) is None and list_waiting(left) == []


@pytest.mark.parametrize(
    "changed",
    [
        {"call_digest": "other arguments, component or policy"}, {"call": 2}, {"invocation": "1"},
        {"run": "run-2"}, {"asked_by": ("system.guard",)}, {"reasons": ("another",)},
        {"judges": ("guard 2",)}, {"grant": "another"}, {"component_digest": "another"},
    ],
    ids=lambda one: next(iter(one)),
)  # fmt: skip
async def test_an_answer_to_another_question_is_not_found(
    left: Path, changed: dict[str, Any]
) -> None:
    await SqliteDesk(left).post(REQUEST)
    answer_request(left, REQUEST.id, YES, 2)
    asked = msgspec.structs.replace(REQUEST, **{"id": "another", **changed})
    assert await SqliteDesk(left).adopt(asked) is None


async def test_what_waits_for_the_same_process_is_not_taken_over(owned: Path) -> None:
    same = msgspec.structs.replace(REQUEST, id="another")
    for desk, _ in desks(owned):
        await desk.post(REQUEST)
        assert await desk.adopt(same) is None


async def test_too_late_for_a_run_without_a_process_is_for_that_to_say(left: Path) -> None:
    late = msgspec.structs.replace(REQUEST, expires_ns=5)
    await SqliteDesk(left).post(late)
    assert list_waiting(left, 5) == []
    with pytest.raises(OperatorError, match="no call that waits"):
        answer_request(left, late.id, YES, 5)
    found = await SqliteDesk(left).adopt(late)
    assert found is not None and found.answer is None


async def test_what_goes_on_for_a_run_goes_on_while_that_may(left: Path) -> None:
    await SqliteDesk(left).post(REQUEST)
    answer_request(left, REQUEST.id, msgspec.structs.replace(YES, reach=Reach.RUN), 2)
    assert len(list_standing(left)) == 1
    lock_path(left, "run-1").unlink()
    assert list_standing(left) == [] == list_waiting(left)


async def test_too_late_and_ambiguous(owned: Path) -> None:
    desk = SqliteDesk(owned)
    await desk.post(REQUEST)
    await desk.post(msgspec.structs.replace(REQUEST, id="0123ffff", expires_ns=5))
    with pytest.raises(OperatorError, match="several requests"):
        answer_request(owned, "0123", YES, 2)
    with pytest.raises(OperatorError, match="too old"):
        answer_request(owned, "0123f", YES, 5)


async def test_a_never_outweighs_an_always(owned: Path) -> None:
    desk = SqliteDesk(owned)
    other = msgspec.structs.replace(REQUEST, id="1", target="other")
    for request, answer in (
        (REQUEST, msgspec.structs.replace(NO, reach=Reach.RUN)),
        (other, msgspec.structs.replace(YES, reach=Reach.ALWAYS)),
    ):
        await desk.post(request)
        answer_request(owned, request.id, answer, 2)
    found = await desk.standing(REQUEST)
    assert found is not None and not found.answer.allowed
    elsewhere = await desk.standing(msgspec.structs.replace(REQUEST, run="run-2"))
    assert elsewhere is not None and elsewhere.answer.allowed
    assert [one.request.id for one in forget_standing(owned, REQUEST.id)] == [REQUEST.id]
    assert [one.request.id for one in list_standing(owned)] == ["1"]


def test_a_newer_desk_is_told(tmp_path: Path) -> None:
    path = tmp_path / DESK_NAME
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 9")
    connection.close()
    with pytest.raises(AuditError, match="newer lion"):
        list_waiting(tmp_path)


def _pages(path: Path) -> None:
    data = path.read_bytes()
    path.write_bytes(data[:4096] + b"\xff" * (len(data) - 4096))


def _edit(path: Path, statement: str) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(statement)


DAMAGES: list[Callable[[Path], object]] = [
    lambda path: path.write_bytes(b"nothing of the kind" * 100),
    _pages,
    lambda path: _edit(path, "UPDATE requests SET body = x'00'"),
    lambda path: _edit(path, "UPDATE requests SET body = 7"),
    lambda path: _edit(path, "UPDATE requests SET answer = x'ff'"),
    lambda path: _edit(path, "ALTER TABLE requests RENAME TO others"),
    lambda path: _edit(path, "ALTER TABLE requests RENAME COLUMN body TO other"),
]


@pytest.mark.parametrize("damage", DAMAGES)
async def test_a_damaged_desk_says_that_it_may_be_moved_away(
    owned: Path, damage: Callable[[Path], object]
) -> None:
    """And not that it is a log, which `lion state repair` would mend: there is nothing to mend."""
    desk, path = SqliteDesk(owned), owned / DESK_NAME
    await desk.post(REQUEST)
    damage(path)
    with pytest.raises(AuditError, match=r"approvals in .* are damaged") as caught:
        list_waiting(owned)
    assert "move the file away" in caught.value.hint
    with pytest.raises(AuditError, match="are damaged"):
        await desk.adopt(REQUEST)
        await desk.wait_answered(REQUEST.id)
    path.rename(owned / "aside")
    await desk.post(REQUEST)
    assert [one.request.id for one in list_waiting(owned)] == [REQUEST.id]


def test_one_that_cannot_be_written_says_why(tmp_path: Path) -> None:
    (tmp_path / DESK_NAME).mkdir()
    with pytest.raises(AuditError, match=r"approvals in .* cannot be read or answered"):
        list_waiting(tmp_path)
