"""Look here if you want to know what each mistake in a manifest is answered with."""

from pathlib import Path

import pytest

from lion.errors import OperatorError
from lion.manifest.parse import parse_manifest

GOOD = """name = "desk"
[vars]
web = "http://x"
[plugins.fetcher]
component = "fetcher.wasm"
limits = { memory = "64 MiB" }
[plugins.notes]
component = "notes.wasm"
allow.kv = { bytes = "64 KiB" }
[agents.ann]
component = "ann.wasm"
allow.tools = ["fetcher.fetch", "notes.*"]
config = { a = 1 }
[[run]]
agent = "ann"
task = "Go"
[[run]]
call = "notes.add"
"""

MISTAKES = [
    # what is replaced, by what, and what is said
    ('"desk"', '"Desk"', "m.toml:1: name: 'Desk' is no name; write"),
    ('"desk"', '"a-name-' + "x" * 60 + '"', "is no name"),
    ('name = "desk"', "", "m.toml: 'name' is missing; add name"),
    ("name =", "nam =", "m.toml:1: nam: unknown key 'nam'; did you mean 'name'?"),
    ("[plugins.notes]", "[plugin.notes]", "m.toml:7: plugin: unknown key 'plugin'; did you mean"),
    ("[plugins.notes]", "[plugins.Notes]", "m.toml:7: plugins.Notes: 'Notes' is no name"),
    ("[plugins.notes]", "[plugins.fetcher]", "the same key twice"),
    ('web = "http://x"', 'web = "a"\nweb = "b"', "line 4, column 10: the same key twice"),
    ("[agents.ann]", "[agents.notes]", "duplicate name: 'notes' is a plugin and an agent"),
    ('component = "notes.wasm"', "", "m.toml:7: plugins.notes: 'component' is missing"),
    ('"notes.wasm"', "5", "plugins.notes.component: should be text in quotes, not a number"),
    ('"notes.wasm"', '""', "plugins.notes.component: '' is no path"),
    ('"notes.wasm"', '"a\\u0000b"', "is no path"),
    ("allow.kv =", "allow.kvv =", "m.toml:9: plugins.notes.allow.kvv: unknown key 'kvv'; did you"),
    ("allow.kv =", "alow.kv =", "plugins.notes.alow: unknown key 'alow'; did you mean 'allow'?"),
    ("bytes =", "byte =", "plugins.notes.allow.kv.byte: unknown key 'byte'; did you mean 'bytes'"),
    ('{ bytes = "64 KiB" }', "{}", "plugins.notes.allow.kv: 'bytes' is missing"),
    ('{ bytes = "64 KiB" }', "true", "plugins.notes.allow.kv: should be a table"),
    ('"64 KiB"', '"64"', "m.toml:9: plugins.notes.allow.kv.bytes: '64' is no size; write"),
    ('"64 MiB"', "64", "m.toml:6: plugins.fetcher.limits.memory: 64 is no size; write"),
    ("memory =", "memry =", "plugins.fetcher.limits.memry: unknown key 'memry'; did you mean"),
    ("memory =", "money = 1, memory =", "unknown key 'money'; known here: agents, at, calls"),
    ("memory =", "stack = 1, memory =", "unknown key 'stack'"),
    ("limits = {", 'deny = ["kv"]\nlimits = {', "plugins.fetcher.deny[0]: 'kv' is not granted"),
    ("limits = {", 'deny = "random"\nlimits = {', "plugins.fetcher.deny: should be a list"),
    ("limits = {", "allow.log = true\nlimits = {", "'log' is granted by default; remove"),
    ('"notes.*"', '"nots.*"', "agents.ann.allow.tools: 'nots.*': there is no plugin 'nots'; did"),
    ('"notes.*"', '"notes"', "agents.ann.allow.tools[1]: 'notes' names no tool; write"),
    ('"notes.*"', '"notes.***"', "names no tool"),
    ('"notes.*"', "3", "agents.ann.allow.tools[1]: should be text in quotes"),
    ('"notes.*"', '"${wb}.*"', "agents.ann.allow.tools[1]: no variable 'wb' is declared; did you"),
    ('"notes.*"', '"${web.*"', "a ${ without its }"),
    ('web = "http://x"', "web = true", "m.toml:3: vars.web: is neither text nor a whole number"),
    ('web = "http://x"', 'web = "${a}"', "vars.web: refers to a variable"),
    ('web = "http://x"', '"we b" = "x"', 'vars."we b": is no name of a variable'),
    ("config = { a = 1 }", "config = 3", "agents.ann.config: should be a table"),
    ("a = 1", "a = nan", "agents.ann.config.a: is no finite number"),
    ("a = 1", "a = 99999999999999999999", "agents.ann.config.a: does not fit into 64 bits"),
    ("a = 1", "a = " + "9" * 5000, "a number of thousands of digits"),
    ("a = 1", "a = " + "[" * 80 + "]" * 80, "agents.ann.config.a: is nested too deeply"),
    ('agent = "ann"', 'agent = "anna"', "m.toml:15: run[0].agent: there is no agent 'anna'; did"),
    ('agent = "ann"', 'agent = "notes"', "run[0].agent: 'notes' is a plugin, not an agent"),
    ('agent = "ann"', "", "m.toml:14: run[0]: needs either 'agent', 'call' or 'workflow'"),
    (
        'agent = "ann"',
        'agent = "ann"\ncall = "a.b"',
        "run[0]: needs either 'agent', 'call' or 'workflow'",
    ),
    ('task = "Go"', "", "m.toml:14: run[0]: 'task' is missing"),
    ('task = "Go"', 'task = "Go"\nwith = {}', "run[0].with: an agent takes no 'with'"),
    ('"notes.add"', '"note.add"', "m.toml:18: run[1].call: 'note.add': there is no plugin 'note'"),
    ('"notes.add"', '"notes"', "run[1].call: 'notes' names no tool; write \"notes.function\""),
    ('"notes.add"', '"notes.add"\ntask = "x"', "run[1].task: a call has no task"),
    (
        '"notes.add"',
        '"notes.add"\nwit = {}',
        "run[1].wit: unknown key 'wit'; did you mean 'with'?",
    ),
    ('"desk"', '"desk', "m.toml:1: not valid TOML at line 1, column 13"),
    ("[vars]", "[models.fast]\nprovider = 'x'\n[vars]", "'x' is no provider of this"),
    ("[vars]", "[system.db]\nsettings = {}\n[vars]", "m.toml:2: system.db: 'use' is missing"),
    ("[vars]", "[system.db]\nuse = 'X Y'\n[vars]", "m.toml:3: system.db.use: 'X Y' is no name"),
    (
        "[vars]",
        "[system.notes]\nuse = 'x'\n[vars]",
        "duplicate name: 'notes' is a plugin and a system plugin",
    ),
    (
        "[vars]",
        "[system.ann]\nuse = 'x'\n[vars]",
        "duplicate name: 'ann' is an agent and a system plugin",
    ),
    (
        "[vars]",
        "[system.db]\nuse = 'x'\nlimits = { memory = \"1 MiB\" }\n[vars]",
        "system.db.limits.memory: unknown key 'memory'; known here: at, calls",
    ),
    (
        "[vars]",
        "[system.db]\nuse = 'x'\nallow.kv = { bytes = \"1 KiB\" }\n[vars]",
        "system.db.allow.kv: unknown key 'kv'; known here: http, llm, secrets, tools",
    ),
    (
        "[vars]",
        "[system.db]\nuse = 'x'\nallow.tools = ['nots.add']\n[vars]",
        "m.toml:4: system.db.allow.tools: 'nots.add': there is no plugin 'nots'; did you mean",
    ),
    (
        "allow.kv =",
        "allow.elements = { count = 10 }\nallow.kv =",
        "allow.elements: 'bytes' is missing",
    ),
]


def test_the_text_without_mistakes_is_taken() -> None:
    assert parse_manifest(GOOD, path=None).name == "desk"


@pytest.mark.parametrize(("old", "new", "said"), MISTAKES, ids=[said for _, _, said in MISTAKES])
def test_a_mistake_is_one_clear_line(old: str, new: str, said: str) -> None:
    assert GOOD.count(old) >= 1
    with pytest.raises(OperatorError) as caught:
        parse_manifest(GOOD.replace(old, new, 1), path=Path("m.toml"))
    assert said in str(caught.value)
    assert str(caught.value).startswith("m.toml")
    assert caught.value.exit_code == 2
    assert len(str(caught.value).splitlines()) == 1


def test_setting_what_is_not_declared_is_a_mistake() -> None:
    with pytest.raises(OperatorError, match=r"--set 'wed': .* did you mean 'web'\?"):
        parse_manifest(GOOD, path=None, sets={"wed": "x"})
    with pytest.raises(OperatorError, match="declare it under"):
        parse_manifest('name = "x"', path=None, sets={"web": "x"})


def test_an_error_has_fields_for_other_doors() -> None:
    with pytest.raises(OperatorError) as caught:
        parse_manifest(GOOD.replace("bytes", "byte"), path=Path("m.toml"))
    assert caught.value.facts == {
        "place": "plugins.notes.allow.kv.byte",
        "line": 9,
        "path": "m.toml",
    }


def test_lines_are_found_past_strings_over_several_lines() -> None:
    text = (
        'name = "x"\n[plugins.a]\ncomponent = "a"\nconfig.t = """\nlimits = 3\n"""\nlimits = 3\n'
    )
    with pytest.raises(OperatorError, match=r"manifest:7: plugins\.a\.limits: should be a table"):
        parse_manifest(text, path=None)


def test_a_keys_control_characters_are_escaped() -> None:
    with pytest.raises(OperatorError) as caught:
        parse_manifest('name = "x"\n"\\u001b[31m" = 1', path=None)
    assert "\x1b" not in str(caught.value)


def test_a_huge_value_is_shown_in_part() -> None:
    with pytest.raises(OperatorError) as caught:
        parse_manifest(f'name = "{"X" * 100_000}"', path=None)
    assert len(str(caught.value)) < 600
