"""Look here if you want to know whether a host interface of a system plugin's own passes the one
door: granted or not, scoped, ruled, recorded, replayed, and harmless when its Python fails.
"""

from pathlib import Path
from types import ModuleType

import pytest

from lion.domain.events import (
    CallRequested,
    LineLogged,
    PluginError,
    PluginInvoked,
    SystemPluginLoaded,
)
from lion.domain.hidden import Hidden
from lion.domain.plan import MAX_DEPTH
from lion.errors import GuestError, OperatorError
from lion.history import open_history
from tests.attack.kit import call, holder, only, open_arena, task
from tests.capabilities.http.hostile_server import open_server
from tests.system.kit import of_type, system

pytestmark = pytest.mark.usefixtures("books")

NAME = "acme:shelf/books"
BOOKS = system("books", "books")


def worm(*scope: str, lines: tuple[str, ...] = (), name: str = "worm") -> str:
    """A guest that imports the interface; without a scope nothing is granted."""
    written = ", ".join(f'"{one}"' for one in scope)
    allow = {(): (), ("true",): (f'allow.interfaces."{NAME}" = true',)}
    default = (f'allow.interfaces."{NAME}" = [{written}]',)
    return holder(name, "bookworm", *allow.get(scope, default), *lines)


ALL = worm("true")


async def test_every_kind_of_value_crosses_both_ways(tmp_path: Path) -> None:
    async with open_arena(tmp_path) as arena:
        report = await arena.run(
            BOOKS, ALL, call("worm.find", title="Lions"), call("worm.find", title="none"),
            call("worm.put", title="fiction/Dune", inner="Düne"),
        )  # fmt: skip
        lions, none, dune = [ending.value for ending in report.endings]
        assert none == "none"
        assert lions == (
            'Lions, Shelf::NaturalScience, 1972, Some(480), 4.5, ["cats"], (3, "b"), [255, 0], '
            "false"
        )
        assert dune == (
            'Düne, Shelf::Fiction, 65535, None, -0.5, ["a", ""], (255, "ü"), [112, 110, 103], true'
        )


async def test_a_replay_answers_from_the_log(tmp_path: Path, books: ModuleType) -> None:
    async with open_arena(tmp_path) as arena:
        report = await arena.run(BOOKS, ALL, call("worm.put", title="a", inner="kept"))
        del books.Books.put  # type: ignore[attr-defined]
        replayed = await arena.replay(report.run)
        assert replayed.identical
        assert (replayed.invocations, replayed.trusted) == (1, 2)  # put, and find


async def test_the_log_says_who_asked_whom_for_what(tmp_path: Path, books: ModuleType) -> None:
    async with open_arena(tmp_path) as arena:
        report = await arena.run(BOOKS, ALL, call("worm.put", title="a", inner="kept"))
        records = arena.records(report.run)
        (asked,) = [r for r in records if isinstance(r.event(), CallRequested)]
        event = asked.event()
        assert isinstance(event, CallRequested)
        assert (event.capability, event.operation, event.target) == (NAME, "put", "a")
        assert event.reason == f'granted by plugins.worm.allow.interfaces."{NAME}"'
        run, _ = [r for r in records if r.type == "PluginInvoked" and r.principal == "books"]
        assert run.cause == f"{asked.invocation}#{asked.call}"
        invoked = run.event()
        assert isinstance(invoked, PluginInvoked)
        assert (invoked.export, invoked.args[0]) == ("put", "a")
        (loaded,) = of_type(arena.events(report.run), SystemPluginLoaded)
        assert f"{NAME}@1.2.0#put(title)" in loaded.offers
        assert f"{NAME}@1.2.0#count()" in loaded.offers

        await arena.run(BOOKS, ALL, call("worm.find", title="x"))
        caller = books.ASKED[-1]
        assert (caller.holder, caller.chain) == ("worm", ("worm",))
        assert caller.namespace == "unnamed:attack/worm"


async def test_it_can_tell_holders_apart(tmp_path: Path) -> None:
    other = worm("true", name="other")
    async with open_arena(tmp_path) as arena:
        report = await arena.run(
            BOOKS, ALL, other, call("worm.put", title="a", inner="mine"),
            call("other.put", title="a", inner="yours"),
        )  # fmt: skip
        mine, yours = report.endings
        assert mine.value.startswith("mine, ")
        assert yours.value.startswith("yours, ")


@pytest.mark.parametrize(
    ("scope", "title", "said"),
    [
        ((), "a", "denied: no grant covers it"),
        (("fiction/*",), "fiction/Dune", "kept"),
        (("fiction/*",), "fiction/a/b", "denied: no grant covers it"),
        (("fiction/*",), "", "invalid: title is empty, and it says what the call is about"),
        (("**",), "a/b", "kept"),
        (("true",), "a/b", "kept"),
    ],
)
async def test_a_target_is_granted_or_not(
    tmp_path: Path, scope: tuple[str, ...], title: str, said: str
) -> None:
    async with open_arena(tmp_path) as arena:
        report = await arena.run(BOOKS, worm(*scope), call("worm.put", title=title, inner="kept"))
        assert said in (only(report).value or only(report).error)
        assert bool(of_type(arena.events(report.run), PluginInvoked)[1:]) is (said == "kept")


async def test_what_has_no_target_needs_a_grant_of_any_scope(tmp_path: Path) -> None:
    async with open_arena(tmp_path) as arena:
        for scope, said in (((), "denied: no grant"), (("fiction/*",), ""), (("true",), "")):
            report = await arena.run(BOOKS, worm(*scope), call("worm.count"))
            assert said in only(report).error
            assert only(report).ok is not bool(said)


async def test_a_denial_says_which_line_would_allow_it(tmp_path: Path) -> None:
    line = f'plugins.worm.allow.interfaces."{NAME}" = '
    async with open_arena(tmp_path) as arena:
        for scope, title, suggestion in (
            ((), "fiction/Dune", f'{line}["fiction/Dune"]'),
            (("a/*",), "b", f'{line}["a/*", "b"]'),
            ((), 'quote"d', f'{line}["quote\\"d"]'),
            ((), "star*", ""),
        ):
            report = await arena.run(
                BOOKS, worm(*scope), call("worm.put", title=title, inner="kept")
            )
            (denial,) = report.denials
            assert (denial.capability, denial.target) == (NAME, title)
            assert denial.suggestion == suggestion
            if suggestion:
                again = holder("worm", "bookworm", suggestion.removeprefix("plugins.worm."))
                report = await arena.run(BOOKS, again, call("worm.put", title=title, inner="kept"))
                assert only(report).value.startswith("kept, ")


@pytest.mark.parametrize(
    ("rule", "title", "said"),
    [
        (f"{NAME} put fiction/**", "fiction/Dune", "denied: a rule forbids it"),
        (f"{NAME} put fiction/**", "a", "kept"),
        (f"{NAME} put", "a", "denied: a rule forbids it"),
        (f"{NAME} count", "a", "kept"),
        (f"{NAME} fiction/**", "fiction/Dune", "denied: a rule forbids it"),
        (NAME, "a", "denied: a rule forbids it"),
        ("acme:other/things send x", "a", "kept"),
    ],
)
async def test_a_rule_of_the_operators_wins(
    tmp_path: Path, rule: str, title: str, said: str
) -> None:
    async with open_arena(tmp_path, f'deny = ["{rule}"]') as arena:
        report = await arena.run(BOOKS, ALL, call("worm.put", title=title, inner="kept"))
        assert said in (only(report).value or only(report).error)


async def test_a_processor_judges_its_calls_too(tmp_path: Path, shelf: ModuleType) -> None:
    guard = system("guard", "shelf", 'settings = { deny = ["secret"] }')
    shelf.Shelf.judges = ("*",)  # type: ignore[attr-defined]
    async with open_arena(tmp_path) as arena:
        report = await arena.run(
            BOOKS, guard, ALL, call("worm.put", title="secret", inner="kept"),
            call("worm.put", title="open", inner="kept"),
        )  # fmt: skip
        one, two = report.endings
        assert "denied: a rule forbids it" in one.error
        assert two.value.startswith("kept, ")
        assert report.denials[0].reason == "the shelf says no"


@pytest.mark.parametrize(
    ("how", "said", "kept"),
    [
        ("raise", "other: acme:shelf/books.misbehave failed (raised): 'misbehave' raised Value",
         "secret-place"),
        ("exit", "other: acme:shelf/books.misbehave failed (raised): 'misbehave' raised System",
         "SystemExit"),
        ("leave", "failed (raised): 'misbehave' raised GeneratorExit", ""),
        ("own", "failed (raised): 'misbehave' raised Cancelled", ""),
        ("large", "what its annotation does not say: 256 is no u8", ""),
        ("text", "what its annotation does not say: 'five' is no u8", ""),
        ("pass-on", "failed (raised): 'misbehave' raised HostError", "denied: of its own"),
        ("block", "timeout: acme:shelf/books.misbehave failed (deadline)", ""),
    ],
)  # fmt: skip
async def test_one_that_fails_is_an_error_for_its_caller_alone(
    tmp_path: Path, how: str, said: str, kept: str
) -> None:
    lines = ('limits.deadline = "100 ms"',) if how == "block" else ()
    async with open_arena(tmp_path) as arena:
        report = await arena.run(
            system("books", "books", *lines), ALL, call("worm.misbehave", how=how),
            call("worm.find", title="x"),
        )  # fmt: skip
        failed, other = report.endings
        assert said in failed.error
        assert "secret-place" not in failed.error
        assert other.value == "none"
        (event,) = of_type(arena.events(report.run), PluginError)
        assert kept in f"{event.error} {event.words}"
        assert (await arena.replay(report.run)).identical


async def test_its_own_failure_and_wrong_values_are_errors_in_words(tmp_path: Path) -> None:
    async with open_arena(tmp_path) as arena:
        report = await arena.run(
            BOOKS, ALL, call("worm.put", title="a", inner="kept"),
            call("worm.put", title="a", inner="kept"),
            call("worm.put", title="c", inner="x" * 41),
        )  # fmt: skip
        *twice, long = report.endings
        assert sorted(ending.ok for ending in twice) == [False, True]
        assert any("exists: a is there" in ending.error for ending in twice)
        assert "invalid: book: a title has at most 40 characters" in long.error


async def test_a_secret_in_its_words_is_starred_out(tmp_path: Path) -> None:
    lines = ('allow.secrets = ["door"]', 'allow.http = ["GET https://a.example/"]')
    variables = {"LION_SECRET_DOOR": Hidden("a.example sesame-open-sesame")}
    async with open_arena(tmp_path, variables=variables) as arena:
        report = await arena.run(
            system("books", "books", *lines), ALL, call("worm.misbehave", how="tell")
        )
        assert "other: the key is *****" in only(report).error
        assert "sesame" not in str([r.body for r in arena.records(report.run)])


async def test_what_one_call_carries_is_bounded(tmp_path: Path) -> None:
    async with open_arena(tmp_path) as arena:
        report = await arena.run(
            BOOKS, ALL, call("worm.find", title="large"), call("worm.put", title="a", inner="b"),
            call("worm.misbehave", how="x" * 65_536),
        )  # fmt: skip
        result, fits, argument = report.endings
        assert "exhausted: the result of a call has at most 65,536 bytes" in result.error
        assert "invalid: the arguments of a call have at most 65,536 bytes" in argument.error
        assert fits.ok


async def test_it_acts_under_its_own_grants_and_not_its_callers(tmp_path: Path) -> None:
    async with open_server() as server, open_arena(tmp_path) as arena:
        url = f"{server.url}/cover"
        allow = f'allow.http = ["GET {url}"]'
        for books, guest, said in (
            (system("books", "books", allow), ALL, ""),
            (BOOKS, ALL, "unavailable: no cover: denied"),
        ):
            report = await arena.run(books, guest, call("worm.cover", title=url))
            assert said in only(report).error
            assert only(report).ok is not bool(said)
            (asked,) = [
                r for r in arena.records(report.run)
                if r.principal == "books" and r.type in ("CallRequested", "CallFinished")
                and getattr(r.event(), "capability", "") == "http"
            ]  # fmt: skip
            assert asked.cause


@pytest.mark.parametrize(
    ("tables", "error", "said", "hint"),
    [
        ((ALL,), OperatorError, "no system plugin of this manifest offers 'acme:shelf/books'",
         "[system.NAME] with use = "),
        ((worm(),), GuestError, "imports acme:shelf/books@1.2.0, which no system plugin",
         "[system.NAME] with use = "),
        ((system("n", "newer"), worm()), GuestError, "imports acme:shelf/books@1.2.0, which no",
         "here it is acme:shelf/books@2.0.0"),
        ((system("n", "changed"), worm()), GuestError,
         "imports acme:shelf/books@1.2.0.find, a function that acme:shelf/books@1.2.5 has not",
         "lion wit PLUGIN"),
        ((system("n", "greedy"),), OperatorError, "offers 'lion:host/kv@0.1.0', which is no", ""),
        ((system("n", "vague"),), OperatorError, "the function 'get': dict[str, str] has no WIT;",
         ""),
        ((BOOKS, system("r", "rival")), OperatorError,
         "'books' and 'r' both offer acme:shelf/books", "leave one of them out"),
        ((BOOKS, system("s", "books")), OperatorError, "'books' and 's' both offer", ""),
        ((BOOKS, holder("h", "hello", 'allow.interfaces."acme:shelf/boks" = true')),
         OperatorError, "offers 'acme:shelf/boks'", "did you mean 'acme:shelf/books'?"),
        ((BOOKS, holder("h", "hello", 'allow.interfaces."lion:host/kv" = true')),
         OperatorError, "'lion:host/kv' is no interface of a system plugin's", ""),
        ((system("p", "plain"),
          holder("h", "hello", 'allow.interfaces."acme:plain/things" = ["a"]')),
         OperatorError, "the functions of 'acme:plain/things' have no targets that 'a' could",
         "write true"),
        ((BOOKS, worm("a\\u0001b")), OperatorError, "is no pattern; write text, such as", ""),
        ((BOOKS, worm("x" * 1_025)), OperatorError, "is no pattern; write text, such as", ""),
        ((BOOKS, worm("a***")), OperatorError, "write * (within a segment) or **", ""),
        ((BOOKS, holder("h", "hello", 'allow.interfaces."acme:shelf/books" = false')),
         OperatorError, "write true for all of it, or a list", ""),
    ],
)  # fmt: skip
async def test_a_mistake_is_one_sentence(
    tmp_path: Path, tables: tuple[str, ...], error: type[Exception], said: str, hint: str
) -> None:
    async with open_arena(tmp_path) as arena:
        with pytest.raises(error) as caught:
            await arena.run(*tables, call("worm.count") if "bookworm" in "".join(tables) else "")
        assert said in str(caught.value)
        assert hint in getattr(caught.value, "hint", "")


async def test_a_refused_plan_is_recorded_and_what_was_open_is_closed(
    tmp_path: Path, shelf: ModuleType
) -> None:
    grant = holder("h", "hello", f'allow.interfaces."{NAME}" = true')
    async with open_arena(tmp_path) as arena:
        with pytest.raises(OperatorError, match="no system plugin of this manifest offers"):
            await arena.run(system("shelf", "shelf"), grant, call("h.greet", name="Ann"))
        with open_history(arena.settings) as reader:
            (run,) = reader.runs()
        events = arena.events(run.run)
        assert len(of_type(events, SystemPluginLoaded)) == 1
        (line,) = of_type(events, LineLogged)
        assert f"no system plugin of this manifest offers {NAME!r}" in line.message
        assert shelf.CLOSED == ["shelf"]


@pytest.mark.parametrize(
    ("rule", "said", "hint"),
    [
        (f"{NAME} burn", "is about 'burn', which acme:shelf/books has not", "find"),
        (f"{NAME} count a/**", "has a pattern, and those calls name nothing", f"{NAME} count"),
    ],
)
async def test_a_rule_that_says_nothing_is_refused(
    tmp_path: Path, rule: str, said: str, hint: str
) -> None:
    async with open_arena(tmp_path, f'deny = ["{rule}"]') as arena:
        with pytest.raises(OperatorError, match=said) as caught:
            await arena.run(BOOKS, ALL, call("worm.count"))
        assert hint in caught.value.hint
        assert (await arena.run(holder("h", "hello"), call("h.greet", name="Ann"))).exit_code == 0


async def test_it_goes_no_deeper_than_tools_do(tmp_path: Path) -> None:
    """An agent, and then guest and plugin in turn: the plugin would be the ninth."""
    agent = holder("ann", "guide", 'allow.tools = ["worm.cover"]', kind="agents") + (
        '[agents.ann.config]\nforbidden = ""\n'
        'tools = [{ name = "worm.cover", with = { title = "again" } }]\n'
    )
    books = system("books", "books", 'allow.tools = ["worm.cover"]')
    async with open_arena(tmp_path) as arena:
        report = await arena.run(books, ALL, agent, task("ann"))
        records = arena.records(report.run)
        deepest = max(len(r.invocation.split(".")) for r in records if r.type == "PluginInvoked")
        assert deepest == MAX_DEPTH
        assert "at most 8 deep" in str([r.event() for r in records])
        assert (await arena.replay(report.run)).identical


async def test_a_pattern_speaks_of_targets_only(tmp_path: Path) -> None:
    async with open_arena(tmp_path, f'deny = ["{NAME} **"]') as arena:
        report = await arena.run(
            BOOKS, ALL, call("worm.count"), call("worm.put", title="a", inner="b")
        )
        count, put = report.endings
        assert count.value == 0
        assert "denied" in put.error


async def test_its_calls_are_charged_to_the_whole_chain(tmp_path: Path) -> None:
    guest = worm("true", lines=("limits.calls = 1",))
    async with open_arena(tmp_path) as arena:
        report = await arena.run(
            BOOKS, guest, call("worm.find", title="x"), call("worm.find", title="x")
        )
        assert sorted(ending.ok for ending in report.endings) == [False, True]
        assert any("exhausted" in ending.error for ending in report.endings)
