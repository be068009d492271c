"""Look here if you want to know what a manifest comes to."""

from pathlib import Path

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from lion.domain.plan import MIB, SECOND, Grant, Limits, Plan, Rate, RunAgent, RunCall
from lion.errors import OperatorError
from lion.manifest.parse import bare_plan, parse_manifest
from tests.steps import count_steps

FILE = Path("/desk/manifest.toml")

DESK = """
name = "research-desk"

[vars]
who = "fetcher"
most = 3

[plugins.fetcher]
component = "../wasm/fetcher.wasm"
limits = { memory = "32 MiB", deadline = "5 s", cpu = "none", calls = "${most}", rate = "10/s" }
deny = ["random", "random"]

[plugins.notes]
component = "notes.wasm"
allow.kv = { bytes = "64 KiB" }

[agents.ann]
component = "/wasm/researcher.wasm"
allow.tools = ["${who}.fetch", "notes.*"]
config = { style = "short", n = 3, day = 2026-01-02, raw = "$${who} costs $5", deep = { a = [1] } }

[[run]]
agent = "ann"
task = "What do ${who}s eat?"

[[run]]
call = "notes.add"
with = { a = 1, b = ["${who}"] }
"""


def desk(**sets: str) -> Plan:
    return parse_manifest(DESK, path=FILE, sets=sets)


def test_holders_come_with_paths_from_the_manifests_folder() -> None:
    holders = desk().holders
    assert list(holders) == ["fetcher", "notes", "ann"]
    assert [holder.kind for holder in holders.values()] == ["plugin", "plugin", "agent"]
    assert holders["fetcher"].component == Path("/desk/../wasm/fetcher.wasm")
    assert holders["ann"].component == Path("/wasm/researcher.wasm")


def test_grants_say_where_they_come_from() -> None:
    holders = desk().holders
    assert holders["fetcher"].grants == ()
    assert holders["notes"].grants == (
        Grant("kv", 'plugins.notes.allow.kv = { bytes = "64 KiB" }', quota={"bytes": 65_536}),
    )
    assert holders["ann"].grants == (
        Grant(
            "tools",
            'agents.ann.allow.tools = ["fetcher.fetch", "notes.*"]',
            patterns=("fetcher.fetch", "notes.*"),
        ),
    )
    assert holders["fetcher"].denied == ("random",)


def test_limits_are_those_written_over_the_defaults() -> None:
    holders = desk().holders
    assert holders["fetcher"].limits == Limits(
        memory=32 * MIB, deadline_ns=5 * SECOND, cpu_ns=None, calls=3, rate=Rate(10, SECOND)
    )
    assert holders["notes"].limits == Limits()
    assert holders["ann"].limits == Limits(deadline_ns=None)


def test_every_limit_can_be_written() -> None:
    text = """
name = "x"
[plugins.a]
component = "a.wasm"
[plugins.a.limits]
memory = "1 MiB"
table-elements = 2
handles = 3
deadline = "4 s"
cpu = "5 s"
calls = 6
rate = "7/s"
output = "8 B"
log = "10 KiB"
concurrent = 9
"""
    limits = parse_manifest(text, path=FILE).holders["a"].limits
    assert limits == Limits(
        memory=MIB,
        table_elements=2,
        handles=3,
        deadline_ns=4 * SECOND,
        cpu_ns=5 * SECOND,
        calls=6,
        rate=Rate(7, SECOND),
        output=8,
        log=10 * 1024,
        concurrent=9,
    )


def test_config_is_plain_values_and_dates_are_text() -> None:
    assert desk().holders["ann"].config == {
        "style": "short",
        "n": 3,
        "day": "2026-01-02",
        "raw": "${who} costs $5",
        "deep": {"a": [1]},
    }


def test_runs_keep_their_order() -> None:
    assert desk().runs == (
        RunAgent("ann", "What do fetchers eat?"),
        RunCall("notes.add", {"a": 1, "b": ["fetcher"]}),
    )


def test_set_replaces_a_default_and_is_not_read_again() -> None:
    plan = desk(who="notes", most="7")
    assert plan.holders["ann"].grants[0].patterns == ("notes.fetch", "notes.*")
    assert plan.holders["fetcher"].limits.calls == 7
    assert plan.resolved["vars"] == {"who": "notes", "most": "7"}
    text = 'name = "x"\n[vars]\na = ""\n[plugins.p]\ncomponent = "p.wasm"\nconfig.a = "${a}"'
    plan = parse_manifest(text, path=FILE, sets={"a": "${a}"})
    assert plan.holders["p"].config == {"a": "${a}"}


def test_resolved_is_plain_and_has_absolute_paths() -> None:
    plan = desk()
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(plan.resolved)) == plan.resolved
    assert plan.resolved["plugins"]["notes"] == {
        "component": "/desk/notes.wasm",
        "allow": {"kv": {"bytes": "64 KiB"}},
    }
    assert plan.resolved["run"][0] == {"agent": "ann", "task": "What do fetchers eat?"}
    assert (plan.name, plan.path, plan.text) == ("research-desk", FILE, DESK)


def test_a_manifest_may_hold_nobody() -> None:
    plan = parse_manifest('\ufeffname = "empty"', path=None)
    assert (plan.holders, plan.runs) == ({}, ())


def test_a_bare_component_is_one_plugin_with_nothing_granted() -> None:
    plan = bare_plan(Path("/x/My Plugin_2.wasm"))
    (holder,) = plan.holders.values()
    assert holder.name == plan.name == "my-plugin-2"
    assert (holder.grants, holder.kind) == ((), "plugin")
    assert holder.component == Path("/x/My Plugin_2.wasm")


@given(st.text(min_size=1, max_size=80))
@example("3d")
@example("a" * 63 + "-b")
@example("é.wasm")
def test_a_bare_components_name_is_a_name(stem: str) -> None:
    name = bare_plan(Path("/x") / f"{stem.replace('/', '').replace(chr(0), '')}.wasm").name
    text = f'name = "{name}"\n[plugins.{name}]\ncomponent = "c.wasm"'
    assert parse_manifest(text, path=None).name == name


@given(st.text(max_size=200))
@example("[" * 5_000)
@example("a = " + "[" * 5_000)
def test_any_text_is_a_plan_or_an_operator_error(text: str) -> None:
    try:
        parse_manifest(text, path=None)
    except OperatorError as exc:
        assert len(str(exc).splitlines()) == 1


def test_a_huge_text_is_refused() -> None:
    with pytest.raises(OperatorError, match="longer than"):
        parse_manifest("#" * 2_000_000, path=None)


@pytest.mark.parametrize("part", ["a", "'a'", '"a\\""', "a "])
@pytest.mark.parametrize("written", ["{} = 1", "[{}]", "x = {{ {} = 1 }}"])
def test_an_endless_key_costs_no_time(part: str, written: str) -> None:
    def parse(parts: int) -> None:
        with pytest.raises(OperatorError, match="a key of more than 16 parts"):
            parse_manifest(written.format(".".join([part] * parts)), path=None)

    parse(17)
    assert count_steps(lambda: parse(100_000)) < 1_000


def test_text_with_many_dots_is_no_key() -> None:
    text = 'name = "x"\n[plugins.p]\ncomponent = "p"\nconfig.a = "' + "One. Two... " * 100 + '"'
    assert parse_manifest(text, path=None).holders["p"].config
