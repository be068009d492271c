"""Every WIT type crosses an AssemblyScript guest as it crosses the Rust one: through exports,
through host functions, and through each other.
"""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import trio

from lion.values.json_values import to_json
from lion.values.wit import ResultOf, WitType
from tests.attack.kit import holder, open_arena
from tests.series import times
from tests.toolchain.randoms import Values
from tests.toolchain.tables import call_with
from tests.wasm.kit import Bench, built, open_bench

FEW = 10


TYPES = 42
"""How many functions both have, each of another type."""


def _types(bench: Bench) -> dict[str, WitType]:
    found = {n: e.type for n, e in bench.exports.items() if n.startswith("same-")}
    assert len(found) == TYPES
    return {name: function.params[0][1] for name, function in sorted(found.items())}


async def _mirror(name: str, args: list[Any]) -> Any:
    return args[0]


async def _compare(rust: str, assemblyscript: str, count: int, seed: int) -> int:
    values, done = Values(seed), 0
    async with open_bench(built(rust)) as one, open_bench(built(assemblyscript)) as other:
        assert _types(one) == _types(other)
        for name, t in _types(one).items():
            for _ in range(count):
                value = values.of(t)
                first = await one.call(name, value, answer=_mirror)
                second = await other.call(name, value, answer=_mirror)
                # repr tells 0.0 from -0.0 and a tuple from a list.
                assert repr(first) == repr(second) == repr(value), name
                done += 1
    return done


@pytest.mark.parametrize("pair", [("echo", "echo-as"), ("mirror", "mirror-as")])
async def test_both_give_back_what_they_were_given(pair: tuple[str, str]) -> None:
    assert await _compare(*pair, FEW, seed=1) == TYPES * FEW


@pytest.mark.slow
@pytest.mark.parametrize(
    ("pair", "whole"), [(("echo", "echo-as"), 10_000), (("mirror", "mirror-as"), 1_000)]
)
def test_both_give_back_very_many_values_of_each_type(pair: tuple[str, str], whole: int) -> None:
    count = times(whole, sample=whole // 50)
    assert trio.run(_compare, *pair, count, 2) == TYPES * count


def _batches(t: WitType, values: Values, count: int) -> list[list[str]]:
    """Arguments as JSON, in batches that fit into one call."""
    texts = [json.dumps({"value": to_json(t, values.of(t))}) for _ in range(count)]
    # A manifest, through which they go, has its own meaning for a dollar and a brace.
    texts = [text.replace("$", "\\u0024") for text in texts]
    batches: list[list[str]] = [[]]
    for text in texts:
        if sum(map(len, batches[-1])) + len(text) > 20_000 or len(batches[-1]) == 200:
            batches.append([])
        batches[-1].append(text)
    return batches


def _answer(t: WitType, text: str) -> str:
    """What the relay says of an echo that was given this: a tool's own error is no result."""
    value = json.loads(text)["value"]
    if not isinstance(t, ResultOf):
        return json.dumps(value)
    ((case, payload),) = value.items()
    return ("" if case == "ok" else "err ") + json.dumps(payload)


def _same(answer: str, expected: str) -> bool:
    """Equal as JSON: the guests' hosts write spaces and escapes in their own way."""
    tag = "err " if expected.startswith("err ") else ""
    return answer.startswith(tag) and repr(json.loads(answer[len(tag) :])) == repr(
        json.loads(expected[len(tag) :])
    )


async def _through_each_other(directory: Path, count: int) -> int:
    """Rust calls AssemblyScript as a tool, and the other way round; the values are what they
    were.
    """
    values, done = Values(3, for_json=True), 0
    async with open_bench(built("echo")) as bench:
        types = _types(bench)
    tables = [
        holder("rust", "relay", 'allow.tools = ["other.*"]'),
        holder("as", "relay-as", 'allow.tools = ["echo.*"]'),
        holder("echo", "echo"),
        holder("other", "echo-as"),
    ]
    for name, t in types.items():
        async with open_arena(directory / name) as arena:
            for batch in _batches(t, values, count):
                calls = [
                    call_with("rust.relay", {"tool": f"other.{name}", "arguments": batch}),
                    call_with("as.relay", {"tool": f"echo.{name}", "arguments": batch}),
                ]
                report = await arena.run(*tables, *calls)
                assert [e.ok for e in report.endings] == [True, True], report.endings
                for ending in report.endings:
                    assert len(ending.value) == len(batch)
                    for answer, text in zip(ending.value, batch, strict=True):
                        assert _same(answer, _answer(t, text)), (name, answer, text)
                done += len(batch)
        # Thousands of calls are hundreds of megabytes of log.
        shutil.rmtree(directory / name)
    return done


async def test_each_calls_the_other_as_a_tool(tmp_path: Path) -> None:
    assert await _through_each_other(tmp_path, FEW) == TYPES * FEW


@pytest.mark.slow
async def test_each_calls_the_other_with_very_many_values_of_each_type(tmp_path: Path) -> None:
    count = times(10_000, sample=200)
    assert await _through_each_other(tmp_path, count) == TYPES * count
