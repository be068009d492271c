"""What had begun and has no outcome: done again, found done, or told as not known; and each with a
grant that says otherwise.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
import trio

from lion.capabilities.table import build_operations
from lion.domain.events import CallFinished, CallRequested, EffectSettled
from tests.endurance.kit import manifest
from tests.resume.rig import Stage, Step, error_of, said, stepper, steps
from tests.resume.web import Counting, serving

WRITES = 'allow.fs = [{{ path = "/d", at = "d", write = true{} }}]'
RETRY = ', on-unknown = "retry"'


@pytest.fixture
def web() -> Iterator[Counting]:
    with serving() as counting:
        yield counting


@pytest.fixture
def folder(stage: Stage) -> Path:
    """What the guest knows as /d."""
    path = stage.settings.state.parent / "d"
    path.mkdir()
    (path / "old").write_text("old")
    (path / "empty").mkdir()
    return path


def web_grant(web: Counting, more: str = "") -> str:
    return f'allow.http = [{{ url = "GET,HEAD,POST,PUT {web.url}/**"{more} }}]'


async def ask(stage: Stage, web: Counting, method: str, after: bool, more: str = "") -> Any:
    """Be cut in a request, go on; what the guest was told of it, and what was decided."""
    stage.die_at("http", "send", after=after)
    run = await stage.cut(
        stepper(web_grant(web, more)), steps(["http-send", method, f"{web.url}/x"])
    )
    (value,) = said(await stage.resume(run))
    (settled,) = stage.events(run, EffectSettled)
    return value, settled


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_what_only_asks_is_asked_again(
    stage: Stage, web: Counting, method: str, after: bool
) -> None:
    value, settled = await ask(stage, web, method, after)
    assert value[0] == 200
    assert (settled.decided, settled.rule) == ("again", "harmless")
    assert web.count(method) == 1 + after


@pytest.mark.parametrize("after", [False, True])
async def test_a_post_is_never_sent_twice(stage: Stage, web: Counting, after: bool) -> None:
    value, settled = await ask(stage, web, "POST", after)
    assert error_of(value) == "cancelled"
    assert "not known" in value["error"]
    assert (settled.decided, settled.rule) == ("unknown", "unknown")
    assert web.count("POST") == after


async def test_unless_its_grant_says_so(stage: Stage, web: Counting) -> None:
    value, settled = await ask(stage, web, "POST", True, RETRY)
    assert value[0] == 200
    assert (settled.decided, settled.rule) == ("again", "grant")
    assert [key for _, _, key in web.asked] == ["", ""]


async def test_or_the_server_tells_by_a_key(stage: Stage, web: Counting) -> None:
    value, settled = await ask(stage, web, "POST", True, ", idempotency-key = true")
    assert value[0] == 200
    assert (settled.decided, settled.rule) == ("again", "key")
    first, second = (key for _, _, key in web.asked)
    assert first == second
    assert len(first) == 32


async def test_who_would_have_to_be_asked_and_is_not_there_does_not_agree(
    stage: Stage, web: Counting
) -> None:
    value, settled = await ask(stage, web, "POST", True, ', on-unknown = "ask"')
    assert error_of(value) == "cancelled"
    assert (settled.decided, settled.rule) == ("unknown", "refused")
    assert web.count("POST") == 1


async def test_unknown_stays_unknown_after_a_second_kill(stage: Stage, folder: Path) -> None:
    """Though by then all is as it was before: the guest may have been told."""
    stage.die_at("fs", "unlink", after=False)
    run = await stage.cut(stepper(WRITES.format("")), steps(["fs-unlink", "/d/old"]))
    (folder / "old").rename(folder / "aside")
    (folder / "old").write_text("another")
    assert await stage.cut_again(run, at=lambda d: d.come_with(EffectSettled))
    (folder / "aside").rename(folder / "old")
    assert error_of(said(await stage.resume(run))[0]) == "cancelled"
    assert [e.decided for e in stage.events(run, EffectSettled)] == ["unknown"]
    assert (folder / "old").read_text() == "old"


async def test_what_is_denied_today_is_not_done_and_not_called_denied(
    stage: Stage, web: Counting, tmp_path: Path
) -> None:
    stage.die_at("http", "send", after=False)
    run = await stage.cut(stepper(web_grant(web)), steps(["http-send", "GET", f"{web.url}/x"]))
    policy = tmp_path / "policy.toml"
    policy.write_text('deny = ["http * GET **"]\n')
    stage.settings = msgspec.structs.replace(stage.settings, policy=policy)
    (value,) = said(await stage.resume(run))
    assert error_of(value) == "cancelled"
    assert stage.events(run, EffectSettled)[0].rule == "policy"
    assert web.asked == []


@pytest.mark.parametrize("status", ["303", "307"])
async def test_a_redirect_has_the_key_only_if_it_is_the_same_request(
    stage: Stage, web: Counting, status: str
) -> None:
    grant = web_grant(web, ", idempotency-key = true")
    async with stage.host() as host:
        text = manifest(stepper(grant), steps(["http-send", "POST", f"{web.url}/moved/{status}"]))
        await host.run(text)
    (_, _, first), (method, path, second) = web.asked
    assert path == "/there"
    assert (method, second) == (("GET", "") if status == "303" else ("POST", first))


async def test_a_key_of_the_guests_own_wins(stage: Stage, web: Counting) -> None:
    grant = web_grant(web, ", idempotency-key = true")
    async with stage.host() as host:
        step = ["http-send", "POST", f"{web.url}/x", "", "idempotency-key: mine"]
        await host.run(manifest(stepper(grant), steps(step)))
    assert web.asked[0][2] == "mine"


Edit = Callable[[Path], object]


def nothing(_: Path) -> None:
    """No operator was there."""


Case = tuple[str, list[Step], bool, Edit, str, dict[str, Any]]
"""Which operation, steps of which the last is cut, after its effect or before, what an operator
does then, what is decided, what the files hold in the end.
"""

CASES: list[Case] = [
    ("write", [["fs-write", "/d/old", "new"]], False, nothing, "again", {"old": "new"}),
    ("write", [["fs-write", "/d/old", "new"]], True, nothing, "done", {"old": "new"}),
    ("write", [["fs-write", "/d/old", "new"]], False,
     lambda d: (d / "old").write_text("operator's"), "unknown", {"old": "operator's"}),
    ("write", [["fs-write", "/d/fresh", "new"]], True, nothing, "done", {"fresh": "new"}),
    ("unlink", [["fs-unlink", "/d/old"]], False, nothing, "again", {"old": None}),
    ("unlink", [["fs-unlink", "/d/old"]], True, nothing, "done", {"old": None}),
    ("unlink", [["fs-unlink", "/d/old"]], True,
     lambda d: (d / "old").write_text("another"), "unknown", {"old": "another"}),
    ("remove-dir", [["fs-rmdir", "/d/empty"]], True, nothing, "done", {}),
    ("set-times", [["fs-times", "/d/old", None, 7]], True, nothing, "again", {"old": "old"}),
    ("set-times", [["fs-times", "/d/old", None, 7]], False,
     lambda d: (d / "old").write_text("operator's"), "unknown", {"old": "operator's"}),
    ("make-dir", [["fs-mkdir", "/d/new"]], False, nothing, "again", {}),
    ("make-dir", [["fs-mkdir", "/d/new"]], True, nothing, "unknown", {}),
    ("rename", [["fs-rename", "/d/old", "/d/to"]], False, nothing, "again", {"to": "old"}),
    ("rename", [["fs-rename", "/d/old", "/d/to"]], True, nothing, "done", {"to": "old"}),
    ("rename", [["fs-rename", "/d/old", "/d/to"]], False,
     lambda d: (d / "to").write_text("operator's"), "unknown", {"to": "operator's", "old": "old"}),
    ("link", [["fs-link", "/d/old", "/d/to"]], False, nothing, "again", {"to": "old"}),
    ("link", [["fs-link", "/d/old", "/d/to"]], True, nothing, "unknown", {"to": "old"}),
    ("symlink", [["fs-symlink", "old", "/d/to"]], True, nothing, "unknown", {"to": "old"}),
    ("open", [["fs-open", "f", "/d/new", "write create exclusive"]], True, nothing, "unknown",
     {"new": ""}),
    ("open", [["fs-open", "f", "/d/old", "write truncate"]], False,
     lambda d: (d / "old").write_text("operator's"), "unknown", {"old": "operator's"}),
    ("open", [["fs-open", "f", "/d/new", "write create"]], True, nothing, "again", {"new": ""}),
]  # fmt: skip
FILES: list[Case] = [
    ("file.write-at", [["file-write", "f", 0, "new"]], False, nothing, "again", {"old": "new"}),
    ("file.write-at", [["file-write", "f", 3, "er"]], True, nothing, "done", {"old": "older"}),
    ("file.write-at", [["file-write", "f", 0, "new"]], False,
     lambda d: (d / "old").write_text("operator's"), "unknown", {"old": "operator's"}),
    ("file.append", [["file-append", "f", "er"]], False, nothing, "unknown", {"old": "old"}),
    ("file.append", [["file-append", "f", "er"]], True, nothing, "unknown", {"old": "older"}),
    ("file.set-size", [["file-size", "f", 1]], False, nothing, "again", {"old": "o"}),
    ("file.set-size", [["file-size", "f", 1]], True, nothing, "done", {"old": "o"}),
    ("file.set-size", [["file-size", "f", 1]], False,
     lambda d: (d / "old").write_text("operator's"), "unknown", {"old": "operator's"}),
    ("file.set-times", [["file-times", "f", None, 7]], True, nothing, "again", {"old": "old"}),
]  # fmt: skip
OPEN: Step = ["fs-open", "f", "/d/old", "read write"]


def _id(case: Any) -> str:
    name, _, after, edit, decided, _ = case
    return (
        f"{name}-{'after' if after else 'before'}-{decided}{'' if edit is nothing else '-edited'}"
    )


@pytest.mark.parametrize("case", CASES + FILES, ids=_id)
async def test_a_change_of_files_is_looked_up(stage: Stage, folder: Path, case: Any) -> None:
    name, program, after, edit, decided, files = case
    before = [OPEN] if name.startswith("file.") else []
    stage.die_at("fs", name if "." not in name else f"[method]{name}", after=after)
    run = await stage.cut(stepper(WRITES.format("")), steps(*before, *program))
    edit(folder)
    value = said(await stage.resume(run))[-1]
    (settled,) = stage.events(run, EffectSettled)
    assert (settled.decided, settled.operation) == (decided, name)
    if decided == "unknown":
        assert error_of(value) == "cancelled"
    else:
        assert value is None
    for file, content in files.items():
        path = folder / file
        assert (path.read_text() if path.exists() else None) == content


async def test_a_grant_may_want_it_done_again(stage: Stage, folder: Path) -> None:
    stage.die_at("fs", "[method]file.append", after=True)
    run = await stage.cut(stepper(WRITES.format(RETRY)), steps(OPEN, ["file-append", "f", "er"]))
    assert said(await stage.resume(run)) == [None, 5]
    assert (folder / "old").read_text() == "olderer"
    assert stage.events(run, EffectSettled)[0].rule == "grant"


async def test_what_somebody_else_of_the_run_changed_later_is_not_known(
    stage: Stage, folder: Path
) -> None:
    """Both have the same directory, by different paths."""
    other = 'allow.fs = [{ path = "/same", at = "d", write = true }]'
    waits = [["sleep", 20_000_000], ["fs-write", "/same/old", "later"]]
    real = stage.operations["fs", "write"]

    async def execute(caller: Any, *args: Any) -> Any:
        if caller.holder == "stepper":
            await trio.sleep_forever()
        stage.death.come_with(CallFinished, operation="")
        return await real.execute(caller, *args)

    stage.operations["fs", "write"] = msgspec.structs.replace(real, execute=execute)
    run = await stage.cut(
        stepper(WRITES.format("")), stepper(other, name="other"),
        steps(["fs-write", "/d/old", "first"]), steps(*waits, plugin="other"),
    )  # fmt: skip
    value = said(await stage.resume(run))[-1]
    assert error_of(value) == "cancelled"
    assert stage.events(run, EffectSettled)[0].rule == "disturbed"
    assert (folder / "old").read_text() == "later"
    assert len(stage.events(run, CallRequested)) == 2


def test_cases_are_of_all_operations_that_change_files() -> None:
    changing = {op.name for op in build_operations().values() if op.capability == "fs" and op.look}
    told = {case[0] for case in CASES + FILES}
    assert changing == told
