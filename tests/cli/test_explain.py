"""Look here if you want to know what `lion explain` and `lion tighten` print, and refuse."""

import json
import re

from tests.cli.kit import ROOT, WASM, Lion, assert_one_line

MANIFEST = f"""name = "t"

[plugins.probe]
component = "{WASM}/probe.wasm"
allow.kv = {{ bytes = "1 KiB" }}
allow.tools = ["probe.*"]  # too much

[[run]]
call = "probe.tools-call"
with = {{ name = "probe.config-keys", arguments = "{{}}" }}
"""


def _denied(recorded: Lion) -> int:
    """The record of a call that was denied."""
    records = map(json.loads, recorded("log", "last", "--json").stdout.splitlines())
    return next(one["seq"] for one in records if one["event"].get("verdict") == "deny")


def test_explain_tells_it_in_lines(recorded: Lion) -> None:
    denied = _denied(recorded)
    result = recorded("explain", "last", str(denied))
    assert result.returncode == 0, result.stderr
    for words in (
        "proved: the run verifies", ": tools call notebook.", "deny by grants: no grant covers",
        "started by the run", "allow: a line of the manifest, [agents.",
    ):  # fmt: skip
        assert words in result.stdout
    told = recorded.json("explain", "last", str(denied))
    assert told["asked"]["decided"]["verdict"] == "deny"
    assert told["record"]["is_proved"]
    assert_one_line(recorded("explain", "last", "99999"), 2, "has no record 99999", "1 to")
    assert recorded("explain", "last", "0").returncode == 2
    assert_one_line(recorded("explain", "nobody", "1"), 2, "nobody")


def test_explain_every_record(recorded: Lion) -> None:
    lines = recorded("log", "last", "--json").stdout.splitlines()
    kinds = {}
    for one in map(json.loads, lines):
        kinds.setdefault(one["type"], one["seq"])
    for kind, seq in kinds.items():
        result = recorded("explain", "last", str(seq))
        assert result.returncode == 0, result.stderr
        assert kind in result.stdout.splitlines()[0]


def test_tighten_shows_and_writes(lion: Lion) -> None:
    path = lion.write(MANIFEST)
    assert lion("run", path).returncode == 0
    result = lion("tighten", "last")
    assert result.returncode == 0, result.stderr
    assert '-allow.kv = { bytes = "1 KiB" }' in result.stdout
    assert '+allow.tools = ["probe.config-keys"]  # too much' in result.stdout
    assert path.read_text("utf-8") == MANIFEST
    written = lion("tighten", "last", "--write")
    assert written.stdout.endswith("written: manifest.toml\n")
    assert "allow.kv" not in path.read_text("utf-8")
    assert lion.json("run", path)["denied"] == 0
    assert "nothing to tighten" in lion("tighten", "last").stdout
    told = lion.json("tighten", "last")
    assert (told["changes"], told["is_written"]) == ([], False)


def test_tighten_refuses(lion: Lion) -> None:
    path = lion.write(MANIFEST)
    other = lion.write(MANIFEST.replace('"t"', '"u"'), "other.toml")
    assert lion("run", path).returncode == 0
    assert lion("run", other).returncode == 0
    one, two = (run["run"] for run in lion.json("runs"))
    assert_one_line(lion("tighten", one, two), 2, "different manifests")
    assert lion("tighten", one, two, "--manifest", path).returncode == 0
    path.unlink()
    assert_one_line(lion("tighten", one), 2, "there is no")
    assert lion("call", f"{WASM}/calculator.wasm", "add", '{"a": 1, "b": 2}').returncode == 0
    assert_one_line(lion("tighten", "last"), 2, "no manifest in a file", "--manifest")


def test_the_documented_fields_are_those_of_the_command(recorded: Lion) -> None:
    page = (ROOT / "docs" / "log-and-audit.md").read_text("utf-8")
    table = page.partition("| field | value |\n")[2].partition("\n\n")[0]
    words = set(re.findall(r"`(\w+)(?:\[\])?`", table))
    told = recorded.json("explain", "last", str(_denied(recorded)))
    assert set(told) <= words
    for one in (told["asked"], told["asked"]["decided"], told["causes"][0], told["proof"]):
        assert set(one) <= words
