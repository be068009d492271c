"""Every host function, called by a real component: granted it answers, not granted it is
denied.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from lion.capabilities.table import build_operations
from tests.attack.kit import call, holder, only, open_arena

TOOLS = {"name": "calculator.add", "arguments": '{"a": 1, "b": 2}'}

STARTED = {
    "args": ["probe", "-v"], "env": [["LANG", "C"]], "stdin": "words", "directories": [],
}  # fmt: skip

CALLS: list[tuple[str, str, dict[str, Any], Any]] = [
    ("log", "log-write", {"level": "info", "message": "hello"}, None),
    ("clock", "clock-now", {}, int),
    ("clock", "clock-monotonic", {}, int),
    ("clock", "clock-sleep", {"duration": 1}, None),
    ("random", "random-number", {}, int),
    ("random", "random-bytes", {"length": 16}, ...),
    ("config", "config-get", {"key": "style"}, "short"),
    ("config", "config-keys", {}, ["style"]),
    ("kv", "kv-get", {"key": "k"}, None),
    ("kv", "kv-set", {"key": "k", "value": "vu"}, None),
    ("kv", "kv-delete", {"key": "k"}, False),
    ("kv", "kv-list", {"prefix": "", "limit": 10}, []),
    ("kv", "kv-compare-and-set", {"key": "k", "value": "vu"}, True),
    ("output", "output-text", {"piece": "hello\n"}, None),
    ("output", "output-partial", {"json": "{}"}, None),
    ("output", "output-progress", {"done": 1, "message": "one"}, None),
    ("tools", "tools-list", {}, ...),
    ("tools", "tools-call", TOOLS, ...),
    ("tools", "tools-start", TOOLS, ...),
    ("tools", "tools-drop", TOOLS, ...),
    ("poll", "poll-wait", {"handles": "", "until": 1}, []),
    ("denials", "denials-last", {"first": "", "about": ""}, [False, None]),
    ("process", "process-start", {}, STARTED),
]
GRANTED = [
    'allow.kv = { bytes = "1 KiB" }',
    'allow.tools = ["calculator.add"]',
    'config = { style = "short" }',
    'args = ["-v"]',
    'env = { LANG = "C" }',
    'stdin = "words"',
]
DENIED = [
    'deny = ["log", "clock", "random", "output", "config", "poll", "denials", "process"]',
    GRANTED[2],
]


def _probe(*lines: str) -> str:
    return holder("probe", "probe", *lines) + holder("calculator", "calculator")


@pytest.mark.parametrize(("capability", "tool", "args", "expected"), CALLS)
async def test_granted(
    capability: str, tool: str, args: dict[str, Any], expected: Any, tmp_path: Path
) -> None:
    async with open_arena(tmp_path) as arena:
        report = await arena.run(_probe(*GRANTED), call(f"probe.{tool}", **args))
        ending = only(report)
        assert ending.ok, ending.error
        assert report.denied == 0
        value = json.loads(ending.value)
        if isinstance(expected, type):
            assert type(value) is expected
        elif expected is not ...:
            assert value == expected
        recorded = [c.capability for c in arena.calls(report.run)]
        assert capability in recorded
        assert all(c.verdict == "allow" for c in arena.calls(report.run))
        assert (await arena.replay(report.run)).identical


@pytest.mark.parametrize(("capability", "tool", "args", "expected"), CALLS)
async def test_not_granted(
    capability: str, tool: str, args: dict[str, Any], expected: Any, tmp_path: Path
) -> None:
    async with open_arena(tmp_path) as arena:
        report = await arena.run(_probe(*DENIED), call(f"probe.{tool}", **args))
        ending = only(report)
        assert not ending.ok
        assert ending.exit_code == 1
        assert ending.value.startswith("denied: ")
        (refused,) = [c for c in arena.calls(report.run) if c.capability == capability]
        assert (refused.status, refused.verdict) == ("denied", "deny")
        assert refused.reason and refused.decided_by
        assert refused.value[0] == "err" and refused.value[1][0] == "denied"
        (denial,) = report.denials
        nameless = (capability, tool) == ("tools", "tools-list")
        assert denial.suggestion.startswith("" if nameless else "plugins.probe.")
        assert (await arena.replay(report.run)).identical


def test_every_host_function_has_its_twins() -> None:
    """Some capabilities have a probe and a file of their own."""
    tried = {tool for _, tool, _, _ in CALLS}
    own = {path.name.split("_")[1] for path in Path(__file__).parent.glob("test_*_twins.py")}
    functions = {f"{face}-{name}" for face, name in build_operations() if face not in own}
    functions.discard("tools-[method]pending.take")
    assert functions <= tried


async def test_a_result_is_taken_once(tmp_path: Path) -> None:
    async with open_arena(tmp_path) as arena:
        report = await arena.run(_probe(*GRANTED), call("probe.tools-take-twice", **TOOLS))
        assert only(report).value.startswith("invalid: ")


async def test_the_suggested_line_allows_the_call(tmp_path: Path) -> None:
    wanted = call("probe.tools-call", **TOOLS)
    async with open_arena(tmp_path) as arena:
        refused = await arena.run(_probe('allow.tools = ["calculator.divide"]'), wanted)
        (denial,) = refused.denials
        place, _, line = denial.suggestion.partition("allow.tools = ")
        assert place == "plugins.probe."
        again = await arena.run(_probe(f"allow.tools = {line}"), wanted)
        assert only(again).ok and again.denied == 0


@pytest.mark.parametrize(
    ("rule", "tool", "args"),
    [
        ("tool calculator.*", "tools-call", TOOLS),
        ("kv set **", "kv-set", {"key": "a/b", "value": "vu"}),
        ("random", "random-number", {}),
        ("log write", "log-write", {"level": "info", "message": "x"}),
    ],
)
async def test_the_operators_policy_wins_over_the_manifest(
    rule: str, tool: str, args: dict[str, Any], tmp_path: Path
) -> None:
    for word in ("deny", "ask"):
        folder = tmp_path / word
        folder.mkdir()
        async with open_arena(folder, f'{word} = ["{rule}"]') as arena:
            report = await arena.run(_probe(*GRANTED), call(f"probe.{tool}", **args))
            ending = only(report)
            assert ending.value.startswith("denied: ")
            assert rule not in ending.value, "a guest must not learn the operator's rules"
            (refused,) = [c for c in arena.calls(report.run) if c.verdict == "deny"]
            assert rule in refused.opinions[0].reason
            assert refused.opinions[0].verdict == word
            assert report.denials[0].suggestion == ""


async def test_policy_lowers_limits_and_never_raises_them(tmp_path: Path) -> None:
    policy = '[limits]\nmemory = "4 MiB"\n'
    async with open_arena(tmp_path, policy) as arena:
        wide = holder("bad", "hostile", 'limits = { memory = "64 MiB" }')
        narrow = holder("bad", "hostile", 'limits = { memory = "3 MiB" }')
        grow = call("bad.memory-grow", pages=16)
        report = await arena.run(wide, grow, call("bad.memory-grow", pages=100))
        assert [e.value for e in report.endings] == [True, False]
        report = await arena.run(narrow, call("bad.memory-grow", pages=40))
        assert [e.value for e in report.endings] == [False]


async def test_kv_is_private_to_its_holder_and_lasts(tmp_path: Path) -> None:
    two = [holder(name, "probe", 'allow.kv = { bytes = "1 KiB" }') for name in ("one", "two")]
    async with open_arena(tmp_path) as arena:
        await arena.run(*two, call("one.kv-set", key="k", value="mineu"))
        report = await arena.run(*two, call("one.kv-get", key="k"), call("two.kv-get", key="k"))
        assert [json.loads(e.value) for e in report.endings] == ["mineu", None]
