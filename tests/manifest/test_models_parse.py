"""Look here if you want to know what `[models]` and `allow.llm` come to, or how they are wrong."""

from pathlib import Path
from typing import Any

import pytest

from lion.domain.plan import SECOND, Grant, Model
from lion.domain.units import BadUnit, parse_money, render_money
from lion.errors import OperatorError
from lion.manifest.parse import parse_manifest, recorded_plan

FILE = Path("/desk/manifest.toml")
GOOD = """
name = "desk"
[vars]
port = 1
[models.fast]
provider = "scripted"
script = "answers.toml"
[models.big]
provider = "openai"
base-url = "http://127.0.0.1:${port}/v1/"
model = "m"
key = "hosted"
prices = { input = 0.15, output = "0.60" }
max-tokens = 1_000
limit-field = "max_completion_tokens"
addresses = ["10.0.0.0/8"]
idle = "5 s"
timeout = "2 min"
[agents.ann]
component = "a.wasm"
allow.llm = [{ model = "fast", tokens = 20_000, calls = 20, money = 0.5 }, "big"]
"""


def test_models() -> None:
    plan = parse_manifest(GOOD, path=FILE, sets={"port": "7"})
    assert plan.models == {
        "fast": Model(name="fast", provider="scripted", script=Path("/desk/answers.toml")),
        "big": Model(
            name="big",
            provider="openai",
            base_url="http://127.0.0.1:7/v1",
            model="m",
            key="hosted",
            input_price=150_000,
            output_price=600_000,
            max_tokens=1_000,
            limit_field="max_completion_tokens",
            addresses=("10.0.0.0/8",),
            idle_ns=5 * SECOND,
            total_ns=120 * SECOND,
        ),
    }
    assert plan.resolved["models"]["fast"]["script"] == "/desk/answers.toml"


def test_grants() -> None:
    where = "agents.ann.allow.llm"
    fast = '{ model = "fast", tokens = 20000, calls = 20, money = 0.5 }'
    assert parse_manifest(GOOD, path=FILE).holders["ann"].grants == (
        Grant(
            "llm",
            f"{where} = [{fast}]",
            patterns=("fast",),
            quota={"tokens": 20_000, "calls": 20, "money": 500_000},
        ),
        Grant("llm", f'{where} = ["big"]', patterns=("big",)),
    )


def test_what_is_recorded_is_the_same_plan() -> None:
    plan = parse_manifest(GOOD, path=FILE)
    again = recorded_plan(plan.resolved, plan.text)
    assert (again.models, again.holders["ann"].grants) == (plan.models, plan.holders["ann"].grants)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('provider = "scripted"', 'provider = "scriptd"', "did you mean 'scripted'?"),
        ('provider = "scripted"', 'provider = "anthropic"', "has no 'script'"),
        ('script = "answers.toml"', "", "'scripted' needs 'script'; add script = "),
        ('script = "answers.toml"', 'script = "a"\nkey = "k"', "has no 'key'; remove this line"),
        ('model = "m"', "", "'openai' needs 'model'"),
        ('model = "m"', 'model = "m"\nscript = "x"', "has no 'script'"),
        ("http://127", "ftp://127", "is no base of URLs"),
        ("http://127", "http://user@127", "is no base of URLs"),
        ("/v1/", "/v1?x=1", "is no base of URLs"),
        ('"hosted"', '"Hosted key"', "is no name"),
        ("input = 0.15", "input = -1", "-1 is no amount of money"),
        ("input = 0.15", "inptu = 0.15", "did you mean 'input'?"),
        ("max-tokens", "max-token", "did you mean 'max-tokens'?"),
        ("10.0.0.0/8", "ten", "no address or network"),
        ("5 s", "5", "is no time"),
        ('"big"]', '"bug"]', "there is no model 'bug'; did you mean 'big'?"),
        ('"big"]', '"fast"]', "'fast' twice; join the two into one"),
        ('"big"]', '"**"]', "names no model"),
        ('"big"]', "7]", "should be a table"),
        ("calls = 20", "cals = 20", "did you mean 'calls'?"),
        ("calls = 20", "calls = -1", "is no count"),
    ],
)
def test_mistakes(old: str, new: str, said: str) -> None:
    assert GOOD.count(old) >= 1
    with pytest.raises(OperatorError) as raised:
        parse_manifest(GOOD.replace(old, new, 1), path=FILE)
    assert said in str(raised.value)


def test_a_star_needs_no_model() -> None:
    plan = parse_manifest(GOOD.replace('"big"]', '"*"]'), path=FILE)
    assert plan.holders["ann"].grants[1].patterns == ("*",)


@pytest.mark.parametrize(
    ("written", "amount"),
    [(0, 0), (1, 10**6), (0.15, 150_000), ("0.15", 150_000), (1e-6, 1), ("12.000001", 12_000_001)],
)
def test_money(written: Any, amount: int) -> None:
    assert parse_money(written) == amount
    assert parse_money(render_money(amount)) == amount


@pytest.mark.parametrize("wrong", [-1, 1e-7, "0.1234567", "1,5", "", "1 EUR", True, None, 1e300])
def test_no_money(wrong: Any) -> None:
    with pytest.raises(BadUnit):
        parse_money(wrong)
