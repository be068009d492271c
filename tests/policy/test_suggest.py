"""Look here if you want to know what lion suggests after a denial, and what it never suggests."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lion.domain.plan import Plan
from lion.manifest.parse import parse_manifest
from lion.policy.decide import decide_static
from lion.policy.policy_file import parse_policy
from lion.policy.rights import build_rights
from lion.policy.suggest import suggest
from lion.scopes.table import read_question

from .cases import EVERYTHING

REST = """
name = "desk"
plugins.notebook.component = "n.wasm"
plugins.notebook.deny = ["random", "log"]
plugins.calculator.component = "c.wasm"
agents.ann.component = "a.wasm"
"""
ANN = 'agents.ann.allow.tools = ["calculator.*"]\n'


def plan(text: str = REST + ANN) -> Plan:
    return parse_manifest(text, path=Path("m.toml"))


def suggested(
    holder: str, *question: str, policy: str = "", ceiling: tuple[str, ...] = EVERYTHING
):  # type: ignore[no-untyped-def]
    rights = build_rights(plan().holders[holder], ceiling, parse_policy(policy))
    asked = read_question(holder, *question)  # type: ignore[arg-type]
    found = suggest(asked, decide_static(asked, rights), plan())
    return None if found is None else found.line


def allowed_by(line: str, *question: str) -> bool:
    """Whether the manifest with this line instead of the one it replaces allows the call."""
    key = line.split(" = ")[0]
    kept = [each for each in (REST + ANN).splitlines() if not each.startswith(f"{key} =")]
    changed = plan("\n".join([*kept, line]))
    asked = read_question(*question)  # type: ignore[arg-type]
    rights = build_rights(changed.holders[asked.holder], EVERYTHING, parse_policy(""))
    return decide_static(asked, rights).allowed


def test_a_tool_is_added_to_what_the_holder_has() -> None:
    line = suggested("ann", "tools", "call", "notebook.remove")
    assert line == 'agents.ann.allow.tools = ["calculator.*", "notebook.remove"]'
    assert allowed_by(line, "ann", "tools", "call", "notebook.remove")
    assert not allowed_by(line, "ann", "tools", "call", "notebook.add")
    assert allowed_by(line, "ann", "tools", "call", "calculator.add")


def test_a_store_is_suggested_with_a_quota() -> None:
    line = suggested("notebook", "kv", "set", "key")
    assert line == 'plugins.notebook.allow.kv = { bytes = "64 KiB" }'
    assert allowed_by(line, "notebook", "kv", "set", "key")


def test_a_default_taken_away_is_given_back_alone() -> None:
    line = suggested("notebook", "random", "number", "")
    assert line == 'plugins.notebook.deny = ["log"]'
    assert allowed_by(line, "notebook", "random", "number", "")
    assert not allowed_by(line, "notebook", "log", "write", "")


@pytest.mark.parametrize(
    "target", ["**", "notebook.*", "*.add", 'notebook.a", "**', "notebook.a\n", "gone.add", ""]
)
def test_a_guest_cannot_have_more_suggested_than_one_tool(target: str) -> None:
    assert suggested("ann", "tools", "call", target) is None


@given(st.text('notebook.*"]\n \\', max_size=20))
def test_whatever_is_suggested_allows_the_call_and_names_it(target: str) -> None:
    line = suggested("ann", "tools", "call", target)
    if line is not None:
        assert line == f'agents.ann.allow.tools = ["calculator.*", "{target}"]'
        assert allowed_by(line, "ann", "tools", "call", target)


def test_nothing_is_suggested_where_the_manifest_cannot_help() -> None:
    assert suggested("ann", "tools", "call", "notebook.add", policy="deny=['tools']") is None
    assert suggested("ann", "tools", "call", "notebook.add", ceiling=()) is None
    assert suggested("ann", "tools", "call", "calculator.add") is None
    assert suggested("ann", "http", "send", "https://x") is None
    assert suggested("ann", "tools", "list", "") is None
