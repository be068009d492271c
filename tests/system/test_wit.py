"""Look here if you want to know whether `lion wit` prints what guests are built against, and what
is said of an extension wherever rights are listed.
"""

import json
from pathlib import Path

import pytest

from lion.system.functions import ERROR
from lion.values.wit import KEYWORDS
from tests.cli.kit import ROOT, WASM, Lion, assert_one_line
from tests.system.kit import install

NAME = "acme:shelf/books"
GUEST = ROOT / "plugins-src" / "bookworm" / "wit" / "deps" / "acme-shelf" / "books.wit"
MANIFEST = f"""
name = "reading"

[system.books]
use = "books"

[plugins.worm]
component = "{WASM}/bookworm.wasm"
allow.interfaces."{NAME}" = ["fiction/**", "unused"]

[plugins.calculator]
component = "{WASM}/calculator.wasm"

[[run]]
call = "worm.put"
with = {{ title = "fiction/Dune", inner = "Dune" }}
"""

KEYED = '''
from dataclasses import dataclass
from lion.system import SystemPlugin, function

@dataclass
class Record:
    type: str
    own_list: list[bool] | None

class Keyed(SystemPlugin):
    """Has WIT's words for names."""
    contract = 1
    offers = "acme:use/interface@0.1.0"

    @function
    def from_(self) -> None:
        """Nothing."""

class Use(SystemPlugin):
    contract = 1
    offers = "acme:use/interface@0.1.0"

    @function(target="string", outside=False)
    def export(self, string: str, record: Record) -> tuple[float, Record]:
        """First.

        Second.
        """
        return 1.0, record
'''


def test_it_is_what_the_tests_guest_is_built_against(lion: Lion) -> None:
    told = lion("wit", "books")
    assert told.returncode == 0, told.stderr
    assert told.stdout == GUEST.read_text("utf-8")
    as_json = lion.json("wit", "books")
    assert as_json["interface"] == f"{NAME}@1.2.0"
    assert as_json["wit"] == told.stdout


def test_words_of_wit_are_escaped(lion: Lion, tmp_path: Path) -> None:
    site = install(tmp_path / "keyed", {"use": "keyed:Use", "keyed": "keyed:Keyed"}, name="keyed")
    (site / "keyed.py").write_text(KEYED, "utf-8")
    lion.environ["PYTHONPATH"] += f":{site}"
    told = lion("wit", "use")
    assert told.stdout == (
        "package acme:%use@0.1.0;\n\n"
        "interface %interface {\n"
        "    use lion:host/types@0.1.0.{error};\n\n"
        "    record %record {\n"
        "        %type: string,\n"
        "        own-list: option<list<bool>>,\n"
        "    }\n\n"
        "    /// First.\n"
        "    ///\n"
        "    /// Second.\n"
        "    %export: func(%string: string, %record: %record) -> result<tuple<f64, %record>, "
        "error>;\n"
        "}\n"
    )
    assert "    %from: func() -> result<_, error>;\n" in lion("wit", "keyed").stdout
    assert "/// Has WIT's words for names.\ninterface" in lion("wit", "keyed").stdout


def test_the_error_is_the_one_of_lions_own_interfaces() -> None:
    text = (ROOT / "wit" / "types.wit").read_text("utf-8")
    body = text.partition("variant error {")[2].partition("}")[0]
    cases = [line.strip() for line in body.splitlines() if line.strip()[:3] not in ("///", "")]
    assert cases == [f"{name}(string)," for name, _ in ERROR.cases]
    assert "interface" in KEYWORDS


@pytest.mark.parametrize(
    ("use", "said"),
    [
        ("shelf", "'shelf' of acme-shelf 1.2.3: it offers guests no interface of its own"),
        ("boks", "no system plugin 'boks' is installed"),
        ("greedy", "it offers 'lion:host/kv@0.1.0', which is no interface of its own"),
        ("vague", "the function 'get': dict[str, str] has no WIT; write a list of tuples"),
        ("worm.wasm", "'worm.wasm' is a component, not a system plugin"),
    ],
)
def test_a_mistake_is_one_sentence(lion: Lion, use: str, said: str) -> None:
    assert_one_line(lion("wit", use), 2, said)


def test_it_is_listed_wherever_rights_are(lion: Lion) -> None:
    path = lion.write(MANIFEST)
    checked = lion("check", path).stdout
    assert f"imports {NAME}, log; granted {NAME}" in checked
    assert f"UNSANDBOXED: trusted Python, books of acme-shelf 1.2.3; offers {NAME}" in checked
    inspected = lion("inspect", f"{WASM}/bookworm.wasm").stdout
    assert f"{NAME}@1.2.0: find, put, count, cover-of, misbehave" in inspected
    assert "not lion's: runs where a system plugin offers it" in inspected
    for words in (("audit", path), ("audit", "last")):
        if words[1] == "last":
            assert lion("run", path).returncode == 0
        audit = lion(*words, "--full").stdout
        assert f'UNSANDBOXED Python; through {NAME}: system "books"' in audit
        holders = {one["name"]: one for one in lion.json(*words)["holders"]}
        offers = holders["books"]["system"]["offers"]
        assert f"{NAME}@1.2.0#put(title)" in offers
        assert holders["worm"]["reachable"][0]["through"] == [NAME]
        assert holders["calculator"]["reachable"] == []
    assert f"granted     {NAME} fiction/**  2 times" in audit
    assert "never used" in audit
    assert f"{NAME} unused" in audit


def test_a_denial_names_the_line_in_the_audit_too(lion: Lion) -> None:
    path = lion.write(MANIFEST.replace("fiction/Dune", "other"))
    assert lion("run", path).returncode == 1
    (worm,) = [one for one in lion.json("audit", "last")["holders"] if one["name"] == "worm"]
    (denial,) = worm["use"]["denied"]
    line = f'plugins.worm.allow.interfaces."{NAME}" = ["fiction/**", "unused", "other"]'
    assert denial["suggestion"] == line
    assert json.dumps(line)[1:-1] in lion("audit", "last", "--json").stdout


def test_a_manifest_without_it_says_what_is_missing(lion: Lion) -> None:
    missing = MANIFEST.replace('[system.books]\nuse = "books"', "")
    place = f'manifest.toml:8: plugins.worm.allow.interfaces."{NAME}": no system plugin of this'
    for command in ("check", "run"):
        assert_one_line(lion(command, lion.write(missing)), 2, place, "[system.NAME] with use")
    called = lion("call", f"{WASM}/bookworm.wasm", "bookworm.count")
    assert_one_line(called, 3, f"it imports {NAME}@1.2.0, which no system plugin of this manifest")
