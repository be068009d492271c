"""Look here if you want to know what a program may lend to guests, and that it is trusted Python
like any other: granted, recorded, listed as such.
"""

import functools
import json
from pathlib import Path
from typing import Any

import pytest
import trio

import lion
from lion.system import Call, Deny, PluginHost, SystemPlugin, ToolError
from tests.embedding.kit import CALCULATOR, RELAY, SUM, WASM, answers, asks, recorded
from tests.endurance.kit import replayed
from tests.system.packages.acme_shelf.acme_books import Books

FACTS = {"lion": "eats zebras"}


def look_up(word: str, most: int = 80) -> str:
    """What is known of a word."""
    if word == "unicorn":
        raise ToolError({"unknown": word})
    return FACTS[word][:most]


async def later(word: str) -> str:
    await trio.lowlevel.checkpoint()
    return word.upper()


async def noted(word: str, host: PluginHost) -> str:
    await host.log("info", f"asked for {word}")
    return host.holder


class Words:
    def count(self, text: str) -> int:
        return len(text.split())


async def relayed(host: lion.Host, tool: str, **arguments: Any) -> str:
    """What a guest is answered that may call everything of `app`."""
    asked = {"tool": tool, "arguments": [json.dumps(arguments)]}
    (said,) = await host.call(RELAY, "relay", asked, allow={"tools": ["app.*"]})
    assert isinstance(said, str)
    return said


async def test_a_guest_calls_functions_of_the_program(host: lion.Host) -> None:
    tools = {"look_up": look_up, "later": later, "count": Words().count, "noted": noted}
    host.lend("app", tools)
    assert await relayed(host, "app.look-up", word="lion", most=4) == '"eats"'
    assert await relayed(host, "app.later", word="roar") == '"ROAR"'
    assert await relayed(host, "app.count", text="a b c") == "3"
    assert await relayed(host, "app.noted", word="x") == '"app"'
    assert await relayed(host, "app.look-up", word="unicorn") == 'err {"unknown":"unicorn"}'
    assert await host.call(CALCULATOR, "app.look-up", {"word": "lion"}) == "eats zebras"


async def test_it_is_recorded_replayed_and_marked(host: lion.Host) -> None:
    host.lend("app", {"look-up": look_up})
    tables = asks("app.look-up", arguments={"word": "lion"}, allow=("app.look-up",))
    report = await host.run(tables)
    assert answers(report) == {"app.look-up": {"value": "eats zebras"}}
    events = recorded(host.settings, report.run)
    (loaded,) = [e for e in events if isinstance(e, lion.events.SystemPluginLoaded)]
    assert (loaded.holder, loaded.use, loaded.tools) == ("app", "app", ("look-up",))
    assert loaded.distribution == "the program test_lend.py"
    assert len(loaded.version) == 12
    (invoked,) = [e for e in events if isinstance(e, lion.events.PluginInvoked)]
    assert invoked.args == [{"word": "lion"}]
    again = await replayed(host.settings, report.run)
    assert (again.trusted, again.invocations) == (1, 1)
    audit = await host.audit(report.run)
    assert [(h.name, h.is_sandboxed) for h in audit.holders] == [("ann", True), ("app", False)]
    ann = audit.holders[0]
    assert ann.use is not None
    assert [grant.calls for grant in ann.use.grants] == [1]


async def test_without_a_grant_it_is_denied_and_not_run(host: lion.Host) -> None:
    def never(word: str) -> str:
        raise AssertionError(word)

    host.lend("app", {"never": never})
    report = await host.run(asks("app.never", arguments={"word": "x"}, allow=()))
    assert answers(report)["app.never"]["error"] == "denied"
    (denial,) = report.denials
    assert denial.suggestion == 'agents.ann.allow.tools = ["app.never"]'


async def test_one_that_raises_is_an_error_for_its_caller_alone(host: lion.Host) -> None:
    host.lend("app", {"look-up": look_up})
    said = await relayed(host, "app.look-up", word="tiger")
    assert said.startswith("err ")
    assert "'look-up' raised KeyError" in said
    assert "tiger" not in said
    with pytest.raises(
        lion.GuestError, match=r"app\.look-up: 'look-up' raised KeyError"
    ) as caught:
        await host.call(CALCULATOR, "app.look-up", {"word": "tiger"})
    assert (caught.value.ending, caught.value.words) == ("raised", "'tiger'")
    with pytest.raises(
        lion.OperatorError, match=r"arguments\.word: Input should be a valid string"
    ):
        await host.call(CALCULATOR, "app.look-up", {"word": 5})
    with pytest.raises(lion.OperatorError, match="did you mean 'look-up'"):
        await host.call(CALCULATOR, "app.lookup", {"word": "lion"})


class Sundays(SystemPlugin):
    """Lets nobody add on Sundays, and it is always Sunday."""

    contract = 1
    judges = ("tools",)

    def judge(self, call: Call) -> Deny | None:
        return Deny("not on Sundays") if call.target == "calculator.add" else None


async def test_a_class_may_judge(host: lion.Host) -> None:
    host.lend("sundays", Sundays)
    tables = asks("calculator.add", arguments={"a": 1, "b": 2}, allow=("calculator.add",))
    report = await host.run({**tables, "plugins": SUM["plugins"]})
    (denial,) = report.denials
    assert "not on Sundays" in denial.reason


async def test_a_class_may_lend_host_functions(host: lion.Host) -> None:
    worm: dict[str, Any] = {"component": WASM / "bookworm.wasm"}
    tables = {"name": "x", "plugins": {"worm": worm}}
    with pytest.raises(lion.GuestError, match="acme:shelf/books"):
        await host.call(tables, "worm.count")
    host.lend("library", Books)
    with pytest.raises(lion.OwnError, match="denied"):
        await host.call(tables, "worm.count")
    worm["allow"] = {"interfaces": {"acme:shelf/books": True}}
    assert await host.call(tables, "worm.count") == 0


async def test_a_manifest_may_give_it_limits_and_another_name(host: lion.Host) -> None:
    async def for_ever(word: str) -> str:
        await trio.sleep_forever()
        return word

    host.lend("app", {"for-ever": for_ever})
    own = {"words": {"use": "app", "limits": {"deadline": "20 ms"}}}
    tables = asks("words.for-ever", arguments={"word": "x"}, allow=("words.*",))
    report = await host.run({**tables, "system": own})
    assert answers(report)["words.for-ever"]["error"] == "timeout"
    loaded = [
        (e.holder, e.use)
        for e in recorded(host.settings, report.run)
        if isinstance(e, lion.events.SystemPluginLoaded)
    ]
    assert loaded == [("words", "app")]


async def test_the_operator_can_forbid_it(tmp_path: Path) -> None:
    policy = tmp_path / "policy.toml"
    policy.write_text('deny = ["system app"]\n', "utf-8")
    async with lion.open_host(policy=policy) as host:
        host.lend("app", {"look-up": look_up})
        with pytest.raises(lion.OperatorError, match="system app"):
            await host.run(SUM)


async def test_no_guest_may_write_where_its_code_is(host: lion.Host) -> None:
    host.lend("app", {"look-up": look_up})
    grant = {"fs": [{"path": "/code", "at": Path(__file__).parent, "write": True}]}
    with pytest.raises(lion.OperatorError, match="tests/embedding"):
        await host.call(WASM / "files.wasm", "list", {"path": "/code"}, allow=grant)


def _untyped(word):  # type: ignore[no-untyped-def]
    return word


def _starred(*words: str) -> str:
    return ""


@pytest.mark.parametrize(
    ("name", "what", "said"),
    [
        ("App", {"f": look_up}, "'App' is no name to lend under"),
        (5, {"f": look_up}, "5 is no name to lend under"),
        ([], {"f": look_up}, r"\[\] is no name to lend under"),
        ("webhook", {"f": look_up}, "is the name of a system plugin of lion-host"),
        ("app", {}, "nothing can be lent of {}"),
        ("app", look_up, "nothing can be lent of <function"),
        ("app", Words, "nothing can be lent of <class"),
        ("app", {"f": "text"}, "app: 'f' with 'text' is no function"),
        ("app", {"f": Words}, "app: 'f' with <class .* is no function"),
        ("app", {5: look_up}, "app: 5 with <function"),
        ("app", {"a b": look_up}, "'a b' is no name of a tool"),
        ("app", {"": look_up}, "app: '' with <function"),
        ("app", {"a-b": look_up, "a_b": look_up}, "two tools of the name 'a-b'"),
        ("app", {"f": _untyped}, "the tool 'f': the parameter 'word' has no annotation"),
        ("app", {"f": _starred}, r"the tool 'f': \*words has no type"),
        ("app", {"f": functools.partial(look_up, "lion")}, "the tool 'f': .*no annotation"),
        ("app", {"f": print}, "the tool 'f': "),
        ("app", {"f": min}, "app.f has no signature"),
        ("app", type("Old", (SystemPlugin,), {"contract": 0}), "is for contract 0"),
    ],
)
async def test_what_cannot_be_lent_is_refused_at_once(
    host: lion.Host, name: Any, what: Any, said: str
) -> None:
    with pytest.raises(lion.OperatorError, match=said):
        host.lend(name, what)
    assert (await host.run(SUM)).exit_code == 0


async def test_a_name_is_lent_once_and_is_nobody_elses(host: lion.Host) -> None:
    host.lend("calculator", {"look-up": look_up})
    with pytest.raises(lion.OperatorError, match="'calculator' is lent already"):
        host.lend("calculator", {"look-up": look_up})
    with pytest.raises(lion.OperatorError, match=r"plugins\.calculator: the program lends"):
        await host.run(SUM)
    with pytest.raises(lion.OperatorError, match="the program lends"):
        await host.call(CALCULATOR, "add", {"a": 1, "b": 2})
    own = {"calculator": {"use": "console"}}
    tables = asks(arguments={}, allow=())
    with pytest.raises(lion.OperatorError, match=r"system\.calculator: the program lends"):
        await host.run({**tables, "system": own})
