"""Look here if you want to know which ways of writing a quantity are taken."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lion.domain.plan import Rate
from lion.domain.units import (
    LARGEST,
    TIMES,
    BadUnit,
    counted,
    parse_count,
    parse_duration,
    parse_rate,
    parse_size,
    render_duration,
    render_rate,
    render_size,
    round_size,
    seconds_of,
)


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("64 MiB", 64 << 20),
        ("64MiB", 64 << 20),
        ("0 B", 0),
        ("1.5 kB", 1500),
        ("20_000 B", 20_000),
    ],
)
def test_sizes(text: str, size: int) -> None:
    assert parse_size(text) == size


@pytest.mark.parametrize(
    ("text", "ns"), [("250 ms", 250_000_000), ("0.5 s", 500_000_000), ("2 min", 120 * 10**9)]
)
def test_times(text: str, ns: int) -> None:
    assert parse_duration(text) == ns


def test_rates_and_counts() -> None:
    assert parse_rate("10/s") == Rate(10, 10**9)
    assert parse_rate("6_000 / min") == Rate(6_000, 60 * 10**9)
    assert parse_count(20_000) == parse_count("20_000") == 20_000


@pytest.mark.parametrize(
    "value",
    [
        "64",
        "64 Mb",
        "64 mib",
        "-1 B",
        "1e3 B",
        "0.1 B",
        "64 MiB\n",
        "",
        "٣ B",
        64,
        None,
        True,
        "9" * 400 + " B",
        f"{2**63} B",
        "64  MiB",
        "1__0 B",
    ],
)
def test_a_bad_size_names_the_accepted_forms(value: object) -> None:
    with pytest.raises(BadUnit, match=r'"64 MiB".*KiB') as caught:
        parse_size(value)
    assert len(str(caught.value)) < 250


@pytest.mark.parametrize("value", ["5", "5 sec", "5 S", 5, "1.0000000001 s"])
def test_a_bad_time_names_the_accepted_forms(value: object) -> None:
    with pytest.raises(BadUnit, match=r'"250 ms".*ns, us, ms, s, min'):
        parse_duration(value)


@pytest.mark.parametrize("value", ["10", "10/2 s", "1.5/s", "/s", 10, "10 per s"])
def test_a_bad_rate_names_the_accepted_forms(value: object) -> None:
    with pytest.raises(BadUnit, match='"10/s"'):
        parse_rate(value)


@pytest.mark.parametrize("value", [-1, True, 1.0, "x", "-1", 2**63, None, "1 000"])
def test_a_bad_count_names_the_accepted_form(value: object) -> None:
    with pytest.raises(BadUnit, match="20_000"):
        parse_count(value)


@given(st.integers(0, LARGEST))
def test_what_is_rendered_is_read_back(amount: int) -> None:
    assert parse_size(render_size(amount)) == amount
    assert parse_duration(render_duration(amount)) == amount


@given(st.integers(0, LARGEST), st.sampled_from(sorted(TIMES.values())))
def test_rates_are_read_back(count: int, period_ns: int) -> None:
    assert parse_rate(render_rate(Rate(count, period_ns))) == Rate(count, period_ns)


def test_rendering_takes_the_largest_exact_unit() -> None:
    assert render_size(65_536) == "64 KiB"
    assert render_size(1_000_000) == "1 MB"
    assert render_duration(90 * 10**9) == "90 s"
    assert render_rate(Rate(10, 10**9)) == "10/s"
    assert render_rate(Rate(10, 1_500_000_000)) == "10/1500 ms"


@pytest.mark.parametrize(
    ("size", "shown"),
    [
        (0, "0 B"), (1, "1 B"), (1023, "1,023 B"), (1024, "1 KiB"), (1536, "1.5 KiB"),
        (13_421_773, "12.8 MiB"), (2**20 - 1, "1 MiB"), (2**30, "1 GiB"),
        (2**63 - 1, "8,388,608 TiB"),
        (123_456, "121 KiB"),
    ],
)  # fmt: skip
def test_sizes_to_be_read(size: int, shown: str) -> None:
    assert round_size(size) == shown


@pytest.mark.parametrize(
    ("count", "shown"), [(0, "0 calls"), (1, "1 call"), (1234, "1,234 calls")]
)
def test_counts_with_their_word(count: int, shown: str) -> None:
    assert counted(count, "call") == shown


def test_no_limit_on_time_is_endless() -> None:
    assert (seconds_of(None), seconds_of(1_500_000_000)) == (float("inf"), 1.5)
