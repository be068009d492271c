"""Each hostile guest ends with the right typed error and a record, replays, and harms nobody."""

from pathlib import Path
from typing import Any

import pytest

from lion.domain.events import PluginError, PluginResult
from tests.attack.kit import Arena, call, holder, only, open_arena
from tests.wasm.kit import assemble

QUICK = 'limits = { deadline = "60 s", cpu = "300 ms", memory = "16 MiB" }'

ENDINGS: list[tuple[str, dict[str, Any], int, str, str]] = [
    ("spin", {}, 3, "cpu", "CPU time"),
    ("drip", {"micros": 900}, 3, "cpu", "CPU time"),
    ("memory-bomb", {}, 3, "memory", "memory"),
    ("deep-recursion", {}, 3, "stack", "stack"),
    ("panic", {"message": "ouch"}, 3, "trap", "unreachable"),
    ("stop", {}, 3, "trap", "unreachable"),
    ("bad-text", {}, 3, "trap", "utf-8"),
    ("bad-answer", {}, 3, "trap", "utf-8"),
    ("forged-take", {"handle": 7}, 3, "trap", "unknown handle"),
    ("forged-drop", {"handle": 7}, 3, "trap", "unknown handle"),
    ("nested-json", {"depth": 100}, 1, "error", "nested at most 64"),
    ("nested-arguments", {"name": "bad.nop", "depth": 5000}, 1, "error", "nested too deep"),
]


def _bad(*lines: str) -> str:
    return holder("bad", "hostile", *lines)


def _beside() -> list[str]:
    """Honest guests that run at the same time, with answers that are known."""
    return [
        holder("calculator", "calculator"),
        holder("book", "notebook", 'allow.kv = { bytes = "1 KiB" }'),
        call("calculator.add", a=20, b=22),
        call("book.count"),
        call("calculator.multiply", a=6, b=7),
    ]


@pytest.mark.parametrize(("tool", "args", "code", "ending", "words"), ENDINGS)
async def test_ends_typed_recorded_replayed_and_alone(
    tool: str, args: dict[str, Any], code: int, ending: str, words: str, tmp_path: Path
) -> None:
    async with open_arena(tmp_path) as arena:
        report = await arena.run(
            _bad(QUICK, 'allow.tools = ["bad.nop"]'), *_beside(), call(f"bad.{tool}", **args)
        )
        *honest, bad = report.endings
        assert [e.value for e in honest] == [42, 1, 42]
        assert (bad.exit_code, bad.ending) == (code, ending)
        assert words in bad.error
        assert report.exit_code == code
        endings = [e for e in arena.events(report.run) if isinstance(e, PluginError)]
        assert [e.ending for e in endings] == ([ending] if code == 3 else [])
        assert (await arena.replay(report.run)).identical


async def test_panic_leaves_its_words_and_the_names_of_its_functions(tmp_path: Path) -> None:
    async with open_arena(tmp_path) as arena:
        report = await arena.run(_bad(), call("bad.panic", message="ouch"))
        assert only(report).words.startswith("panic: ouch")
        (error,) = [e for e in arena.events(report.run) if isinstance(e, PluginError)]
        assert any("panic" in frame for frame in error.frames)


async def test_a_flood_without_end_meets_its_deadline(tmp_path: Path) -> None:
    async with open_arena(tmp_path) as arena:
        limits = 'limits = { deadline = "300 ms", cpu = "60 s" }'
        report = await arena.run(_bad(limits), call("bad.flood-forever"))
        assert only(report).ending == "deadline"
        assert report.calls == len(arena.calls(report.run)) > 1
        assert (await arena.replay(report.run)).identical


async def test_deadline_reaches_into_running_code_and_into_a_wait(tmp_path: Path) -> None:
    limits = 'limits = { deadline = "500 ms", cpu = "10 min" }'
    async with open_arena(tmp_path) as arena:
        report = await arena.run(_bad(limits), call("bad.spin"), call("bad.sleep", nanos=10**18))
        assert [e.ending for e in report.endings] == ["deadline", "deadline"]
        assert report.wall_ns < 60_000_000_000
        statuses = [c.status for c in arena.calls(report.run)]
        assert statuses == ["cancelled"]
        assert (await arena.replay(report.run)).identical


@pytest.mark.parametrize("tool", ["log-flood", "output-flood"])
async def test_flood_is_cut_at_the_output_budget_and_warned_of(tool: str, tmp_path: Path) -> None:
    async with open_arena(tmp_path) as arena:
        report = await arena.run(
            _bad('limits = { output = "100 KiB" }'), call(f"bad.{tool}", n=50, size=10_000)
        )
        assert only(report).value == 10
        assert report.denied == 40
        events = [type(e).__name__ for e in arena.events(report.run)]
        assert events.count("BudgetWarned") == 1
        refused = [c for c in arena.calls(report.run) if c.status == "denied"]
        assert {c.value[1][0] for c in refused} == {"exhausted"}
        assert {c.decided_by for c in refused} == {"budget"}


async def test_flood_of_keys_is_cut_at_the_quota(tmp_path: Path) -> None:
    async with open_arena(tmp_path) as arena:
        report = await arena.run(
            _bad('allow.kv = { bytes = "10 KiB" }'), call("bad.kv-flood", n=30, size=1000)
        )
        assert only(report).value == 10
        assert {c.value[1][0] for c in arena.calls(report.run) if c.status == "failed"} == {
            "exhausted"
        }


async def test_a_flood_of_records_ends_the_guest_and_not_the_run(tmp_path: Path) -> None:
    async with open_arena(tmp_path) as arena:
        report = await arena.run(
            _bad('limits = { log = "100 KiB" }'), *_beside(), call("bad.flood", n=1_000_000)
        )
        *honest, bad = report.endings
        assert [e.value for e in honest] == [42, 1, 42]
        assert (bad.exit_code, bad.ending) == (3, "log")
        assert "share of the log" in bad.error
        assert 100 < report.calls < 1_000
        assert (await arena.replay(report.run)).identical


async def test_refused_calls_fill_the_log_no_further_than_others(tmp_path: Path) -> None:
    limits = 'limits = { log = "100 KiB", output = "1 B" }'
    async with open_arena(tmp_path) as arena:
        report = await arena.run(_bad(limits), call("bad.log-flood", n=1_000, size=50_000))
        assert only(report).ending == "log"
        assert report.calls == 3


async def test_a_target_too_long_to_match_is_refused_unmatched(tmp_path: Path) -> None:
    probe = holder("probe", "probe", 'allow.kv = { bytes = "1 KiB" }')
    async with open_arena(tmp_path, 'deny = ["kv get **/x*y*z*/**"]') as arena:
        report = await arena.run(probe, call("probe.kv-get", key="a" * 60_000))
        assert only(report).value.startswith("invalid: its target is longer")
        (refused,) = arena.calls(report.run)
        assert (refused.status, refused.decided_by) == ("denied", "bounds")
        assert len(refused.target) == 8_192
        assert (await arena.replay(report.run)).identical


async def test_call_and_rate_budgets_hold(tmp_path: Path) -> None:
    async with open_arena(tmp_path) as arena:
        counted = await arena.run(_bad("limits = { calls = 100 }"), call("bad.flood", n=500))
        assert only(counted).value == 100
        rated = await arena.run(_bad('limits = { rate = "50/h" }'), call("bad.flood", n=500))
        assert only(rated).value == 50
        assert (await arena.replay(rated.run)).identical


async def test_recursion_through_tools_is_bounded(tmp_path: Path) -> None:
    async with open_arena(tmp_path) as arena:
        report = await arena.run(
            _bad('allow.tools = ["bad.call-self"]'),
            call("bad.call-self", name="bad.call-self", depth=50),
        )
        assert "at most 8 deep" in only(report).value
        paths = {r.invocation for r in arena.records(report.run) if r.invocation}
        assert max(path.count(".") for path in paths) == 7


async def test_callers_pay_for_their_callees(tmp_path: Path) -> None:
    boss = holder("boss", "hostile", 'allow.tools = ["bad.*"]', "limits = { calls = 3 }")
    bad = _bad('allow.tools = ["bad.call-self"]')
    async with open_arena(tmp_path) as arena:
        report = await arena.run(boss, bad, call("boss.call-self", name="bad.call-self", depth=50))
        assert "whoever called this has none left" in only(report).value
        assert report.calls == 4


async def test_started_calls_are_bounded_and_end_with_their_caller(tmp_path: Path) -> None:
    async with open_arena(tmp_path) as arena:
        report = await arena.run(
            _bad('allow.tools = ["bad.*"]', "limits = { concurrent = 5 }"),
            call("bad.start-flood", n=20, name="bad.spin"),
        )
        assert only(report).value == 5
        assert arena.host.live == 0
        errors = [e.ending for e in arena.events(report.run) if isinstance(e, PluginError)]
        assert len(errors) <= 5 and set(errors) <= {"cancelled"}


async def test_handles_are_bounded(tmp_path: Path) -> None:
    async with open_arena(tmp_path) as arena:
        report = await arena.run(
            _bad('allow.tools = ["bad.nop"]', "limits = { handles = 20 }"),
            call("bad.handle-hoard", n=100, name="bad.nop"),
        )
        assert only(report).value == 20


async def test_forged_handles_are_values_not_crashes(tmp_path: Path) -> None:
    async with open_arena(tmp_path) as arena:
        report = await arena.run(_bad(), call("bad.forged-poll"))
        lines = only(report).value
        assert len(lines) > 5
        assert all("not-found" in line or "invalid" in line for line in lines)


async def test_a_result_larger_than_the_output_limit_is_refused(tmp_path: Path) -> None:
    limits = 'limits = { output = "1 MiB" }'
    async with open_arena(tmp_path) as arena:
        report = await arena.run(
            _bad(limits), call("bad.huge-text", size=2_000_000), call("bad.huge-text", size=1000)
        )
        big, small = report.endings
        assert (big.exit_code, big.ending) == (3, "exhausted")
        assert "result" in big.error
        assert len(small.value) == 1000


NAN = """(component
  (core module $m (func (export "nan") (result f64) (f64.const nan)))
  (core instance $m (instantiate $m))
  (func (export "nan") (result f64) (canon lift (core func $m "nan"))))"""


async def test_a_result_that_json_has_no_word_for_is_the_guests_fault(tmp_path: Path) -> None:
    (tmp_path / "nan.wasm").write_bytes(assemble(NAN))
    odd = f'[plugins.odd]\ncomponent = "{tmp_path}/nan.wasm"\n'
    asks = holder("probe", "probe", 'allow.tools = ["odd.nan"]')
    asked = call("probe.tools-call", name="odd.nan", arguments="{}")
    async with open_arena(tmp_path) as arena:
        report = await arena.run(odd, asks, *_beside(), call("odd.nan"), asked)
        *honest, direct, through = report.endings
        assert [e.value for e in honest] == [42, 1, 42]
        assert (direct.exit_code, direct.ending) == (3, "result")
        assert "got nan" in direct.error
        assert through.value.startswith("other: the tool's result is no JSON")
        assert (await arena.replay(report.run)).identical


async def test_nothing_granted_is_nothing_done(tmp_path: Path) -> None:
    everything = ["log", "clock", "random", "output", "config", "poll", "denials"]
    async with open_arena(tmp_path) as arena:
        report = await arena.run(_bad(f"deny = {everything}"), call("bad.ungranted"))
        lines = only(report).value
        assert len(lines) >= 18
        assert not [line for line in lines if line.endswith(" ok")]
        assert all("denied" in line for line in lines)
        assert report.denied == report.calls
        assert all(c.status == "denied" for c in arena.calls(report.run))


async def _memory(arena: Arena, pages: int) -> Any:
    report = await arena.run(
        _bad('limits = { memory = "4 MiB" }'), call("bad.memory-grow", pages=pages)
    )
    return only(report).value


async def test_memory_is_limited_to_the_byte(tmp_path: Path) -> None:
    async with open_arena(tmp_path) as arena:
        assert await _memory(arena, 10) is True
        assert await _memory(arena, 64) is False


async def test_a_value_nested_sixteen_deep_comes_through(tmp_path: Path) -> None:
    async with open_arena(tmp_path) as arena:
        report = await arena.run(_bad(), call("bad.nested-value"))
        assert only(report).ok
        (result,) = [e for e in arena.events(report.run) if isinstance(e, PluginResult)]
        assert repr(result.value).count("[") == 15
