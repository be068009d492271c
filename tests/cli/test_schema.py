"""Look here if you want to know what `lion schema` prints."""

import pytest

from lion.manifest.schema import KINDS, render_schema
from tests.cli.kit import Lion, assert_one_line


@pytest.mark.parametrize("kind", KINDS)
def test_it_prints_the_schema_of_a_kind_of_file(lion: Lion, kind: str) -> None:
    printed = lion("schema", kind)
    assert (printed.returncode, printed.stdout) == (0, render_schema(kind))


def test_another_kind_is_refused_with_those_there_are(lion: Lion) -> None:
    assert_one_line(lion("schema", "secrets"), 2, "'secrets'", *map(repr, KINDS))
