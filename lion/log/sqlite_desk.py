"""Look here if you want to know where calls that wait for people are laid out, for every process
of the state directory.

Rule: the desk holds what waits and what goes on; what was asked and said is in the log.
Rule: the first answer counts, and is used once: both are one statement of the database.
Rule: a request whose run has no process any more waits for it to be resumed: it is answered as
ever, and found again by what it asks. With its run it is over.
"""

import sqlite3
import time
from pathlib import Path
from typing import Final

import msgspec
import trio

from lion.domain.approval import Answer, Reach, Request, Standing, Waiting
from lion.domain.names import did_you_mean
from lion.errors import OperatorError
from lion.log.desk_file import DESK_NAME, decoded, open_desk
from lion.log.ownership import can_go_on, is_owned

LOOK_SECONDS: Final = 0.2
"""How often a waiting run looks whether another process has answered."""
_ANSWER = "UPDATE requests SET answer = ? WHERE id = ? AND answer IS NULL"
_STAND = """INSERT INTO standing VALUES (?, ?, ?, ?) ON CONFLICT (basis, run) DO UPDATE SET
            since_ns = excluded.since_ns, body = excluded.body"""

_encode = msgspec.msgpack.encode


class SqliteDesk:
    """The desk of a state directory, for the runs of this process. Implements ports.Desk."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._answers: dict[str, Answer] = {}
        self._waiting: set[str] = set()
        self._own: set[str] = set()
        """Requests of calls that this process has under way."""
        self._looked = -LOOK_SECONDS

    async def standing(self, request: Request) -> Standing | None:
        return await trio.to_thread.run_sync(find_standing, self._directory, request)

    async def adopt(self, request: Request) -> Waiting | None:
        found = await trio.to_thread.run_sync(_find_same, self._directory, request)
        for one in found:
            if one.request.id not in self._own:
                self._own.add(one.request.id)
                return one
        return None

    async def post(self, request: Request) -> None:
        self._own.add(request.id)
        await trio.to_thread.run_sync(_post, self._directory, request)

    async def wait_answered(self, id: str) -> Answer:
        self._waiting.add(id)
        try:
            while id not in self._answers:
                await self._look()
                if id not in self._answers:
                    await trio.sleep(LOOK_SECONDS)
            return self._answers.pop(id)
        finally:
            self._waiting.discard(id)

    async def take(self, id: str) -> bool:
        self._own.discard(id)
        return await trio.to_thread.run_sync(_remove, self._directory, id, True)

    async def withdraw(self, id: str) -> None:
        self._own.discard(id)
        await trio.to_thread.run_sync(_remove, self._directory, id, False)

    async def _look(self) -> None:
        """Read all answers, at most once in LOOK_SECONDS however many wait."""
        if trio.current_time() - self._looked < LOOK_SECONDS:
            return
        self._looked = trio.current_time()
        found = await trio.to_thread.run_sync(_answers, self._directory)
        self._answers |= {id: said for id, said in found.items() if id in self._waiting}


def list_waiting(directory: Path, now_ns: int | None = None) -> list[Waiting]:
    """What waits for a person, oldest first; the requests of runs that are over are cleared away,
    and what came too late for one that can be resumed is that one's to say. Raises AuditError.
    """
    now_ns = time.time_ns() if now_ns is None else now_ns
    if not (directory / DESK_NAME).exists():
        return []
    with open_desk(directory) as connection:
        rows = connection.execute("SELECT body, answer FROM requests ORDER BY asked_ns, id")
        found = [_waiting(directory, *row) for row in rows.fetchall()]
        gone = {one.request.id for one in found if _is_over(directory, one)}
        connection.executemany("DELETE FROM requests WHERE id = ?", [(id,) for id in gone])
    return [
        one for one in found
        if one.request.id not in gone and (one.is_live or now_ns < one.request.expires_ns)
    ]  # fmt: skip


def answer_request(
    directory: Path, word: str, answer: Answer, now_ns: int | None = None
) -> Waiting:
    """Answer the request whose id begins with `word`; what it was. `now_ns` is the time, if it is
    not now. Raises OperatorError if there is no such one, or several, or it was answered or is too
    old; AuditError.
    """
    now_ns = time.time_ns() if now_ns is None else now_ns
    waiting = {one.request.id: one for one in list_waiting(directory, now_ns)}
    found = [id for id in waiting if word and id.startswith(word)]
    if len(found) != 1:
        what = "several requests begin" if found else "no call that waits has an id that begins"
        raise OperatorError(
            f"{what} with {word!r}",
            hint=f"see them with: lion approvals{'' if found else _meant(word, waiting)}",
        )
    one = waiting[found[0]]
    request = one.request
    if now_ns >= request.expires_ns:
        raise OperatorError(f"{request.id} is too old: nobody answered in time")
    with open_desk(directory) as connection:
        done = connection.execute(_ANSWER, (_encode(answer), request.id)).rowcount
        if not done:
            raise OperatorError(f"{request.id} was answered already", hint="lion approvals")
        if answer.reach is not Reach.ONCE:
            run = request.run if answer.reach is Reach.RUN else ""
            standing = Standing(
                basis=request.basis, run=run, answer=answer, since_ns=now_ns, request=request
            )
            connection.execute(_STAND, (request.basis, run, now_ns, _encode(standing)))
    return one


def _meant(word: str, waiting: dict[str, Waiting]) -> str:
    return f" ({did_you_mean(word, waiting)})" if waiting else ""


def find_standing(directory: Path, request: Request) -> Standing | None:
    """The answer that goes on for a request's basis; a no before a yes. Raises AuditError."""
    if not (directory / DESK_NAME).exists():
        return None
    with open_desk(directory, is_patient=True) as connection:
        rows = connection.execute(
            "SELECT body FROM standing WHERE basis = ? AND run IN ('', ?) ORDER BY since_ns DESC",
            (request.basis, request.run),
        ).fetchall()
        found = [decoded(body, Standing) for (body,) in rows]
    return min(found, key=lambda one: one.answer.allowed, default=None)


def list_standing(directory: Path) -> list[Standing]:
    """Answers that go on, of every run (`always`) and of runs under way. Raises AuditError."""
    if not (directory / DESK_NAME).exists():
        return []
    with open_desk(directory) as connection:
        rows = connection.execute("SELECT body FROM standing ORDER BY since_ns, basis").fetchall()
        found = [decoded(body, Standing) for (body,) in rows]
        gone = [one for one in found if one.run and not can_go_on(directory, one.run)]
        for one in gone:
            _forget(connection, one)
    return [one for one in found if one not in gone]


def forget_standing(directory: Path, word: str) -> list[Standing]:
    """Take back the answers that go on whose request's id begins with `word`; which they were.
    Raises OperatorError if there is none, AuditError.
    """
    found = [one for one in list_standing(directory) if one.request.id.startswith(word)]
    if not found or not word:
        raise OperatorError(
            f"no answer that goes on has an id that begins with {word!r}",
            hint="see them with: lion approvals --standing",
        )
    with open_desk(directory) as connection:
        for one in found:
            _forget(connection, one)
    return found


def _forget(connection: sqlite3.Connection, one: Standing) -> None:
    connection.execute("DELETE FROM standing WHERE basis = ? AND run = ?", (one.basis, one.run))


def _find_same(directory: Path, request: Request) -> list[Waiting]:
    """Requests of this call that were laid out before, with what was said to them."""
    if not (directory / DESK_NAME).exists():
        return []
    with open_desk(directory, is_patient=True) as connection:
        rows = connection.execute(
            "SELECT body, answer FROM requests WHERE run = ? ORDER BY asked_ns, id", (request.run,)
        )
        found = [_waiting(directory, *row) for row in rows.fetchall()]
    return [one for one in found if one.request.is_same_call(request)]


def _is_over(directory: Path, one: Waiting) -> bool:
    return not one.is_live and not can_go_on(directory, one.request.run)


def _waiting(directory: Path, body: bytes, answer: bytes | None) -> Waiting:
    request = decoded(body, Request)
    said = None if answer is None else decoded(answer, Answer)
    return Waiting(request=request, is_live=is_owned(directory, request.run), answer=said)


def _post(directory: Path, request: Request) -> None:
    with open_desk(directory, is_patient=True) as connection:
        row = request.id, request.run, request.asked_ns, _encode(request)
        connection.execute("INSERT INTO requests VALUES (?, ?, ?, ?, NULL)", row)


def _answers(directory: Path) -> dict[str, Answer]:
    with open_desk(directory, is_patient=True) as connection:
        rows = connection.execute("SELECT id, answer FROM requests WHERE answer IS NOT NULL")
        return {id: decoded(said, Answer) for id, said in rows.fetchall()}


def _remove(directory: Path, id: str, is_answered: bool) -> bool:
    with open_desk(directory, is_patient=True) as connection:
        which = "id = ? AND answer IS NOT NULL" if is_answered else "id = ?"
        return bool(connection.execute(f"DELETE FROM requests WHERE {which}", (id,)).rowcount)
