"""Look here if you want to know whether a run with system plugins keeps what the door promises."""

from pathlib import Path
from types import ModuleType

import pytest

from lion.domain.events import (
    CallRedirected,
    PluginError,
    PluginInvoked,
    PluginResult,
    RunEnding,
    RunFinished,
    RunStarted,
    SystemPluginFailed,
    SystemPluginLagged,
    SystemPluginLoaded,
)
from lion.errors import OperatorError
from tests.attack.kit import Arena, call, holder, only, open_arena, task
from tests.capabilities.http.hostile_server import open_server
from tests.system.kit import of_type, open_system, system

pytestmark = pytest.mark.usefixtures("shelf")

CALCULATOR = holder("calculator", "calculator")


def asks(*tools: str, **arguments: object) -> str:
    """An agent that starts one tool after the other and tells what each answers."""
    import tomli_w

    listed = [{"name": name, "with": arguments} for name in tools]
    config = tomli_w.dumps(
        {"agents": {"ann": {"config": {"forbidden": "", "tools": listed}}}}, multiline_strings=True
    )
    lines = 'allow.tools = ["books.*", "bad.*", "calculator.*"]'
    return f"{holder('ann', 'guide', lines, kind='agents')}\n{config}\n{task('ann')}"


def answers(ending: object) -> dict[str, dict[str, object]]:
    import json

    found: dict[str, dict[str, object]] = json.loads(ending.value["json"])["answers"]  # type: ignore[attr-defined]
    return found


BOOKS, BAD = system("books", "shelf"), system("bad", "bad")
HASTY = system("bad", "bad", 'limits.deadline = "100 ms"')


async def test_a_guest_calls_a_tool_and_a_replay_runs_none_of_it(
    tmp_path: Path, shelf: ModuleType
) -> None:
    async with open_arena(tmp_path) as arena:
        report = await arena.run(BOOKS, BAD, CALCULATOR, asks("books.find", title="lions"))
        said = answers(only(report))["books.find"]
        assert said["value"] == [{"title": "Hello lions", "year": n} for n in (0, 1)]
        records = arena.records(report.run)
        (asked,) = [r for r in records if r.type == "PluginInvoked"]
        assert (asked.principal, asked.component_digest) == ("books", "")
        assert asked.cause.startswith("0#")
        assert asked.event() == PluginInvoked("find", [{"title": "lions"}])
        (given,) = of_type(arena.events(report.run), PluginResult)
        assert given.value == ["ok", [{"title": "Hello lions", "year": n} for n in (0, 1)]]
        del shelf.Shelf.find  # type: ignore[attr-defined]
        replayed = await arena.replay(report.run)
        assert replayed.identical
        assert (replayed.invocations, replayed.trusted) == (1, 1)


async def test_without_a_grant_the_tool_is_denied_and_not_listed(tmp_path: Path) -> None:
    agent = holder("ann", "guide", kind="agents") + (
        '[agents.ann.config]\nforbidden = ""\ntools = [{ name = "books.find", with = {} }]\n'
    )
    async with open_arena(tmp_path) as arena:
        report = await arena.run(BOOKS, agent, task("ann"))
        (denial,) = report.denials
        assert denial.target == "books.find"
        assert denial.suggestion == 'agents.ann.allow.tools = ["books.find"]'
        assert not of_type(arena.events(report.run), PluginInvoked)


async def test_the_log_says_whose_code_it_was(tmp_path: Path) -> None:
    async with open_arena(tmp_path) as arena:
        report = await arena.run(BOOKS, call("books.find", title="x"))
        events = arena.events(report.run)
        (loaded,) = of_type(events, SystemPluginLoaded)
        assert (loaded.holder, loaded.use, loaded.contract) == ("books", "shelf", 1)
        assert (loaded.distribution, loaded.version) == ("acme-shelf", "1.2.3")
        assert loaded.tools == ("ask-other", "fetch", "find")
        (started,) = of_type(events, RunStarted)
        assert started.components == {}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"titel": "x"}, "titel: there is no such parameter; did you mean 'title'?"),
        ({"most": 1}, "arguments.title: is missing"),
        ({"title": 5}, "arguments.title: Input should be a valid string"),
        ({"title": "x", "most": 1.0}, "arguments.most: Input should be a valid integer"),
        ({"title": "x", "host": 1}, "arguments.host: there is no such parameter"),
        ({"title": "x" * 21}, "at most 20 characters"),
    ],
)
async def test_wrong_arguments_never_reach_it(
    tmp_path: Path, arguments: dict[str, object], said: str
) -> None:
    async with open_arena(tmp_path) as arena:
        report = await arena.run(BOOKS, call("books.find", **arguments))
        assert said in only(report).error
        assert only(report).hint.startswith("it is find(title: str, most: int = 2) -> ")
        assert report.exit_code == 2
        assert not of_type(arena.events(report.run), PluginInvoked)


async def test_its_own_error_is_a_value(tmp_path: Path) -> None:
    async with open_arena(tmp_path) as arena:
        report = await arena.run(BOOKS, BAD, CALCULATOR, asks("books.find", title=""))
        assert answers(only(report))["books.find"] == {
            "error": "other", "text": '{"needs":"a title"}',
        }  # fmt: skip


@pytest.mark.parametrize(
    ("name", "case", "said", "kept"),
    [
        ("raises", "other", "'raises' raised ValueError", "secret-place"),
        ("leaves", "other", "'leaves' raised SystemExit", "SystemExit"),
        ("groups", "other", "'groups' raised ExceptionGroup", "ExceptionGroup"),
        ("raises-later", "other", "'raises-later' raised HostError", "not among"),
        ("lies", "other", "what its annotation does not say", ""),
        ("blocks", "timeout", "ran longer than 0.1 s", ""),
    ],
)
async def test_one_that_fails_is_an_error_for_its_caller_alone(
    tmp_path: Path, name: str, case: str, said: str, kept: str
) -> None:
    async with open_arena(tmp_path) as arena:
        report = await arena.run(
            BOOKS, HASTY if name == "blocks" else BAD, CALCULATOR, asks(f"bad.{name}"),
            call("calculator.add", a=1, b=2),
        )  # fmt: skip
        ann, sum_ = report.endings
        error = answers(ann)[f"bad.{name}"]
        assert error["error"] == case
        assert said in str(error["text"])
        assert "secret-place" not in str(error["text"])
        assert sum_.value == 3
        (failed,) = of_type(arena.events(report.run), PluginError)
        assert kept in f"{failed.error} {failed.words}"
        assert (await arena.replay(report.run)).identical


async def test_a_blocked_thread_takes_its_place_and_no_other(
    tmp_path: Path, shelf: ModuleType
) -> None:
    bad = system("bad", "bad", 'limits = { deadline = "1 s", concurrent = 1 }')
    async with open_arena(tmp_path) as arena:
        report = await arena.run(
            bad, BOOKS, call("bad.blocks"), call("bad.blocks"), call("books.find", title="x")
        )
        one, two, other = report.endings
        assert (one.ending, two.ending) == ("deadline", "deadline")
        assert shelf.BLOCKED == ["blocks"]  # the second one had no thread to begin in
        assert other.ok


async def test_a_secret_in_an_exception_is_starred_out(tmp_path: Path) -> None:
    from lion.domain.hidden import Hidden

    bad = system(
        "bad", "bad", 'allow.secrets = ["door"]', 'allow.http = ["GET https://a.example/"]'
    )
    variables = {"LION_SECRET_DOOR": Hidden("a.example sesame-open-sesame")}
    async with open_arena(tmp_path, variables=variables) as arena:
        report = await arena.run(bad, call("bad.secretive"))
        assert "sesame" not in only(report).words
        (failed,) = of_type(arena.events(report.run), PluginError)
        assert "the key is *****" in failed.words


async def test_what_it_asks_the_host_for_passes_the_door(tmp_path: Path) -> None:
    plain = system("books", "shelf")
    granted = system("books", "shelf", 'allow.tools = ["calculator.add"]')
    async with open_arena(tmp_path, 'deny = ["tool calculator.divide"]') as arena:
        for table, name, said in (
            (plain, "calculator.add", "denied!"),
            (granted, "calculator.add", "invalid!"),  # it was called: a and b are missing
            (granted, "calculator.divide", "denied!"),
            (granted, "books.find", "denied!"),
        ):
            report = await arena.run(table, CALCULATOR, call("books.ask-other", name=name))
            assert only(report).value == said
            (asked,) = [c for c in arena.calls(report.run) if c.capability == "tools"]
            assert asked.target == name


async def _deny(arena: Arena, *lines: str) -> object:
    report = await arena.run(
        system("books", "shelf", *lines), BAD, CALCULATOR, asks("calculator.add", a=1, b=2)
    )
    return report, answers(only(report))["calculator.add"]


async def test_a_processor_denies_and_is_named(tmp_path: Path) -> None:
    async with open_arena(tmp_path) as arena:
        _, said = await _deny(arena)
        assert said == {"value": 3}
        for key, who in (("deny", "system.books"), ("ask", "approval nobody")):
            report, said = await _deny(arena, f'settings.{key} = ["calculator.add"]')
            assert said["error"] == "denied"  # type: ignore[index]
            assert "shelf" not in said["text"]  # type: ignore[index]
            (denied,) = [c for c in arena.calls(report.run) if c.status == "denied"]  # type: ignore[attr-defined]
            assert (denied.decided_by, denied.verdict) == (who, "deny")
            assert denied.opinions[0].reason.startswith("the shelf")
            assert [o.processor for o in denied.opinions] == ["system.books"]
            assert not report.denials[0].suggestion  # type: ignore[attr-defined]
            assert (await arena.replay(report.run)).identical  # type: ignore[attr-defined]


async def test_a_processor_judges_its_own_calls_too_and_nothing_of_what_is_started(
    tmp_path: Path,
) -> None:
    """What stands in [[run]] is nobody's call; what it then asks for is."""
    url = "http://127.0.0.1:1/"
    lines = [f'settings.deny = ["GET {url}", "books.fetch"]', f'allow.http = ["GET {url}"]']
    async with open_arena(tmp_path) as arena:
        report = await arena.run(system("books", "shelf", *lines), call("books.fetch", url=url))
        assert only(report).value == "denied!"
        (denial,) = report.denials
        assert (denial.holder, denial.decided_by) == ("books", "system.books")


async def test_a_processor_changes_nothing_of_what_it_judges(shelf: ModuleType) -> None:
    async with open_system(shelf.Generous, {"how": "change"}) as bench:
        args = ({"url": "https://a.example/"},)
        assert bench.judge("tools", "call", "x.y", args=args) is None
        assert args == ({"url": "https://a.example/"},)


async def test_a_redirect_is_judged_too(tmp_path: Path) -> None:
    async with open_server() as server, open_arena(tmp_path) as arena:
        fetcher = holder("fetcher", "fetcher", f'allow.http = ["GET {server.url}/**"]')
        fetch = call("fetcher.fetch", url=f"{server.url}/redirect?to=/ok")
        for lines, asked in ((), 2), ((f'settings.deny = ["GET {server.url}/ok"]',), 1):
            server.seen.clear()
            report = await arena.run(system("books", "shelf", *lines), fetcher, fetch)
            assert len(server.seen) == asked
            (redirected,) = of_type(arena.events(report.run), CallRedirected)
            assert redirected.verdict == ("allow" if asked == 2 else "deny")
            assert redirected.decided_by == ("grants" if asked == 2 else "system.books")


@pytest.mark.parametrize("how", ["opinion", "decision", "true", "word", "subclass", "nothing"])
async def test_nobody_can_allow_what_was_not_granted(tmp_path: Path, how: str) -> None:
    generous = system("generous", "generous", f'settings.how = "{how}"')
    agent = holder("ann", "guide", kind="agents") + (
        '[agents.ann.config]\nforbidden = ""\n'
        'tools = [{ name = "calculator.add", with = { a = 1, b = 2 } }]\n'
    )
    async with open_arena(tmp_path) as arena:
        report = await arena.run(generous, CALCULATOR, agent, task("ann"))
        (asked,) = [c for c in arena.calls(report.run) if c.target == "calculator.add"]
        assert (asked.status, asked.verdict) == ("denied", "deny")
        assert not of_type(arena.events(report.run), PluginInvoked)
        failed = of_type(arena.events(report.run), SystemPluginFailed)
        assert [f.part for f in failed] == ([] if how == "nothing" else ["judge"])
        assert how == "nothing" or "system.generous" in {o.processor for o in asked.opinions}


async def test_a_processor_that_raises_denies_and_is_named_once(tmp_path: Path) -> None:
    agent = holder("ann", "guide", kind="agents") + (
        '[agents.ann.config]\nforbidden = ""\n'
        'tools = [{ name = "x.a", with = {} }, { name = "x.b", with = {} }]\n'
    )
    async with open_arena(tmp_path) as arena:
        report = await arena.run(system("judge", "raising"), agent, task("ann"))
        asked = [c for c in arena.calls(report.run) if c.capability == "tools"]
        assert [c.decided_by for c in asked] == ["grants", "grants"]  # which came first
        said = [o.reason for c in asked for o in c.opinions if o.processor == "system.judge"]
        assert said == ["judge raised KeyError, and what is not judged is denied"] * 2
        judge, close = of_type(arena.events(report.run), SystemPluginFailed)
        assert (judge.part, judge.error) == ("judge", "judge raised KeyError: 'what now'")
        assert (close.part, close.error) == ("close", "close raised OSError: stuck")


async def test_a_listener_hears_what_it_chose_in_order_and_is_closed(
    tmp_path: Path, shelf: ModuleType
) -> None:
    async with open_arena(tmp_path) as arena:
        report = await arena.run(BOOKS, BAD, CALCULATOR, asks("books.find", title="x"))
        heard = [event.type for event in shelf.HEARD]
        assert heard[0] == "RunStarted"
        assert heard[-1] == "RunEnding"
        assert set(heard) == {"RunStarted", "CallFinished", "RunEnding"}
        assert [e.seq for e in shelf.HEARD] == sorted(e.seq for e in shelf.HEARD)
        assert shelf.HEARD[-1].fields["exit_code"] == 0
        assert shelf.CLOSED == ["shelf"]
        events = arena.events(report.run)
        assert isinstance(events[-2], RunEnding)
        assert isinstance(events[-1], RunFinished)


async def test_a_run_without_listeners_has_no_ending_of_its_own(tmp_path: Path) -> None:
    async with open_arena(tmp_path) as arena:
        report = await arena.run(BAD, CALCULATOR, call("calculator.add", a=1, b=2))
        assert not of_type(arena.events(report.run), RunEnding)


@pytest.mark.parametrize(
    ("use", "error"),
    [("deaf", "hear raised RuntimeError: not this"), ("slow", "hear took longer than 0.1 s with")],
)
async def test_a_listener_that_fails_is_named_and_hears_no_more(
    tmp_path: Path, shelf: ModuleType, use: str, error: str
) -> None:
    listener = system("ears", use, 'limits.deadline = "100 ms"')
    async with open_arena(tmp_path) as arena:
        report = await arena.run(listener, BOOKS, CALCULATOR, call("calculator.add", a=1, b=2))
        assert report.exit_code == 0
        events = arena.events(report.run)
        (failed,) = of_type(events, SystemPluginFailed)
        assert (failed.holder, failed.part) == ("ears", "hear")
        assert failed.error.startswith(error)
        assert shelf.HEARD[-1].type == "RunEnding"


async def test_a_listener_that_lags_at_the_end_is_cut_and_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from lion.kernel import listeners

    monkeypatch.setattr(listeners, "GRACE", 0.05)
    slow = system("ears", "slow", 'limits.deadline = "none"')
    async with open_arena(tmp_path) as arena:
        report = await arena.run(slow, CALCULATOR, call("calculator.add", a=1, b=2))
        events = arena.events(report.run)
        (lagged,) = of_type(events, SystemPluginLagged)
        assert lagged.holder == "ears"
        assert lagged.is_final
        assert lagged.behind == len(events) - 2
        assert isinstance(events[-1], RunFinished)


async def test_a_refused_setting_ends_the_run_before_it_begins(
    tmp_path: Path, shelf: ModuleType
) -> None:
    table = system("books", "shelf", f'settings.notes = "{tmp_path}/none/notes.txt"')
    async with open_arena(tmp_path) as arena:
        with pytest.raises(OperatorError) as caught:
            await arena.run(BOOKS.replace("books", "other"), table, call("books.find", title="x"))
        assert str(caught.value) == (
            "the system plugin 'books' (shelf): there is no folder for notes; make it"
        )
        assert shelf.CLOSED == ["shelf"]  # the other one, which was open
        (run,) = [r.run for r in _runs(arena)]
        (failed,) = of_type(arena.events(run), SystemPluginFailed)
        assert (failed.holder, failed.part) == ("books", "load")


def _runs(arena: Arena) -> list[object]:
    from lion.history import open_history

    with open_history(arena.settings) as reader:
        return list(reader.runs())


@pytest.mark.parametrize(
    ("rule", "is_refused"),
    [
        ('deny = ["system shelf"]', True), ('deny = ["system sh*"]', True),
        ('deny = ["system"]', True), ('deny = ["system *"]', True), ('ask = ["system"]', True),
        ('deny = ["system shelves"]', False), ('deny = ["system books"]', False),
    ],
)  # fmt: skip
async def test_the_operator_says_which_may_be_used(
    tmp_path: Path, rule: str, is_refused: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    import sys

    monkeypatch.delitem(sys.modules, "acme_shelf")
    async with open_arena(tmp_path, rule) as arena:
        if not is_refused:
            assert only(await arena.run(BOOKS, call("books.find", title="x"))).ok
            return
        with pytest.raises(
            OperatorError, match=r"the system plugin 'books' \(shelf\) is .* by pol"
        ):
            await arena.run(BOOKS, call("books.find", title="x"))
        assert "acme_shelf" not in sys.modules
        report = await arena.run(CALCULATOR, call("calculator.add", a=1, b=2))
        assert report.exit_code == 0


async def test_no_guest_may_write_where_its_code_is(tmp_path: Path, site: Path) -> None:
    def table(at: Path) -> str:
        grant = f'allow.fs = [{{ path = "/x", at = "{at}", write = true }}]'
        return holder("files", "files", grant)

    async with open_arena(tmp_path) as arena:
        with pytest.raises(OperatorError, match=r"allow\.fs: .*code that runs outside"):
            await arena.run(table(site), BOOKS, call("books.find", title="x"))
        # Whether or not it is used here: the next process may use it.
        with pytest.raises(OperatorError, match=r"allow\.fs: .*where Python looks for modules"):
            await arena.run(table(site), CALCULATOR, call("calculator.add", a=1, b=2))
        beside = await arena.run(table(tmp_path / "x"), BOOKS, call("books.find", title="x"))
        assert beside.exit_code == 0
