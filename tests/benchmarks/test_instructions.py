"""Look here if you want to know that a call does not get dearer unseen: instructions are counted
and compared with what is committed.
"""

import pytest

from benchmarks import callgrind, instructions
from benchmarks.contests import CONTESTS


@pytest.mark.slow
@pytest.mark.skipif(not callgrind.is_possible(), reason="needs valgrind and x86-64")
@pytest.mark.skipif(not instructions.committed(), reason="no figures for this Python")
def test_nothing_has_got_dearer() -> None:
    """Written anew with `python -m benchmarks.instructions --write`, by who says why."""
    found = instructions.count()
    assert set(found) == set(instructions.SIZES)
    assert instructions.dearer(found, instructions.committed()) == []


def test_what_grows_beyond_the_margin_is_told() -> None:
    known = {"fast": 100.0, "slow": 100.0}
    assert instructions.dearer({"fast": 107.9, "slow": 20.0, "new": 5.0}, known) == []
    (told,) = instructions.dearer({"fast": 109.0}, known)
    assert told == "fast: 109 where 100 is committed (+9%)"


def test_the_figures_are_of_contests_that_there_are() -> None:
    assert set(instructions.SIZES) <= {one.name for one in CONTESTS}
    known = instructions.committed()
    assert not known or set(known) == set(instructions.SIZES)


def test_requests_do_nothing_outside_of_valgrind() -> None:
    if not callgrind.is_possible():
        pytest.skip("needs x86-64")
    with callgrind.Callgrind().counting():
        assert sum(range(10)) == 45
