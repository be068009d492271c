"""Who follows one task over HTTP has each record of its runs once, however often he is cut off:
curl, npm's `eventsource`; and is told when nothing comes any more.
"""

import json
from pathlib import Path
from shutil import which

import pytest
import trio

from lion.domain.record import Record
from lion.domain.task import Order, Retry, Role, TaskState, Terms
from lion.history import open_history
from lion.service.living import Living
from lion.web import following
from tests.service.rig import ANN, MANIFEST, add, living_in, wait
from tests.web.kit import SECONDS, Web, web_in
from tests.web.test_follow import SCRIPT, Cutter, behind, packages_of

SOME = 5
EVENTS = "text/event-stream"


async def failing(living: Living) -> str:
    """A task that begins five times, each time in a run of its own."""
    order = Order(call="calculator.divide", arguments={"a": 1, "b": 0})
    terms = Terms(retry=Retry(times=4, wait_ns=1_000_000))
    return (await living.service.submit(ANN, order, terms)).id


def records(living: Living, id: str) -> list[Record]:
    """All of a task's runs."""
    with open_history(living.settings) as reader:
        runs = living.service.task(ANN, id).runs
        return [record for run in runs for record in reader.records(run)]


def positions(living: Living, id: str) -> list[int]:
    """Where they are in the log."""
    return [record.position for record in records(living, id)]


async def lines(web: Web, id: str, after: int) -> list[int]:
    """The records that are told of a task that is over."""
    got = await web.ask("GET", f"/api/tasks/{id}/events?after={after}", role=Role.VIEWER)
    found = [json.loads(line) for line in got.body.split(b"\n") if line[:9] == b'{"record"']
    return [one["record"]["position"] for one in found]


async def curl(*words: str) -> bytes:
    """What it got, until it was cut off or told that nothing follows."""
    usual = ["curl", "--silent", "--no-buffer", "--noproxy", "*", "-w", "\n%{http_code}\n"]
    done = await trio.run_process([*usual, *words], capture_stdout=True, check=False)
    return bytes(done.stdout)


@pytest.mark.skipif(which("curl") is None, reason="no curl is installed")
async def test_curl_has_every_record_of_a_task_once(tmp_path: Path) -> None:
    cutter, seen, last, got = Cutter(SOME), list[int](), "", b""
    async with behind(tmp_path, cutter) as (web, origin):
        id = await failing(web.living)
        said = ["-H", f"Authorization: Bearer {web.tokens[Role.VIEWER]}"]
        said += ["-H", f"Accept: {EVENTS}", f"{origin}/api/tasks/{id}/events"]
        with trio.fail_after(SECONDS):
            while not got.endswith(b"\n204\n"):
                got = await curl(*(["-H", f"Last-Event-ID: {last}"] if last else []), *said)
                for block in got.split(b"\n\n")[:-1]:
                    fields = dict(line.split(b": ", 1) for line in block.split(b"\n") if line)
                    last = fields.get(b"id", last.encode()).decode()
                    if fields.get(b"id", b"x").isdigit():
                        seen.append(int(fields[b"id"]))
                        assert json.loads(fields[b"data"])["position"] == seen[-1]
        assert seen == positions(web.living, id)
    assert cutter.times >= 3


@pytest.mark.skipif(which("curl") is None, reason="no curl is installed")
async def test_curl_goes_on_after_the_last_line_it_has(tmp_path: Path) -> None:
    cutter, seen, times = Cutter(SOME, b'{"record"'), list[int](), -1
    async with behind(tmp_path, cutter) as (web, origin):
        id = await failing(web.living)
        said = ["-H", f"Authorization: Bearer {web.tokens[Role.VIEWER]}"]
        with trio.fail_after(SECONDS):
            while times < cutter.times:
                times, after = cutter.times, seen[-1] if seen else 0
                got = await curl(*said, f"{origin}/api/tasks/{id}/events?after={after}")
                lines = [json.loads(line) for line in got.split(b"\n") if line.endswith(b"}")]
                seen += [line["record"]["position"] for line in lines if "record" in line]
        assert "failed" in {line["task"]["state"] for line in lines if "task" in line}
        assert seen == positions(web.living, id)
    assert cutter.times >= 3


@pytest.mark.slow
@pytest.mark.skipif(which("npm") is None, reason="no npm is installed")
async def test_eventsource_has_every_record_of_a_task_once_and_is_told_to_stop(
    tmp_path: Path,
) -> None:
    packages = await trio.to_thread.run_sync(packages_of)
    cutter = Cutter(SOME)
    async with behind(tmp_path, cutter) as (web, origin):
        id = await failing(web.living)
        await web.living.service.wait_over(ANN, id)
        types = {record.type for record in records(web.living, id)}
        url = f"{origin}/api/tasks/{id}/events"
        words = ["node", str(SCRIPT), str(packages), url, web.tokens[Role.VIEWER], "0", *types]
        with trio.fail_after(2 * SECONDS):  # it ends by itself, since it was told to
            ended = await trio.run_process(words, capture_stdout=True)
        lines = [line.split() for line in ended.stdout.decode().splitlines()]
        assert [int(position) for _, _, position in lines] == positions(web.living, id)
        assert all(id == position for id, _, position in lines)
    assert cutter.times >= 3


async def test_runs_of_an_earlier_process_are_told_from_any_position_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following, "_MOST", 3)
    async with living_in(tmp_path) as living:
        id = await failing(living)
        await living.service.wait_over(ANN, id)
        expected = positions(living, id)
        await add(living)
    async with web_in(tmp_path) as web:
        assert await lines(web, id, 0) == expected
        await goes_on_anywhere(web, id)


async def test_who_comes_again_goes_on_anywhere(tmp_path: Path) -> None:
    async with web_in(tmp_path) as web:
        id = await failing(web.living)
        await web.living.service.wait_over(ANN, id)
        await goes_on_anywhere(web, id)


async def goes_on_anywhere(web: Web, id: str) -> None:
    """Whichever record he has, he is told those after it."""
    expected = positions(web.living, id)
    for after in (1, *expected, expected[-1] + 99):
        assert await lines(web, id, after) == [one for one in expected if one > after]
    refused = await web.ask("GET", f"/api/tasks/{id}/events?after=x", role=Role.VIEWER)
    assert refused.status == 400


@pytest.mark.parametrize("accept", [EVENTS, ""])
async def test_who_loses_his_token_follows_no_task(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, accept: str
) -> None:
    """Also while nothing happens that he could be told."""
    monkeypatch.setattr(following, "KEEP_ALIVE_SECONDS", 0.05)
    still = MANIFEST.replace("nanos = 1_000_000", "nanos = 60_000_000_000")
    async with web_in(tmp_path, still) as web, await web.connect() as stream:
        id = (await wait(web.living)).id
        headers = {"authorization": f"Bearer {web.tokens[Role.VIEWER]}", "accept": accept}
        await stream.send_all(web.head("GET", f"/api/tasks/{id}/events", headers))
        with trio.fail_after(SECONDS):
            said = bytes(await stream.receive_some())
            await web.living.access.revoke(ANN, f"viewer-{web.doors.port}")
            while piece := bytes(await stream.receive_some()):
                said += piece
        assert (b"lion.failed" in said) == bool(accept)
        assert not said.endswith(b"0\r\n\r\n") or accept  # cut off, and not at its end
        assert web.living.service.task(ANN, id).state is TaskState.PROCESSING
