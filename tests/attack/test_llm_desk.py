"""The research desk, run as it stands: what it shows, what it refuses, and that it replays."""

import importlib.util
import itertools
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from lion.capabilities.http.canned import CannedRequest
from lion.domain.plan import Plan
from lion.history import open_history, replay_run
from lion.manifest.parse import parse_manifest
from lion.opening import open_host
from lion.review.report import RunReport
from lion.settings import Settings
from lion.testing import FrozenClock, open_kit
from tests.wasm.kit import ROOT, cache_directory

DESK = ROOT / "examples" / "research-desk"


@pytest.fixture(scope="module")
def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("lion_desk_script", DESK / "desk.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def web(script: ModuleType) -> Iterator[str]:
    with script.small_web(0) as url:
        yield url


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The desk elsewhere, so that its notes are this test's, with a model that speaks fast."""
    folder = tmp_path / "desk"
    folder.mkdir()
    text = (DESK / "answers.toml").read_text("utf-8")
    text = re.sub(r'^(every|first) = ".*"$', r'\1 = "1 ms"', text, flags=re.MULTILINE)
    (folder / "answers.toml").write_text(text, "utf-8")
    manifest = (DESK / "manifest.toml").read_text("utf-8")
    built = manifest.replace("../../plugins-wasm/", f"{ROOT}/plugins-wasm/")
    (folder / "manifest.toml").write_text(built, "utf-8")
    return folder


def plan(folder: Path, web: str) -> Plan:
    path = folder / "manifest.toml"
    return parse_manifest(path.read_text("utf-8"), path=path, sets={"web": web})


async def run(folder: Path, web: str, settings: Settings) -> RunReport:
    async with open_host(settings) as host:
        return await host.run(plan(folder, web))


@pytest.mark.parametrize("critic", ["critic-as", "critic"])
async def test_the_desk(critic: str, folder: Path, web: str, tmp_path: Path) -> None:
    manifest = folder / "manifest.toml"
    text = manifest.read_text("utf-8")
    assert "/critic-as.wasm" in text
    manifest.write_text(text.replace("/critic-as.wasm", f"/{critic}.wasm"), "utf-8")
    settings = Settings(state=tmp_path / "state", cache=cache_directory())
    report = await run(folder, web, settings)
    ann, bob, carla = report.endings
    assert [ending.name for ending in report.endings] == ["ann", "bob", "carla"]
    assert all(ending.ok for ending in report.endings), report.endings
    assert "I was not allowed to read" in ann.text
    assert ann.text.endswith(f"Sources:\n[1] {web}/park/food.html\n[2] {web}/park/water.html\n")
    assert bob.text.endswith(f"[1] {web}/park/hunting.html\n")
    assert carla.text.startswith("rejected: ") and "\naccepted: " in carla.text

    (denial,) = report.denials
    assert (denial.holder, denial.capability, denial.times) == ("fetcher", "http", 1)
    assert denial.target == f"GET {web}/staff/diary.html"
    assert (folder / "desk-notes" / "food.md").read_text("utf-8") == ann.text

    with open_history(settings) as reader:
        assert reader.verify(report.run).finished
    assert (await replay_run(settings, report.run)).identical


async def test_the_suggested_line_lets_the_request_pass(
    folder: Path, web: str, tmp_path: Path
) -> None:
    settings = Settings(state=tmp_path / "state", cache=cache_directory())
    (denial,) = (await run(folder, web, settings)).denials
    holder, _, line = denial.suggestion.partition(".allow.")
    assert holder == "plugins.fetcher"
    path = folder / "manifest.toml"
    text = path.read_text("utf-8")
    path.write_text(text.replace('allow.http = ["GET ${web}/park/**"]', f"allow.{line}"), "utf-8")
    shutil.rmtree(folder / "desk-notes")
    report = await run(folder, web, settings)
    assert report.denied == 0
    assert "On Tuesdays the park's own lions get chicken [3]." in report.endings[0].text


async def test_with_one_table_changed_it_talks_to_a_server(
    folder: Path, web: str, tmp_path: Path
) -> None:
    """A server that always says the same: the desk goes on, whatever the model is."""
    from tests.capabilities.llm.server import END, HELLO, answer, open_server, sse

    async with open_server(answer(sse(*HELLO, *END))) as server:
        path = folder / "manifest.toml"
        text = path.read_text("utf-8")
        scripted = '[models.fast]\nprovider = "scripted"\nscript = "answers.toml"\n'
        assert scripted in text
        table = f'[models.fast]\nprovider = "openai"\nbase-url = "{server.url}"\nmodel = "m"\n'
        path.write_text(text.replace(scripted, table), "utf-8")
        settings = Settings(state=tmp_path / "state", cache=cache_directory())
        report = await run(folder, web, settings)
        assert [ending.ok for ending in report.endings] == [True] * 3
        assert [ending.text for ending in report.endings[:2]] == ["Hello", "Hello"]
        asked = [body for _, body in server.requests if "tools" in body]
        offered = [{tool["function"]["name"] for tool in body["tools"]} for body in asked]
        assert {"fetcher_fetch", "calculator_multiply"} in offered, "Ann's"
        assert {"fetcher_fetch"} in offered, "Bob's"
        assert not any("notes_write" in names for names in offered), "it is the agent's own"
    assert (await replay_run(settings, report.run)).identical


@pytest.fixture
def clock() -> FrozenClock:
    """Of the test below alone; the others have none and go by the machine's."""
    return FrozenClock()


def page(request: CannedRequest) -> str:
    """What the small web serves."""
    return (DESK / "web" / request.url.partition("8321/")[2]).read_text("utf-8")


async def test_the_desk_at_the_pace_that_people_see(clock: FrozenClock) -> None:
    """By the script's own time, whatever the machine's: under ten seconds, streams interleave,
    and a replay waits for nothing.
    """
    web = {"GET http://127.0.0.1:8321/park/**": page}
    async with open_kit(DESK / "manifest.toml", http=web) as lion:
        report = await lion.run_manifest()
        assert report.exit_code == 0
        assert 1e9 < report.wall_ns < 10e9
        speakers = [call.holder for call in lion.find_calls("output.text")]
        turns = sum(a != b for a, b in itertools.pairwise(speakers))
        assert turns > 20, "they spoke one after the other"
        ended = clock.monotonic_ns()
        await lion.assert_replays()
        assert clock.monotonic_ns() == ended
