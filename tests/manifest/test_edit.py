"""Look here if you want to know that lines of a manifest are changed and nothing else is."""

import tomllib

import pytest

from lion.errors import OperatorError
from lion.manifest.edit import GONE, Change, Entry, Place, Value, edited

TEXT = """# The head.
name = "x"  # its name

[plugins.a]
component = "a.wasm"
allow.http = [
  "GET https://a/**",  # first
  # about the second
  { url = "GET https://b/**", calls = 3 },
]
allow.kv = { bytes = "1 KiB" } # kept
[plugins.b]
component = "b.wasm"   # no line between
[plugins.b.allow]
tools = ["a.x", "a.y"]

[agents.c]
component = "c.wasm"
allow = { tools = ["a.x"] }

[[run]]
call = "a.x"
"""
HTTP = ("plugins", "a", "allow", "http")
KV = ("plugins", "a", "allow", "kv")
TOOLS = ("plugins", "b", "allow", "tools")
INLINE = ("agents", "c", "allow", "tools")


def kept(text: str, *but: str) -> None:
    for line in TEXT.splitlines():
        if line not in but:
            assert line in text.splitlines(), line


@pytest.mark.parametrize(
    ("changes", "lost", "place", "value"),
    [
        (
            {HTTP: (Entry(1),)}, ['  "GET https://a/**",  # first'], HTTP,
            [{"url": "GET https://b/**", "calls": 3}],
        ),
        (
            {HTTP: (Entry(0), Entry(1), Entry(None, "GET https://c/"))}, [], HTTP,
            ["GET https://a/**", {"url": "GET https://b/**", "calls": 3}, "GET https://c/"],
        ),
        (
            {HTTP: (Entry(0, "GET https://a/x"), Entry(1))}, ['  "GET https://a/**",  # first'],
            HTTP, ["GET https://a/x", {"url": "GET https://b/**", "calls": 3}],
        ),
        ({KV: GONE}, ['allow.kv = { bytes = "1 KiB" } # kept'], KV, None),
        (
            {KV: Value({"bytes": "2 KiB"})}, ['allow.kv = { bytes = "1 KiB" } # kept'], KV,
            {"bytes": "2 KiB"},
        ),
        ({TOOLS: (Entry(1),)}, ['tools = ["a.x", "a.y"]'], TOOLS, ["a.y"]),
        ({TOOLS: ()}, ['tools = ["a.x", "a.y"]'], TOOLS, None),
        ({INLINE: GONE}, ['allow = { tools = ["a.x"] }'], INLINE, None),
        (
            {("plugins", "b", "deny"): (Entry(None, "log"),)}, [], ("plugins", "b", "deny"),
            ["log"],
        ),
        (
            {("agents", "c", "allow", "kv"): Value({"bytes": "1 KiB"})},
            ['allow = { tools = ["a.x"] }'], ("agents", "c", "allow", "kv"), {"bytes": "1 KiB"},
        ),
    ],
)  # fmt: skip
def test_a_change(
    changes: dict[Place, Change], lost: list[str], place: Place, value: object
) -> None:
    text = edited(TEXT, changes)
    kept(text, *lost)
    found: object = tomllib.loads(text)
    for key in place:
        found = found.get(key) if isinstance(found, dict) else None
    assert found == value


def test_several_lines_where_there_was_no_table() -> None:
    text = edited(
        '[plugins.a]\ncomponent = "a"  # x\n[plugins.b]\ncomponent = "b"\n',
        {
            ("plugins", "a", "allow", "tools"): (Entry(None, "b.x"),),
            ("plugins", "a", "allow", "kv"): Value({"bytes": "1 KiB"}),
            ("plugins", "a", "allow", "interfaces", "a:b/c"): Value(True),
        },
    )
    assert text.splitlines()[:5] == [
        "[plugins.a]", 'component = "a"  # x', 'allow.tools = ["b.x"]',
        'allow.kv = { bytes = "1 KiB" }', 'allow.interfaces."a:b/c" = true',
    ]  # fmt: skip


def test_no_change_is_the_same_text() -> None:
    assert edited(TEXT, {}) == TEXT
    assert edited(TEXT, {("plugins", "a", "allow", "llm"): GONE}) == TEXT


def test_what_cannot_be_changed_is_refused() -> None:
    with pytest.raises(OperatorError, match="cannot be changed"):
        edited(TEXT, {("plugins", "a", "component", "x"): Value(1)})
