"""Look here if you want to know whether docs/manifest.md has every key, as the models have it."""

from typing import Any

import pytest
from pydantic import BaseModel

from lion.domain.plan import SYSTEM, Limits, Model
from lion.domain.units import parse_count, parse_duration, parse_size
from lion.manifest import script, system_tables, tables, workflow_tables
from lion.manifest.grants import DEFAULT_LIMITS
from lion.manifest.meanings import MEANINGS, NEEDED, NONE
from lion.scopes.fs_grant import DEFAULT_BYTES, DEFAULT_FILES
from lion.scopes.http_grant import DEFAULT_QUOTA

from .reference import PAGE, tables_named, with_tables


def _every_table(base: type[BaseModel]) -> set[type[BaseModel]]:
    found = set(base.__subclasses__())
    return found.union(*map(_every_table, found))


TABLES = (
    _every_table(tables.Table) | _every_table(workflow_tables.Table) | _every_table(script._Table)
)


def test_the_page_is_as_the_models() -> None:
    text = PAGE.read_text("utf-8")
    assert text == with_tables(text), "run: python -m tests.manifest.reference"


def test_the_page_has_every_table_once() -> None:
    assert sorted(tables_named(PAGE.read_text("utf-8"))) == sorted(t.__name__ for t in TABLES)


@pytest.mark.parametrize("table", sorted(TABLES, key=str), ids=lambda table: table.__name__)
def test_every_key_has_a_meaning_and_says_whether_it_is_needed(table: type[BaseModel]) -> None:
    fields = {field.alias or name: field for name, field in table.model_fields.items()}
    named = {name.replace("_", "-"): field for name, field in fields.items()}
    named = {"with" if name == "with-" else name: field for name, field in named.items()}
    keys = MEANINGS[table]
    assert list(keys) == list(named)
    needed = {name for name, key in keys.items() if key.default == NEEDED}
    assert needed == {name for name, field in named.items() if field.is_required()}


def _value(table: type[BaseModel], key: str) -> Any:
    """The default that the page tells, as a number; None if it says there is none."""
    told = MEANINGS[table][key].default
    if told == NONE:
        return None
    for parse in (parse_size, parse_duration):
        if " " in told and not isinstance(parsed := _tried(parse, told), ValueError):
            return parsed
    return parse_count(told)


def _tried(parse: Any, text: str) -> Any:
    try:
        return parse(text)
    except ValueError as exc:
        return exc


@pytest.mark.parametrize("kind", ["plugin", SYSTEM])
def test_the_limits_it_tells_are_those_that_hold(kind: str) -> None:
    table = system_tables.SystemLimits if kind == SYSTEM else tables.LimitsTable
    held: Limits = DEFAULT_LIMITS[kind]
    names = {"deadline": "deadline_ns", "cpu": "cpu_ns", "at": "ask_at", "then": "ask_at"}
    for key in MEANINGS[table]:
        assert _value(table, key) == getattr(held, names.get(key, key.replace("-", "_"))), key


def test_the_quotas_it_tells_are_those_that_hold() -> None:
    for key in ("bytes-in", "bytes-out", "timeout"):
        assert _value(tables.HttpGrant, key) == DEFAULT_QUOTA[key]
    assert _value(tables.FsGrant, "bytes") == DEFAULT_BYTES
    assert _value(tables.FsGrant, "files") == DEFAULT_FILES


def test_the_times_of_models_and_answers_it_tells_are_those_that_hold() -> None:
    model = Model(name="fast", provider="openai")
    assert _value(tables.ModelTable, "idle") == model.idle_ns
    assert _value(tables.ModelTable, "timeout") == model.total_ns
    assert MEANINGS[tables.ModelTable]["limit-field"].default == model.limit_field
    answer = script.AnswerTable.model_validate({})
    assert (_value(script.AnswerTable, "first"), answer.first) == (0, 0)
    assert _value(script.AnswerTable, "chunk") == answer.chunk
    assert MEANINGS[script.AnswerTable]["stop"].default == answer.stop
    assert MEANINGS[script.FailureTable]["kind"].default == script.FailureTable().kind
