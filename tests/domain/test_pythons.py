"""Which Pythons lion refuses is said in four files, and the same in all."""

import re
from pathlib import Path

from lion.domain.pythons import OLDEST, REFUSED

ROOT = Path(__file__).parents[2]


def test_installers_and_makers_refuse_the_same() -> None:
    project = (ROOT / "pyproject.toml").read_text("utf-8")
    (requires,) = re.findall(r'^requires-python = "(.*)"$', project, re.MULTILINE)
    refused = [f"!={'.'.join(map(str, one))}" for one in REFUSED]
    assert requires.split(", ") == [f">={'.'.join(map(str, OLDEST))}", *refused]
    for name in ("Makefile", ".ci/run"):
        assert f"in {REFUSED}" in (ROOT / name).read_text("utf-8"), name
