"""Look here if you want to know what a program on trio gets of a host: calls, runs that it follows
and stops, and one clear error for each misuse.
"""

import threading
import traceback
from pathlib import Path
from typing import Any

import msgspec
import pytest
import trio

import lion
from tests.embedding.kit import (
    CALCULATOR,
    HELLO,
    NOTEBOOK,
    RELAY,
    SUM,
    WAIT,
    WASM,
    asks,
    recorded,
)


async def started(run: lion.Run) -> None:
    """Wait until its sum is done, and so everything has begun."""
    async for record in run:
        if record.type == "PluginResult":
            return


async def test_a_call_gives_the_value(host: lion.Host) -> None:
    assert await host.call(CALCULATOR, "add", {"a": 1, "b": 2}) == 3
    assert await host.call(str(CALCULATOR), "calculator.add", {"a": 1, "b": 2}) == 3
    assert await host.call(SUM, "multiply", {"a": 2, "b": 4}) == 8


async def test_a_call_may_what_it_is_allowed_and_no_more(host: lion.Host) -> None:
    tables = {
        "name": "two",
        "plugins": {"relay": {"component": RELAY}, "calculator": {"component": CALCULATOR}},
    }
    asked = {"tool": "calculator.add", "arguments": ['{"a": 1, "b": 2}']}
    with pytest.raises(lion.OwnError, match=r"relay\.relay: denied: no grant covers it"):
        await host.call(tables, "relay.relay", asked)
    tables["plugins"]["relay"]["allow"] = {"tools": ["calculator.add"]}  # type: ignore[index]
    assert await host.call(tables, "relay.relay", asked) == ["3"]
    with pytest.raises(
        lion.OperatorError, match=r"allow\.tools: .*there is no plugin 'calculator'"
    ):
        await host.call(RELAY, "relay", asked, allow={"tools": ["calculator.add"]})


async def test_a_bare_component_is_configured_for_one_call(host: lion.Host) -> None:
    hello, ann = HELLO, {"name": "Ann"}
    assert await host.call(hello, "greet", ann) == "Hello, Ann!"
    assert await host.call(hello, "greet", ann, config={"greeting": "Servus"}) == "Servus, Ann!"


async def test_a_check_says_what_the_command_line_says(host: lion.Host, tmp_path: Path) -> None:
    plugin = {"component": CALCULATOR, "allow": {"tools": ["calculator.ad"]}}
    tables = {"name": "x", "plugins": {"calculator": plugin}, "run": []}
    audit = await host.check(tables)
    assert isinstance(audit, lion.ManifestAudit)
    (calculator,) = audit.holders
    assert calculator.warnings == (
        "granted but not imported: tools",
        "granted but not there: tool calculator.ad; did you mean 'add'?",
    )
    with pytest.raises(lion.OperatorError, match="'calculator' has no tool 'ad'"):
        await host.check({**tables, "run": [{"call": "calculator.ad"}]})
    with lion.open_history(host.settings) as reader:
        assert list(reader.runs()) == []


async def test_what_was_denied_is_noted_on_what_a_call_raises(host: lion.Host) -> None:
    with pytest.raises(lion.OwnError) as caught:
        await host.call(NOTEBOOK, "write", {"title": "a", "text": "b"})
    assert any(note.startswith("denied: notebook: kv set") for note in caught.value.__notes__)
    assert any(
        note.startswith("allow it: plugins.notebook.allow.kv") for note in caught.value.__notes__
    )


@pytest.mark.parametrize(
    ("source", "tool", "arguments", "more", "said"),
    [
        ("nowhere.wasm", "add", {}, {}, "there is no manifest or component"),
        ("two\nlines", "add", {}, {}, "not valid TOML at line 1"),
        (5, "add", {}, {}, "a manifest cannot be a int: 5"),
        (b"calculator.wasm", "add", {}, {}, "a manifest cannot be a bytes"),
        (CALCULATOR, "ad", {}, {}, "'calculator' has no tool 'ad'; did you mean 'add'?"),
        (CALCULATOR, "hello.greet", {}, {}, "there is no plugin 'hello'"),
        (CALCULATOR, 5, {}, {}, "5 names no tool"),
        (CALCULATOR, "", {}, {}, "'' names no tool"),
        (CALCULATOR, "add", [1], {}, "the arguments of 'calculator.add' are a list"),
        (CALCULATOR, "add", {"a": 1}, {}, "calculator.add: .*b"),
        (CALCULATOR, "add", {"a": object(), "b": 1}, {}, "calculator.add: .*a"),
        (CALCULATOR, "add", {}, {"vars": {"a": "b"}}, "a bare component has no variables"),
        (CALCULATOR, "add", {}, {"allow": {"kv": {"bytes": "1 KiB"}}}, "nobody owns the kv"),
        (CALCULATOR, "add", {}, {"allow": {"tolls": []}}, "'tolls'; did you mean 'tools'"),
        (CALCULATOR, "add", {}, {"allow": {"tools": None}}, "allow.tools: is None, which"),
        (SUM, "add", {}, {"allow": {}}, "`allow` is for a bare component"),
        (SUM, "add", {}, {"config": {}}, "`config` is for a bare component"),
        (CALCULATOR, "add", {}, {"config": ["a"]}, "`config` is a list"),
        (CALCULATOR, "add", {}, {"config": {"a": {1}}}, "config.a: is a set, which no manifest"),
        (SUM, "add", {}, {"vars": {"a": "b"}}, "declares no such variable"),
        (SUM, "add", {}, {"vars": {"a": 1.5}}, "'a' is neither text nor a whole"),
        (SUM, "add", {}, {"vars": [1]}, "`vars` is a list"),
        (CALCULATOR, "add", {}, {"allow": ["tools"]}, "`allow` is a list"),
        (SUM, "add", {}, {"folder": 5}, "the folder cannot be a int"),
        ({"plugins": {1: {}}}, "add", {}, {}, "plugins: has the key 1, which is no text"),
        ({"name": {1, 2}}, "add", {}, {}, "name: is a set, which no manifest can say"),
    ],
)  # fmt: skip
async def test_a_wrong_call_is_one_sentence(
    host: lion.Host, source: Any, tool: Any, arguments: Any, more: dict[str, Any], said: str
) -> None:
    with pytest.raises(lion.OperatorError, match=said):
        await host.call(source, tool, arguments, **more)


async def test_tables_that_hold_themselves_are_refused(host: lion.Host) -> None:
    endless: dict[str, Any] = {"name": "x"}
    endless["vars"] = endless
    with pytest.raises(lion.OperatorError, match="nested too deeply"):
        await host.run(endless)


async def test_a_tools_own_error_and_a_trap_are_told_apart(host: lion.Host) -> None:
    with pytest.raises(lion.OwnError, match=r"calculator\.divide: division by zero") as caught:
        await host.call(CALCULATOR, "divide", {"a": 1, "b": 0})
    assert (caught.value.value, caught.value.exit_code) == ("division by zero", 1)
    with pytest.raises(lion.GuestError) as broken:
        await host.call(WASM / "hostile.wasm", "panic", {"message": "oh no"})
    assert broken.value.ending == "trap"


async def test_a_manifest_is_a_path_a_text_or_tables(host: lion.Host, tmp_path: Path) -> None:
    text = """
name = "sums"
[vars]
a = 1
[plugins.calculator]
component = "calculator.wasm"
[[run]]
call = "calculator.evaluate"
with = { expression = "${a} + 2" }
"""
    (tmp_path / "sums.toml").write_text(
        text.replace('= "calculator.wasm', f'= "{CALCULATOR}'), "utf-8"
    )
    evaluate = {"call": "calculator.evaluate", "with": {"expression": "${a} + 2"}}
    tables = {**SUM, "vars": {"a": 1}, "run": [evaluate]}
    for source in (tmp_path / "sums.toml", text, tables):
        report = await host.run(source, folder=WASM, vars={"a": 40})
        assert report.endings[0].value == 42
        assert recorded(host.settings, report.run)[0].manifest_name == "sums"  # type: ignore[attr-defined]


async def test_a_manifest_that_starts_nothing_is_refused(host: lion.Host) -> None:
    for source in (CALCULATOR, {**SUM, "run": []}):
        with pytest.raises(lion.OperatorError, match="starts nothing"):
            await host.start(source)


async def test_kv_belongs_to_the_owner_that_the_program_names(tmp_path: Path) -> None:
    kv: dict[str, Any] = {"allow": {"kv": {"bytes": "1 KiB"}}}
    tables = {"name": "pages", "plugins": {"notebook": {"component": NOTEBOOK, **kv}}}
    async with lion.open_host(owner="shop") as host:
        assert await host.call(NOTEBOOK, "count", **kv) == 1
        assert await host.call(tables, "count") == 2
    async with lion.open_host(owner="library") as host:
        assert await host.call(NOTEBOOK, "count", **kv) == 1
    async with lion.open_host() as host:
        assert await host.call(tables, "count") == 1


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ({"owner": "a/b"}, "'a/b' is no name of an owner"),
        ({"owner": 5}, "5 is no name of an owner"),
        ({"settings": "state"}, r"'state' is no Settings; write open_host\(state=...\)"),
        ({"state": 5}, "state= names no path: 5"),
        ({"cache": ""}, "cache= names no path"),
        ({"policy": "nowhere.toml"}, "the policy .* cannot be read"),
    ],
)
async def test_a_host_that_cannot_be_opened_says_why(words: dict[str, Any], said: str) -> None:
    with pytest.raises(lion.OperatorError, match=said):
        async with lion.open_host(**words):
            raise AssertionError


async def test_a_run_is_followed_asked_and_waited_for(host: lion.Host) -> None:
    run = await host.start(SUM)
    seen = [record.type async for record in run]
    assert (seen[0], seen[-1]) == ("RunStarted", "RunFinished")
    report = await run
    assert await run is report
    assert run.endings == report.endings
    assert (run.id, run.has_ended, run.error) == (report.run, True, None)
    assert [record.type async for record in run] == seen
    run.cancel()
    assert (await run.wait()).exit_code == 0


async def test_a_run_that_is_stopped_says_so_however_often(host: lion.Host) -> None:
    run = await host.start(WAIT)
    await started(run)
    while not run.endings:
        await trio.lowlevel.checkpoint()
    assert [(one.name, one.value) for one in run.endings] == [("calculator.add", 3)]
    assert not run.has_ended
    run.cancel()
    run.cancel()
    report = await run
    assert (report.exit_code, report.interrupted) == (130, True)
    assert [one.ending for one in report.endings] == ["cancelled", ""]
    finished = recorded(host.settings, run.id)[-1]
    assert isinstance(finished, lion.events.RunFinished)
    assert (finished.exit_code, finished.interrupted) == (130, True)


async def test_who_stops_waiting_leaves_the_run_and_who_leaves_host_run_stops_it(
    host: lion.Host,
) -> None:
    run = await host.start(WAIT)
    with trio.move_on_after(0):
        await run
    assert not run.has_ended
    run.cancel()
    with trio.CancelScope() as scope:
        await host.run(WAIT, watch=lambda record: _cancel_at(record, scope))
    with lion.open_history(host.settings) as reader:
        last = reader.find("last")
    finished = recorded(host.settings, last)[-1]
    assert isinstance(finished, lion.events.RunFinished)
    assert finished.interrupted


def _cancel_at(record: lion.Record, scope: trio.CancelScope) -> None:
    if record.type == "PluginResult":
        scope.cancel()


async def test_closing_the_host_stops_what_runs(tmp_path: Path) -> None:
    async with lion.open_host() as host:
        run = await host.start(WAIT)
        await started(run)
    report = await run
    assert report.interrupted
    assert isinstance(recorded(host.settings, run.id)[-1], lion.events.RunFinished)
    for act in (
        lambda: host.start(SUM),
        lambda: host.run(SUM),
        lambda: host.call(CALCULATOR, "add", {"a": 1, "b": 2}),
    ):
        with pytest.raises(lion.OperatorError, match="the host is closed; use it inside"):
            await act()
    with pytest.raises(lion.OperatorError, match="the host is closed"):
        host.lend("app", {"length": len})


async def test_what_stops_a_run_is_raised_once_and_never_lost(tmp_path: Path) -> None:
    broken = {**SUM, "plugins": {"calculator": {"component": Path(__file__)}}}
    async with lion.open_host() as host:
        run = await host.start(broken)
        for _ in range(2):
            with pytest.raises(lion.OperatorError, match="is no WebAssembly"):
                await run
        with pytest.raises(lion.OperatorError, match="is no WebAssembly"):
            await host.run(broken)
    with pytest.raises(lion.OperatorError, match="is no WebAssembly"):
        async with lion.open_host() as host:
            run = await host.start(broken)
            await run.wait_ended()


async def test_an_error_shows_no_groups_and_few_frames_and_keeps_its_cause(
    host: lion.Host, tmp_path: Path
) -> None:
    gone = {**SUM, "plugins": {"calculator": {"component": tmp_path / "gone.wasm"}}}
    with pytest.raises(lion.OperatorError, match="cannot be read") as caught:
        await host.run(gone)
    shown = "".join(traceback.format_exception(caught.value))
    assert "ExceptionGroup" not in shown
    assert isinstance(caught.value.__cause__, FileNotFoundError)
    assert len(traceback.extract_tb(caught.value.__traceback__)) <= 5


async def test_the_programs_own_exceptions_pass_as_they_are(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="mine") as caught:
        async with lion.open_host() as host:
            await host.start(WAIT)
            raise ValueError("mine")
    assert caught.value.__cause__ is None


async def test_an_audit_says_what_was_used_and_denied(host: lion.Host) -> None:
    report = await host.run(asks("calculator.add", arguments={}, allow=()))
    audit = await host.audit(report.run)
    (ann,) = audit.holders
    assert audit.run == report.run
    assert ann.use is not None
    assert [denial.target for denial in ann.use.denied] == ["calculator.add"]
    with pytest.raises(lion.OperatorError, match="no run"):
        await host.audit("nosuch")


async def test_the_operators_policy_holds_for_programs_too(tmp_path: Path) -> None:
    policy = tmp_path / "policy.toml"
    policy.write_text('deny = ["tool calculator.*"]\n', "utf-8")
    tables = asks("calculator.add", arguments={"a": 1, "b": 2}, allow=("calculator.add",))
    tables["plugins"] = {"calculator": {"component": CALCULATOR}}
    async with lion.open_host(policy=policy) as host:
        report = await host.run(tables)
    assert [denial.target for denial in report.denials] == ["calculator.add"]


def test_without_a_trio_loop_it_says_what_to_use() -> None:
    async def opening() -> None:
        async with lion.open_host():
            raise AssertionError

    coroutine = opening()
    with pytest.raises(lion.OperatorError, match=r"write `with lion\.blocking\.open_host\(\)"):
        coroutine.send(None)


def test_it_works_in_any_thread_and_leaves_signals_alone(tmp_path: Path) -> None:
    found: list[Any] = []

    async def sum_up() -> Any:
        async with lion.open_host() as host:
            return await host.call(CALCULATOR, "add", {"a": 1, "b": 2})

    async def with_signals() -> None:
        async with lion.open_host(signals=True):
            raise AssertionError

    def work() -> None:
        found.append(trio.run(sum_up))
        try:
            trio.run(with_signals)
        except lion.OperatorError as exc:
            found.append(exc.what)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert found == [3, "signals can be received in the main thread only"]


async def test_a_plan_may_be_run_as_it_is(host: lion.Host) -> None:
    from lion.manifest.parse import parse_tables

    plan = parse_tables(SUM, folder=Path())
    report = await host.run(msgspec.structs.replace(plan, owner=""))
    assert report.endings[0].value == 3
