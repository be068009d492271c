"""Look here if you want to know that log, random, config and output keep their bounds."""

import math
from datetime import date
from typing import ClassVar

import pytest

from lion.capabilities import config, log, output, random
from lion.capabilities.table import build_operations
from lion.domain.call import CallError
from lion.testing.caller import FakeCaller

OPERATIONS = build_operations()
KIB_64 = 64 * 1024


@pytest.fixture
def caller() -> FakeCaller:
    return FakeCaller()


def nested(depth: int) -> str:
    return "[" * depth + "]" * depth


class TestBulkTexts:
    """What all functions that take a text of at most 64 KiB have in common."""

    @pytest.fixture(
        params=[("log", "write"), ("output", "text"), ("output", "progress")], ids="/".join
    )
    def call(self, request, caller):
        operation = OPERATIONS[request.param]
        before = {"write": ["info"], "text": [], "progress": [1, None]}[operation.name]
        return lambda text: operation.execute(caller, *before, text)

    @pytest.mark.parametrize("text", ["", "x" * KIB_64, "é" * (KIB_64 // 2)])
    def test_up_to_64_kib_of_utf8_are_fine(self, call, text):
        assert call(text) is None

    @pytest.mark.parametrize("text", ["x" * (KIB_64 + 1), "é" * (KIB_64 // 2) + "x"])
    def test_one_byte_more_is_invalid(self, call, text):
        with pytest.raises(
            CallError, match=r"at most 65,536 bytes, this one has 65,537"
        ) as raised:
            call(text)
        assert raised.value.case == "invalid"


class TestOutputBytes:
    @pytest.mark.parametrize(
        ("key", "args", "size"),
        [
            (("log", "write"), ["info", "añb"], 4),
            (("output", "text"), ["añb"], 4),
            (("output", "partial"), ['{"a":1}'], 7),
            (("output", "progress"), [1, 2, "half"], 4),
            (("output", "progress"), [1, 2, ""], 0),
        ],
    )
    def test_text_is_counted_in_bytes(self, key, args, size):
        count = OPERATIONS[key].output_bytes
        assert count is not None
        assert count(args) == size


class TestPartial:
    @pytest.mark.parametrize(
        "text",
        ["null", "1", ' {"a": [1, 2.5, "x"]} ', nested(64), '{"a":' * 64 + "1" + "}" * 64,
         '"' + "x" * (KIB_64 - 2) + '"'],
    )  # fmt: skip
    def test_json_is_fine(self, caller, text):
        assert output.partial(caller, text) is None

    @pytest.mark.parametrize(
        "text",
        ["", "{", "[1,]", "{'a': 1}", "1 2", "NaN", "[Infinity]", "-Infinity", "1e999",
         '"\\ud800"', nested(65), nested(30_000), "[1," + nested(64) + "]",
         '{"a":' * 65 + "1" + "}" * 65, '"' + "x" * (KIB_64 - 1) + '"'],
    )  # fmt: skip
    def test_anything_else_is_invalid(self, caller, text):
        with pytest.raises(CallError) as raised:
            output.partial(caller, text)
        assert raised.value.case == "invalid"
        assert len(raised.value.text) < 200


class TestRandom:
    def test_numbers_have_64_bits_and_differ(self, caller):
        numbers = [random.number(caller) for _ in range(100)]
        assert len(set(numbers)) == 100
        assert 2**56 < max(numbers) < 2**64

    @pytest.mark.parametrize("length", [0, 1, 4_096])
    def test_bytes_are_as_many_as_asked(self, caller, length):
        assert len(random.random_bytes(caller, length)) == length

    def test_bytes_differ(self, caller):
        assert random.random_bytes(caller, 32) != random.random_bytes(caller, 32)

    @pytest.mark.parametrize("length", [4_097, 2**32 - 1])
    def test_more_is_invalid(self, caller, length):
        with pytest.raises(CallError, match="0 to 4,096") as raised:
            random.random_bytes(caller, length)
        assert raised.value.case == "invalid"


class TestConfig:
    SETTINGS: ClassVar = {
        "text": "as it is",
        "number": 3,
        "on": True,
        "table": {"b": [1, 2.5], "a": "é"},
        "day": date(2026, 1, 2),
    }

    @pytest.mark.parametrize(
        ("key", "value"),
        [
            ("text", "as it is"),
            ("number", "3"),
            ("on", "true"),
            ("table", '{"a":"é","b":[1,2.5]}'),
            ("day", '"2026-01-02"'),
            ("missing", None),
            ("", None),
        ],
    )
    def test_get(self, key, value):
        assert config.get(FakeCaller(config=self.SETTINGS), key) == value

    @pytest.mark.parametrize("value", [math.nan, math.inf])
    def test_a_number_json_does_not_have_is_invalid(self, value):
        with pytest.raises(CallError, match="'odd'") as raised:
            config.get(FakeCaller(config={"odd": [value]}), "odd")
        assert raised.value.case == "invalid"

    def test_keys_are_sorted(self):
        assert config.keys(FakeCaller(config=self.SETTINGS)) == [
            "day", "number", "on", "table", "text",
        ]  # fmt: skip
        assert config.keys(FakeCaller()) == []


@pytest.mark.parametrize("level", ["debug", "info", "warn", "error"])
def test_log_takes_every_level(caller, level):
    assert log.write(caller, level, "hello") is None
