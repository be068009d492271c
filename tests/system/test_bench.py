"""Look here if you want to know whether lion.testing.system fails where a host would."""

from dataclasses import replace
from pathlib import Path
from types import ModuleType

import pytest
import trio

from lion.domain.events import SystemPluginLagged
from lion.domain.plan import Limits
from lion.domain.record import Record
from lion.errors import GuestError, OperatorError
from lion.system import Ask, Deny, Failure, HostError, SystemPlugin, ToolError
from lion.system.scalars import NoFit
from lion.testing import OwnError, kit
from lion.values.json_scalars import JsonMismatch
from tests.attack.kit import holder, open_arena, task
from tests.system.kit import of_type, open_system, system

QUICK = Limits(deadline_ns=50_000_000, concurrent=1)


async def test_a_tool_gives_its_value_its_error_or_a_fault(shelf: ModuleType) -> None:
    async with open_system(shelf.Shelf, {"greeting": "Hi"}) as bench:
        assert await bench.call("find", title="x", most=1) == [{"title": "Hi x", "year": 0}]
        with pytest.raises(ToolError) as own:
            await bench.call("find", title="")
        assert own.value.value == {"needs": "a title"}
        with pytest.raises(JsonMismatch, match=r"arguments.titel: there is no such parameter"):
            await bench.call("find", titel="x")
    for name, ending in (("raises", "raised"), ("lies", "result"), ("blocks", "deadline")):
        limits = QUICK if name == "blocks" else Limits()
        async with open_system(shelf.Bad, limits=limits) as bench:
            with pytest.raises(GuestError) as caught:
                await bench.call(name)
            assert caught.value.ending == ending


async def test_what_it_asks_for_is_the_tests_answer_or_denied(shelf: ModuleType) -> None:
    url, gone = "https://a.example/", "https://b.example/"
    http = {f"GET {url}": (200, "hello"), f"GET {gone}": HostError("dns", "no such name")}
    async with open_system(shelf.Shelf, http=http, tools={"calculator.add": 3}) as bench:
        assert await bench.call("fetch", url=url) == "hello"
        assert await bench.call("fetch", url=gone) == "dns!"
        assert await bench.call("fetch", url="https://c.example/") == "denied!"
        assert await bench.call("ask-other", name="calculator.add") == "3"
        assert await bench.call("ask-other", name="calculator.divide") == "denied!"
        assert bench.asked == [
            f"GET {url}", f"GET {gone}", "GET https://c.example/", "calculator.add",
            "calculator.divide",
        ]  # fmt: skip


async def test_its_processor_is_asked_of_what_it_judges(shelf: ModuleType) -> None:
    settings = {"deny": ["db.query"], "ask": ["db.drop"]}
    async with open_system(shelf.Shelf, settings) as bench:
        assert bench.judge("tools", "call", "db.query") == Deny("the shelf says no")
        assert bench.judge("tools", "call", "db.drop") == Ask("the shelf wants to know")
        assert bench.judge("tools", "call", "db.tables") is None
        assert bench.judge("kv", "get", "db.query") is None
    async with open_system(shelf.Raising) as bench:
        with pytest.raises(GuestError, match="judge raised KeyError"):
            bench.judge("tools", "call", "x.y")
        # Its close raises, too; what was asked of it before is told all the same.
        with pytest.raises(GuestError, match="close raised OSError"):
            await bench.close()


async def test_its_listener_hears_and_may_fail(shelf: ModuleType) -> None:
    async with open_system(shelf.Shelf) as bench:
        await bench.hear("RunEnding", exit_code=3)
        assert shelf.HEARD[-1].fields == {"exit_code": 3}
    for plugin, ending in ((shelf.Deaf, "raised"), (shelf.Slow, "deadline")):
        async with open_system(plugin, limits=QUICK) as bench:
            with pytest.raises(GuestError) as caught:
                await bench.hear("RunEnding", exit_code=0)
            assert caught.value.ending == ending


async def test_a_name_that_is_none_is_refused_with_what_there_is(
    shelf: ModuleType, books: ModuleType
) -> None:
    async with open_system(shelf.Shelf) as bench:
        with pytest.raises(OperatorError, match="no tool 'fnd'; did you mean 'find'"):
            await bench.call("fnd")
        with pytest.raises(OperatorError, match="no function 'find'; it has no functions at all"):
            await bench.call_function("find")
    async with open_system(books.Books) as bench:
        with pytest.raises(OperatorError, match="no function 'fnd'; did you mean 'find'"):
            await bench.call_function("fnd")


async def test_a_class_of_no_or_another_contract_is_refused_as_a_host_does() -> None:
    class Silent(SystemPlugin):
        """Says nothing."""

    class Later(SystemPlugin):
        """Is not for this lion."""

        contract = 2

    for kind, said in ((Silent, "write in the class: contract = 1"), (Later, "is for contract 2")):
        with pytest.raises(OperatorError) as caught:
            async with open_system(kind):
                pass
        assert said in str(caught.value)


async def test_what_is_no_event_is_refused_with_what_there_is(shelf: ModuleType) -> None:
    async with open_system(shelf.Shelf) as bench:
        with pytest.raises(OperatorError, match="no event 'RunEnded'; did you mean 'RunEnding'"):
            await bench.hear("RunEnded")
        with pytest.raises(
            OperatorError, match=r"make no RunEnding.*it has exit_code, interrupted"
        ):
            await bench.hear("RunEnding", code=3)


async def test_settings_are_read_as_a_manifest_has_them(shelf: ModuleType, tmp_path: Path) -> None:
    async with open_system(shelf.Shelf, {"notes": "notes.txt"}, folder=tmp_path) as bench:
        await bench.hear("RunEnding", exit_code=0)
    assert (tmp_path / "notes.txt").read_text() == "RunEnding \n"
    with pytest.raises(OperatorError, match="unknown key 'note'; did you mean 'notes'"):
        async with open_system(shelf.Shelf, {"note": "x"}):
            pass


@pytest.mark.usefixtures("shelf")
def test_the_kit_for_manifests_takes_system_plugins_too(tmp_path: Path) -> None:
    path = tmp_path / "manifest.toml"
    path.write_text('name = "x"\n' + system("books", "shelf"), "utf-8")
    with kit(path) as lion:
        assert lion.call("books.find", title="x", most=1) == [{"title": "Hello x", "year": 0}]
        lion.assert_replays()
        lion.save(tmp_path / "run.lion")
        lion.assert_replays(tmp_path / "run.lion")


async def test_its_open_really_runs_once_on_the_bench(shelf: ModuleType, tmp_path: Path) -> None:
    gone = {"notes": str(tmp_path / "gone" / "notes.txt")}
    with pytest.raises(OperatorError, match="there is no folder for notes"):
        async with open_system(shelf.Shelf, gone):
            pass
    assert shelf.CLOSED == []
    async with open_system(shelf.Shelf):
        assert shelf.CLOSED == []
    assert shelf.CLOSED == ["shelf"]


def test_its_open_really_runs_for_each_run_of_a_kit(
    shelf: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []
    monkeypatch.setattr(
        shelf.Shelf, "open", lambda plugin: opened.append(plugin.settings.greeting)
    )
    path = tmp_path / "manifest.toml"
    path.write_text('name = "x"\n' + system("books", "shelf"), "utf-8")
    with kit(path) as lion:
        for n in (1, 2):
            lion.call("books.find", title="x")
            assert (opened, shelf.CLOSED) == (["Hello"] * n, ["shelf"] * n)


async def test_one_that_lags_far_is_told_and_named(
    tmp_path: Path, shelf: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    from lion.kernel import listeners

    monkeypatch.setattr(listeners, "FAR_BEHIND", 5)

    others_are_done = trio.Event()
    last, counting = 0, []
    start = listeners.Listeners.start

    def noted(self: listeners.Listeners) -> None:
        counting.append(self)
        start(self)

    async def waits(self: object, event: object, host: object) -> None:
        """As slow as it takes for others to be done, and for lion to have counted that."""
        await others_are_done.wait()
        while counting[0].newest < last:
            await trio.lowlevel.checkpoint()
        shelf.HEARD.append(event)

    def watch(record: Record) -> None:
        nonlocal last
        if record.type == "RunEnding":
            last = record.seq
            others_are_done.set()

    monkeypatch.setattr(listeners.Listeners, "start", noted)
    monkeypatch.setattr(shelf.Shelf, "hear", waits)
    waiter = holder("w", "waiter", "config = { times = 1, nanos = 1 }", kind="agents")
    async with open_arena(tmp_path) as arena:
        report = await arena.run(system("books", "shelf"), waiter, task("w"), watch=watch)
        events = arena.events(report.run)
        (lagged,) = of_type(events, SystemPluginLagged)
        assert (lagged.holder, lagged.is_final) == ("books", False)
        assert any(event.behind == lagged.behind >= 5 for event in shelf.HEARD)
        assert shelf.HEARD[-1].type == "RunEnding"


async def test_a_function_answers_fails_or_is_at_fault(books: ModuleType) -> None:
    http = {"GET https://a.example/": (200, "png")}
    async with open_system(books.Books, http=http, limits=QUICK) as bench:
        assert await bench.call_function("find", title="Lions") == books.LION
        assert await bench.call_function("put", title="a", book=books.LION, by="ann") is None
        assert await bench.call_function("find", title="a", by="ann") == books.LION
        assert await bench.call_function("find", title="a", by="bob") is None
        assert await bench.call_function("cover-of", title="https://a.example/") == b"png"
        with pytest.raises(Failure, match="exists: a is there"):
            await bench.call_function("put", title="a", book=books.LION, by="ann")
        with pytest.raises(NoFit, match=r"book\.year|year: 70000 is no u16"):
            await bench.call_function("put", title="b", book=replace(books.LION, year=70_000))
        with pytest.raises(NoFit, match="put: it takes title, book, not title"):
            await bench.call_function("put", title="b")
        for how, ending in (("raise", "raised"), ("large", "result"), ("block", "deadline")):
            with pytest.raises(GuestError) as caught:
                await bench.call_function("misbehave", how=how)
            assert caught.value.ending == ending


def test_a_fake_answers_in_place_of_a_plugins_function(books: ModuleType, tmp_path: Path) -> None:
    """What the call is about, and who may, stays the plugin's and the manifest's."""
    manifest = tmp_path / "manifest.toml"
    grant = 'allow.interfaces."acme:shelf/books" = ["fiction/*"]'
    tables = [system("books", "books"), holder("worm", "bookworm", grant)]
    manifest.write_text('name = "x"\n' + "\n".join(tables), "utf-8")
    fakes = {"acme:shelf/books.count": 7, "acme:shelf/books.find": lambda title: None}
    with kit(manifest, fakes=fakes) as lion:
        assert lion.call("worm.count") == 7
        assert lion.call("worm.find", title="fiction/Lions") == "none"
        assert lion.find_calls("acme:shelf/books.find")[0].target == "fiction/Lions"
        with pytest.raises(OwnError, match="denied: no grant covers it"):
            lion.call("worm.find", title="Lions")
        assert books.ASKED == []
        assert lion.call("worm.put", title="fiction/a", inner="b") == "none"
        assert not lion.find_calls("http")
