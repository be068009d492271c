"""Look here if you want to know what `lion audit` tells of real manifests and real runs."""

import json
import os
import re
import signal
import subprocess
import sys
from typing import Any

import pytest

from tests.cli.kit import ROOT, SECONDS, WASM, Lion, assert_one_line

TOUR_PLUGINS = ("hello", "calculator", "notebook")
TOUR = ROOT / "examples" / "tour" / "manifest.toml"
PAGE = (ROOT / "docs" / "log-and-audit.md").read_text("utf-8")

MANIFEST_KEYS = {
    "kind",
    "manifest_name",
    "manifest",
    "policy",
    "policy_digest",
    "idle_rules",
    "unasked_rules",
    "holders",
    "proxy",
}
RUN_KEYS = {
    "kind", "run", "manifest_name", "exit_code", "is_interrupted", "records", "calls", "denied",
    "unnamed_denials", "policy_digest", "policy_known", "lion_version", "endings", "holders",
    "parent", "forked_at", "again", "proxy", "is_dry",
}  # fmt: skip
HOLDER_KEYS = {
    "name", "kind", "is_sandboxed", "component", "digest", "system", "imports", "tools",
    "defaults", "denied_defaults", "grants", "directories", "rules", "may_use", "refused",
    "reachable", "limits", "lowered", "warnings", "use",
}  # fmt: skip
USE_KEYS = {"invocations", "endings", "cpu_ns", "operations", "grants", "denied", "budgets"}


def holders(audit: Any) -> dict[str, Any]:
    return {holder["name"]: holder for holder in audit["holders"]}


def block(text: str, title: str) -> list[str]:
    """The lines about one holder."""
    (found,) = [part for part in text.split("\n\n") if part.startswith(f"{title}  ")]
    return found.splitlines()


def rows(lines: list[str], label: str) -> list[str]:
    """The texts under a label, which is written once."""
    found, inside = [], False
    for line in lines[1:]:
        inside = inside if line[2:14].strip() == "" else line[2:14].strip() == label
        if inside:
            found.append(line[14:])
    return found


def tour(*, unused: bool = False) -> str:
    text = TOUR.read_text("utf-8").replace("../../plugins-wasm", str(WASM))
    more = ', "hello.greet"' if unused else ""
    return text.replace('"notebook.count"]', f'"notebook.count"{more}]')


def test_a_manifest_for_people(lion: Lion) -> None:
    result = lion("audit", TOUR, "--full")
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout.startswith("manifest tour, policy: none\n")
    ann = block(result.stdout, "agent ann")
    assert rows(ann, "imports") == ["clock, config, log, output, poll, tools"]
    assert rows(ann, "defaults") == ["log, clock, output, config, poll"]
    assert rows(ann, "granted") == ['tools ["calculator.add", "hello.greet", "notebook.write"]']
    assert rows(ann, "reaches") == [
        'no kv of its own; through notebook.write: kv { bytes = "64 KiB" }'
    ]
    assert "memory 64 MiB; " in rows(ann, "limits")[0]
    assert rows(block(result.stdout, "plugin notebook"), "granted") == ['kv { bytes = "64 KiB" }']


def test_a_manifest_for_programs(lion: Lion) -> None:
    audit = lion.json("audit", TOUR)
    assert set(audit) == MANIFEST_KEYS
    assert (audit["kind"], audit["manifest"], audit["policy"]) == ("manifest", str(TOUR), None)
    for holder in audit["holders"]:
        assert set(holder) == HOLDER_KEYS
        assert holder["use"] is None
    found = holders(audit)
    assert found["ann"]["reachable"] == [
        {
            "capability": "kv", "scope": [], "holder": "notebook",
            "line": 'plugins.notebook.allow.kv = { bytes = "64 KiB" }',
            "through": ["notebook.write"],
        }
    ]  # fmt: skip
    assert found["notebook"]["imports"]["kv"] == [
        "compare-and-set", "delete", "get", "list", "set",
    ]  # fmt: skip
    assert found["notebook"]["grants"][0]["line"].startswith("plugins.notebook.allow.kv = ")
    assert found["notebook"]["limits"]["memory"] == 64 * 1024 * 1024


def test_plugins_that_may_call_each_other(lion: Lion) -> None:
    probe = f'component = "{WASM}/probe.wasm"'
    path = lion.write(f"""
name = "ring"
[plugins.one]
{probe}
allow.tools = ["two.*"]
[plugins.two]
{probe}
allow.tools = ["three.kv-get"]
[plugins.three]
{probe}
allow.tools = ["one.*"]
allow.kv = {{ bytes = "1 KiB" }}
""")
    ways = {
        name: [(one["capability"], one["through"]) for one in holder["reachable"]]
        for name, holder in holders(lion.json("audit", path)).items()
    }
    assert ways == {
        "one": [("kv", ["two.clock-monotonic", "three.kv-get"])],
        "two": [("kv", ["three.kv-get"])],
        "three": [],
    }
    text = lion("audit", path, "--full").stdout
    assert "no kv of its own; through two.clock-monotonic then three.kv-get: kv" in text


def test_a_proxy_and_what_is_lost_by_it(lion: Lion) -> None:
    policy = lion.write('[http]\nproxy = "http://proxy.example:3128"', "policy.toml")
    lion("run", TOUR, "--policy", policy)
    for words in (("audit", TOUR, "--policy", policy), ("audit", "last")):
        text = lion(*words, "--full").stdout
        assert "requests go through the proxy http://proxy.example:3128, which resolves" in text
        assert "the addresses it reaches are not pinned" in text
    assert lion.json("audit", "last")["proxy"] == "http://proxy.example:3128"
    assert (
        "proxy" not in lion("audit", TOUR, "--full").stdout
        and lion.json("audit", TOUR)["proxy"] == ""
    )


def test_a_policy_that_denies_and_lowers(lion: Lion) -> None:
    policy = lion.write(
        'deny = ["tool notebook.write", "random"]\n[limits]\nmemory = "32 MiB"', "policy.toml"
    )
    words = ("audit", TOUR, "--policy", policy)
    text = lion(*words, "--full").stdout
    assert text.startswith(f"manifest tour, policy: {policy}\n")
    ann = block(text, "agent ann")
    assert rows(ann, "policy") == [
        'policy line 1 denies "tool notebook.write"',
        "lowers memory: 64 MiB to 32 MiB",
    ]
    assert rows(ann, "reaches") == []
    found = holders(lion.json(*words))
    assert found["ann"]["lowered"] == [
        {"limit": "memory", "manifest": 64 * 2**20, "effective": 32 * 2**20}
    ]
    assert found["bob"]["reachable"] != []
    shut = lion.write('deny = ["kv"]', "shut.toml")
    warned = holders(lion.json("audit", TOUR, "--policy", shut))["notebook"]
    assert warned["may_use"] == ["log"]
    assert warned["warnings"] == ['granted but denied by policy rule "kv": kv']


def test_a_run_tells_used_from_unused(lion: Lion) -> None:
    run = lion("run", lion.write(tour(unused=True)))
    assert "who may do what:   " in run.stdout
    assert " -m lion audit last\n" in run.stdout
    result = lion("audit", "last", "--full")
    assert (result.returncode, result.stderr) == (0, "")
    bob = block(result.stdout, "agent bob")
    assert rows(bob, "granted") == ["tools calculator.*  2 times", "tools notebook.count  once"]
    unused, silent = rows(bob, "never used")
    assert unused.startswith("tools hello.greet  could be removed from: agents.bob.allow.tools =")
    assert silent == "by default: log"
    assert any("calculator.divide (1)" in row for row in rows(bob, "used"))
    assert rows(bob, "ran")[0].startswith("once: 1 returned; ")
    assert result.stdout.endswith("\n1 grant was never used\n")
    uses = {name: one["use"] for name, one in holders(lion.json("audit")).items()}
    assert [(g["scope"], g["calls"]) for g in uses["bob"]["grants"]] == [
        ("calculator.*", 2), ("notebook.count", 1), ("hello.greet", 0),
    ]  # fmt: skip
    assert [(g["capability"], g["calls"] > 0) for g in uses["notebook"]["grants"]] == [
        ("kv", True)
    ]
    assert uses["calculator"]["invocations"] == 3
    assert [one["budget"] for one in uses["ann"]["budgets"]] == ["output"]


def test_a_run_for_programs(lion: Lion) -> None:
    report = lion.json("run", TOUR)
    audit = lion.json("audit", report["run"][:8])
    assert set(audit) == RUN_KEYS
    for holder in audit["holders"]:
        assert set(holder) == HOLDER_KEYS
        assert set(holder["use"]) == USE_KEYS
    assert (audit["kind"], audit["run"], audit["exit_code"]) == ("run", report["run"], 0)
    assert (audit["calls"], audit["denied"]) == (report["calls"], report["denied"])
    assert [(one["name"], one["ending"]) for one in audit["endings"]] == [
        ("ann", "returned"), ("bob", "returned"),
    ]  # fmt: skip
    used = sum(o["calls"] for h in audit["holders"] for o in h["use"]["operations"])
    assert used + audit["denied"] == audit["calls"]
    assert holders(audit)["ann"]["use"]["denied"] == [
        denial for denial in report["denials"] if denial["holder"] == "ann"
    ]


def test_the_documented_keys_are_those_of_the_command(recorded: Lion) -> None:
    table = PAGE.partition("| key | value |\n")[2].partition("\n\n")[0]
    told: dict[str, str] = {}
    for _, key, text, _ in (row.split("|") for row in table.splitlines()):
        told[key.strip()] = told.get(key.strip(), "") + text
    words = {key: set(re.findall(r"`(\w+)`", text)) for key, text in told.items()}
    audit = recorded.json("audit")
    (ann,) = [holder for holder in audit["holders"] if holder["name"] == "ann"]
    assert words["`holders[]`"] == HOLDER_KEYS
    assert words["`holders[].use`"] == USE_KEYS
    assert words["`holders[].grants[]`"] == set(ann["grants"][0])
    shut = recorded.write('deny = ["tools"]', "shut.toml")
    shown = {h["name"]: h for h in recorded.json("audit", TOUR, "--policy", shut)["holders"]}
    assert words["`holders[].refused[]`"] - {"manifest", "grants"} == set(
        shown["ann"]["refused"][0]
    )
    assert words["`holders[].rules[]`"] == set(shown["ann"]["rules"][0])
    assert words["`holders[].reachable[]`"] == set(ann["reachable"][0])
    assert words["`holders[].use.grants[]`"] == set(ann["use"]["grants"][0])
    denied = words["`holders[].use.denied[]`"] - {"grants", "budget"}
    assert denied == set(ann["use"]["denied"][0])
    recorded("run", TOUR, "--policy", recorded.write('deny = ["tools"]', "policy.toml"))
    again = recorded.json("audit")["again"]
    assert words["`again`"] == set(again)
    assert words["`again.changes[]`"] == set(again["changes"][0])
    above = set(re.findall(r"`(\w+)`", " ".join(told))) - {"use", "changes"}
    assert above | {"manifest", "policy", "holders"} == MANIFEST_KEYS | RUN_KEYS


def test_the_line_for_what_was_denied_allows_it(lion: Lion) -> None:
    path = lion.write(tour())
    lion("run", path)
    refusal, where, line = rows(block(lion("audit", "--full").stdout, "agent ann"), "denied")
    assert refusal == "tools call notebook.remove  once: no grant covers it"
    assert where.strip() == "allow it: under [agents.ann] in the manifest write"
    before = 'allow.tools = ["calculator.add", "hello.greet", "notebook.write"]'
    text = path.read_text("utf-8")
    assert text.count(before) == 1
    path.write_text(text.replace(before, line.strip()), "utf-8")
    lion("run", path)
    ann = holders(lion.json("audit"))["ann"]["use"]
    assert ann["denied"] == []
    assert [(g["scope"], g["calls"]) for g in ann["grants"]][-1] == ("notebook.remove", 1)


def test_a_run_is_audited_without_manifest_components_or_policy(lion: Lion) -> None:
    path = lion.write(tour())
    policy = lion.write('deny = ["tool hello.greet"]', "policy.toml")
    lion("run", path, "--policy", policy)
    known = lion.json("audit", "last", "--policy", policy)
    path.unlink()
    policy.unlink()
    unknown = lion.json("audit", "last")
    assert (known["policy_known"], unknown["policy_known"]) == (True, False)
    assert holders(known)["ann"]["rules"][0]["rule"] == "tool hello.greet"
    assert holders(unknown)["ann"]["rules"] == []
    (denial,) = [
        one for one in holders(unknown)["ann"]["use"]["denied"] if one["target"] == "hello.greet"
    ]
    assert denial["suggestion"] == ""
    assert denial["reason"] == 'denied by policy rule "tool hello.greet"'
    assert "is not the one of now" in lion("audit", "--full").stdout


def test_a_run_is_decided_again_by_other_rules(lion: Lion) -> None:
    path = lion.write(tour())
    old = lion.write('deny = ["tool hello.greet"]', "old.toml")
    lion("run", path, "--policy", old)
    assert lion.json("audit", "last", "--policy", old)["again"] is None
    new = lion.write('ask = ["tool calculator.*"]\n[limits]\nmemory = "1 MiB"', "new.toml")
    again = lion.json("audit", "last", "--policy", new)["again"]
    changes = {(c["holder"], c["target"], c["before"], c["after"]): c for c in again["changes"]}
    assert set(changes) == {
        ("ann", "hello.greet", "deny", "allow"),
        ("ann", "calculator.add", "allow", "ask"),
        ("bob", "calculator.evaluate", "allow", "ask"),
        ("bob", "calculator.divide", "allow", "ask"),
    }
    assert again["changed"] == sum(c["times"] for c in again["changes"]) < again["calls"]
    assert changes["bob", "calculator.divide", "allow", "ask"]["reason"] == (
        'to be asked by policy rule "tool calculator.*"'
    )
    lowered = {name: [one["limit"] for one in some] for name, some in again["lowered"].items()}
    assert lowered == {name: ["memory"] for name in ("ann", "bob", *TOUR_PLUGINS)}
    short = lion("audit", "last", "--policy", new).stdout
    assert f"{again['changed']} of {again['calls']} calls would be decided otherwise" in short
    text = lion("audit", "last", "--policy", new, "--full").stdout
    assert re.search(r"allow -> ask  bob  tools \w+ calculator.divide  once: to be asked by", text)
    assert re.search(
        r"deny -> allow  ann  tools \w+ hello.greet  once: granted by agents.ann", text
    )
    assert "bob  memory: 64 MiB -> 1 MiB" in text


def test_a_run_would_not_begin_under_a_rule_about_its_directories(lion: Lion) -> None:
    """As recorded: what is on the disk now is not asked."""
    (lion.folder / "keys").mkdir()
    path = lion.write(f"""
name = "x"
[plugins.files]
component = "{WASM}/files.wasm"
allow.fs = [{{ path = "/k", at = "keys" }}]
[[run]]
call = "files.list"
with = {{ path = "/k" }}
""")
    lion("run", path)
    (lion.folder / "keys").rmdir()
    real = os.path.realpath(lion.folder / "keys")
    read = lion.write(f'deny = ["fs-at read {real}"]', "read.toml")
    (told,) = lion.json("audit", "last", "--policy", read)["again"]["obstacles"]
    reason = f'denied by policy rule "fs-at read {real}"'
    what = f"fs-at read {real}"
    assert told == {"holder": "files", "what": what, "by": "policy line 1", "reason": reason}
    assert re.search(
        rf"would not begin  files  fs-at read {real}: denied by .* \(policy line 1\)",
        lion("audit", "last", "--policy", read).stdout,
    )
    write = lion.write(f'deny = ["fs-at write {real}"]', "write.toml")
    assert lion.json("audit", "last", "--policy", write)["again"]["obstacles"] == []


def test_a_rule_about_a_tool_that_run_starts_is_told(lion: Lion) -> None:
    path = lion.write(
        f'name = "x"\n[plugins.hello]\ncomponent = "{WASM}/hello.wasm"\n'
        '[[run]]\ncall = "hello.greet"\nwith = { name = "Ann" }\n'
    )
    policy = lion.write('deny = ["tool hello.*"]', "policy.toml")
    said = '"tool hello.*" is about what guests call; [[run]] starts hello.greet all the same'
    for words in (("check", path), ("audit", path)):
        assert said in lion(*words, "--policy", policy).stdout
    assert "Hello, Ann!" in lion("run", path, "--policy", policy).stdout
    (rule,) = lion.json("check", path, "--policy", policy)["unasked_rules"]
    assert rule == {"by": "policy line 1", "rule": "tool hello.*", "tool": "hello.greet"}


def test_what_the_same_rules_would_decide_is_no_change(lion: Lion) -> None:
    """Of a run with denials by grants, budgets and bad arguments none becomes another."""
    path = lion.write(f"""
name = "x"
[plugins.probe]
component = "{WASM}/probe.wasm"
allow.kv = {{ bytes = "1 KiB" }}
deny = ["random"]
[plugins.busy]
component = "{WASM}/probe.wasm"
limits = {{ calls = 1 }}
[[run]]
call = "busy.clock-now"
[[run]]
call = "busy.clock-now"
[[run]]
call = "probe.kv-set"
with = {{ key = "k", value = "v" }}
[[run]]
call = "probe.random-number"
[[run]]
call = "probe.tools-list"
""")
    lion("run", path)
    (budget,) = holders(lion.json("audit"))["busy"]["use"]["denied"]
    assert "calls" in budget["reason"], budget
    policy = lion.write("deny = []\n", "policy.toml")
    again = lion.json("audit", "last", "--policy", policy)["again"]
    assert (again["changed"], again["changes"], again["lowered"]) == (0, [], {})
    assert again["calls"] >= 3


def test_a_run_that_was_cut(lion: Lion) -> None:
    manifest = lion.write(f"""
name = "wait"
[agents.ann]
component = "{WASM}/waiter.wasm"
config = {{ nanos = 100000000, times = 1000, pieces = 1000 }}
[[run]]
agent = "ann"
task = "wait"
""")
    words = [sys.executable, "-m", "lion", "run", str(manifest)]
    with subprocess.Popen(
        words, env=lion.environ, stdout=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("ann | 1 of 1000")
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(SECONDS)
    audit = lion.json("audit", "last")
    assert audit["exit_code"] is None
    assert audit["endings"] == [{"name": "ann", "ending": "cut", "error": ""}]
    assert holders(audit)["ann"]["use"]["endings"] == {"cut": 1}
    text = lion("audit", "--full").stdout
    assert ": not finished (cut short, or still going), " in text
    assert rows(block(text, "agent ann"), "ran")[0].startswith("once: 1 cut; ")


def test_a_changed_log_is_not_audited(lion: Lion) -> None:
    import sqlite3

    lion("call", WASM / "hello.wasm", "greet", '{"name": "Ann"}')
    assert lion("audit", "--full").returncode == 0
    with sqlite3.connect(lion.state / "log.sqlite") as log:
        log.execute("UPDATE segments SET denied = 7")
    log.close()
    assert_one_line(lion("audit", "--full"), 5, "the index of its row was changed")


def test_a_bare_component_was_granted_nothing(lion: Lion) -> None:
    lion("call", WASM / "notebook.wasm", "count")
    lines = block(lion("audit", "last", "--full").stdout, "plugin notebook")
    assert rows(lines, "warning") == ["imported but not granted: kv"]
    assert rows(lines, "denied")[0].startswith("kv get counter  once: no grant covers it")


@pytest.mark.parametrize(
    ("word", "parts"),
    [
        ("manifst.toml", ("there is no manifest", "manifest.toml'?")),
        ("no/such", ("there is no manifest",)),
        (".", ("is a directory", "manifest.toml")),
        (str(WASM / "hello.wasm"), ("compiled component", "lion inspect")),
        ("nonesuch", ("nonesuch",)),
        ("", ("",)),
    ],
)
def test_what_cannot_be_audited(recorded: Lion, word: str, parts: tuple[str, ...]) -> None:
    recorded.write(tour())
    assert_one_line(recorded("audit", word), 2, *parts)


def test_set_is_for_manifests(lion: Lion) -> None:
    text = tour().replace("[plugins.hello]", '[vars]\nwho = "x"\n[plugins.hello]')
    path = lion.write(text.replace('task = "some sums"', 'task = "${who}"'))
    assert lion("audit", path, "--set", "who=y").returncode == 0
    assert lion("run", path).returncode == 0
    assert_one_line(lion("audit", "last", "--set", "who=y"), 2, "--set is for a manifest")


def test_there_is_no_run_yet(lion: Lion) -> None:
    assert_one_line(lion("audit", "--full"), 2)
    error = json.loads(lion("audit", "--json").stdout)["error"]
    assert error["kind"] == "OperatorError"


@pytest.mark.parametrize(
    ("budget", "amount", "shown"),
    [
        ("output", 2048, "2 KiB"),
        ("log", 2**27, "128 MiB"),
        ("calls", 20_000, "20,000"),
        ("llm.money of fast", 250_000, "0.25"),
        ("llm.tokens of bytes", 1024, "1,024"),
        ("http bytes-in GET http://a/money", 2048, "2 KiB"),
        ("http calls GET http://a/bytes", 2048, "2,048"),
    ],
)
def test_budgets_are_shown_in_their_units(budget: str, amount: int, shown: str) -> None:
    from lion.telling.amounts import render_spent

    assert render_spent(budget, amount) == shown


def test_what_a_guest_asked_for_cannot_draw(lion: Lion) -> None:
    words = json.dumps({"key": "a\n\x1b[1mok", "value": "x"})
    lion("call", WASM / "probe.wasm", "kv-set", words)
    text = lion("audit", "--full").stdout
    assert "\x1b" not in text
    assert "denied      kv set a\\n\\x1b[1mok  once: " in text
