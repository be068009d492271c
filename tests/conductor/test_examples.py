"""The example workflows as a person runs them: offline, and replayed."""

import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest
import trio

import lion
from lion.domain.approval import Answer
from lion.history import replay_run

EXAMPLES = Path(__file__).parents[2] / "examples" / "workflows"
WASM = Path(__file__).parents[2] / "plugins-wasm"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The examples where they may write, with the components beside them."""
    place = tmp_path / "tree" / "examples" / "workflows"
    shutil.copytree(EXAMPLES, place, ignore=shutil.ignore_patterns("reports"))
    os.symlink(WASM, tmp_path / "tree" / "plugins-wasm")
    return place


async def run(host: lion.Host, path: Path) -> lion.RunReport:
    report = await host.run(path / "manifest.toml")
    assert (await replay_run(host.settings, report.run)).identical
    return report


async def test_a_ticket_is_sorted_by_the_agent(host: lion.Host, folder: Path) -> None:
    report = await run(host, folder / "ticket-triage")
    assert [one.value["kind"] for one in report.endings] == ["bug", "wish"]


async def test_a_ticket_that_no_agent_can_sort_goes_to_a_person(folder: Path) -> None:
    manifest = folder / "ticket-triage" / "manifest.toml"
    given = {"id": "t-19", "text": "Hm."}
    async with lion.open_host(asks=True) as host, trio.open_nursery() as nursery:
        nursery.start_soon(_answer, host, '{"kind": "wish"}')
        assert await host.call(manifest, "triage.run", given) == {"id": "t-19", "kind": "wish"}
        nursery.cancel_scope.cancel()


async def test_the_watcher_sees_what_is_there_and_ends(host: lion.Host, folder: Path) -> None:
    (folder / "watcher" / "inbox" / "tuesday.txt").write_text("One lion.\n")
    report = await run(host, folder / "watcher")
    assert report.endings[0].value == {"seen": ["monday.txt", "tuesday.txt"], "told": 1}


async def test_a_watcher_of_a_topic_writes_down_what_is_said(
    host: lion.Host, folder: Path
) -> None:
    shutil.copytree(EXAMPLES.parent / "debate", folder.parent / "debate")
    report = await host.run(folder / "watcher" / "topic.toml")
    assert (await replay_run(host.settings, report.run)).identical
    said = report.endings[0].value["said"]
    assert [line.partition(":")[0] for line in said] == ["ann", "bob", "ann", "bob"]
    assert report.endings[0].value["verdict"].startswith("bob")


async def test_records_are_cleaned_while_they_come(host: lion.Host, folder: Path) -> None:
    report = await run(host, folder / "data-cleaner")
    assert report.endings[0].value == "row\nlion 12\nzebra 40\ngiraffe 7\n"


async def test_the_report_is_published_once_somebody_says_so(folder: Path) -> None:
    place = folder / "nightly-report"
    with trio.fail_after(60):
        async with lion.open_host(asks=True) as host, trio.open_nursery() as nursery:
            nursery.start_soon(_answer, host, '{"publish": true}')
            report = await run(host, place)
            nursery.cancel_scope.cancel()
    assert report.exit_code == 0, report.endings
    assert os.listdir(place / "reports") == ["2026-11-27.md"]


async def test_the_draft_is_taken_back_if_nobody_does(host: lion.Host, folder: Path) -> None:
    report = await run(host, folder / "nightly-report")
    error: Any = report.endings[0].value
    assert error["undone"] == ["draft"] and error["step"] == "approval"
    assert os.listdir(folder / "nightly-report" / "reports") == []


async def _answer(host: lion.Host, words: str) -> None:
    while not (waiting := await host.approvals()):  # noqa: ASYNC110 - the desk is a file
        await trio.sleep(0.02)
    request = waiting[0].request
    assert "lion workflow answer" in request.note and json.loads(request.arguments)[0]
    await host.answer(request.id, Answer(allowed=True, by="ann", via="program", words=words))
