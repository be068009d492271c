"""SECURITY.md's table of advisories is that of the pinned wasmtime, and what it says of switches
is so.
"""

import re
from pathlib import Path

from lion.wasm import capi
from lion.wasm.engine import FLAGS

SECURITY = (Path(__file__).parents[2] / "SECURITY.md").read_text("utf-8")
TABLE = SECURITY.partition("## Advisories of wasmtime")[2]
ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in TABLE.splitlines()
    if line.startswith("| GHSA-")
]
_ID = re.compile(r"GHSA(-[23456789cfghjmpqrvwx]{4}){3}")


def test_the_table_was_checked_for_the_version_that_is_pinned() -> None:
    """After a bump: look at the releases in between, add what is new, and name the version."""
    found = re.search(r"Checked for wasmtime (\S+) on \d{4}-\d\d-\d\d", TABLE)
    assert found and found.group(1) == capi.PINNED


def test_every_advisory_is_named_decided_and_explained_once() -> None:
    names = [name for row in ROWS for name in row[0].split(", ")]
    assert len(names) == len(set(names)) >= 30
    assert all(_ID.fullmatch(name) for name in names)
    for name, what, state, concerns in ROWS:
        assert len(what) > 15 and re.match(r"open$|fixed (in|before) \d+\.\d+\.\d+$", state), name
        assert re.match(r"no: .{8,}|yes", concerns), name


def test_what_concerns_lion_is_not_open() -> None:
    """If one has to be, say what is done about it, and change this test."""
    assert not [row[0] for row in ROWS if row[2] == "open" and row[3].startswith("yes")]


def test_what_is_said_to_be_off_is_off() -> None:
    for name, _, _, concerns in ROWS:
        for switch in re.findall(r"`(\w+)`", concerns):
            if switch != "Caller":
                assert FLAGS[switch] is False, (name, switch)


def test_no_wasi_of_wasmtimes_is_linked() -> None:
    for path in (Path(__file__).parents[2] / "lion").rglob("*.py"):
        text = path.read_text("utf-8")
        assert not re.search(r"add_wasip\d|define_wasi|set_wasi|WasiConfig", text), path
