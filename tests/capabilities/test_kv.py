"""Look here if you want to know that the key-value store keeps its bounds and its quota."""

from typing import ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lion.capabilities import kv
from lion.domain.call import CallError
from lion.domain.plan import Grant
from lion.testing.caller import FakeCaller, FakeTables


def granted(*quotas: int) -> FakeCaller:
    grants = [Grant("kv", "allow.kv", quota={"bytes": quota}) for quota in quotas]
    made = FakeCaller(grants=grants)
    made.grant = made.foresee("kv", "set", "key").grant
    return made


@pytest.fixture
def tables() -> FakeTables:
    return FakeTables()


@pytest.fixture
def caller() -> FakeCaller:
    return granted(10_000)


class Refused:
    """Expects a CallError of a case, and that nothing was changed."""

    def __init__(self, tables: FakeTables, case: str) -> None:
        self.tables, self.case, self.changes = tables, case, tables.changes

    def __enter__(self) -> None:
        self.raised = pytest.raises(CallError)
        self.info = self.raised.__enter__()

    def __exit__(self, *exc_info) -> bool:
        passed = self.raised.__exit__(*exc_info)
        assert self.info.value.case == self.case
        assert self.tables.changes == self.changes
        return bool(passed)


class TestKeys:
    CALLS: ClassVar = {
        "get": lambda tables, caller, key: kv.get(tables, caller, key),
        "set": lambda tables, caller, key: kv.set_(tables, caller, key, "u"),
        "delete": lambda tables, caller, key: kv.delete(tables, caller, key),
        "cas": lambda tables, caller, key: kv.compare_and_set(tables, caller, key, None, "u"),
    }

    @pytest.fixture(params=CALLS)
    def call(self, request, tables, caller):
        return lambda key: self.CALLS[request.param](tables, caller, key)

    @pytest.mark.parametrize("key", ["k", "k" * 1_024, "é" * 512, "\x00", " "])
    def test_1_to_1024_bytes_are_fine(self, call, key):
        call(key)

    @pytest.mark.parametrize("key", ["", "k" * 1_025, "é" * 512 + "k"])
    def test_others_are_invalid(self, call, tables, key):
        with Refused(tables, "invalid"):
            call(key)


class TestValues:
    def test_what_is_set_is_got_and_deleted(self, tables, caller):
        assert kv.get(tables, caller, "a") is None
        assert kv.set_(tables, caller, "a", "hiu") is None
        kv.set_(tables, caller, "a", "/w==b")
        assert kv.get(tables, caller, "a") == "/w==b"
        assert kv.delete(tables, caller, "a") is True
        assert kv.delete(tables, caller, "a") is False
        assert kv.get(tables, caller, "a") is None

    @pytest.mark.parametrize("value", ["", "hi", "hi=b"])
    def test_a_value_that_is_not_packed_is_invalid(self, tables, caller, value):
        with Refused(tables, "invalid"):
            kv.set_(tables, caller, "a", value)
        with Refused(tables, "invalid"):
            kv.compare_and_set(tables, caller, "a", None, value)
        with Refused(tables, "invalid"):
            kv.compare_and_set(tables, caller, "a", value, None)

    def test_holders_do_not_see_each_other(self, tables, caller):
        other = granted(10_000)
        other.namespace = "test/other"
        kv.set_(tables, caller, "a", "1u")
        assert kv.get(tables, other, "a") is None
        assert kv.list_(tables, other, "", None, 10) == []


class TestList:
    def test_by_prefix_after_and_limit_in_byte_order(self, tables, caller):
        for key in ("b", "a/2", "a/1", "a/é", "a/Z"):
            kv.set_(tables, caller, key, "u")
        assert kv.list_(tables, caller, "a/", None, 1_000) == ["a/1", "a/2", "a/Z", "a/é"]
        assert kv.list_(tables, caller, "a/", "a/1", 2) == ["a/2", "a/Z"]
        assert kv.list_(tables, caller, "", None, 1) == ["a/1"]

    @pytest.mark.parametrize("limit", [1, 1_000])
    def test_limits_within_bounds(self, tables, caller, limit):
        assert kv.list_(tables, caller, "p" * 1_024, "k" * 1_024, limit) == []

    @pytest.mark.parametrize(
        ("prefix", "after", "limit"),
        [("", None, 0), ("", None, 1_001), ("p" * 1_025, None, 1), ("", "k" * 1_025, 1)],
    )
    def test_others_are_invalid(self, tables, caller, prefix, after, limit):
        with Refused(tables, "invalid"):
            kv.list_(tables, caller, prefix, after, limit)


class TestQuota:
    """Counts the key and the packed value with its mark: "a" and "1234u" are 6 bytes."""

    def test_set_at_exactly_the_quota(self, tables):
        kv.set_(tables, granted(6), "a", "1234u")

    def test_one_byte_over_is_exhausted(self, tables):
        with Refused(tables, "exhausted"):
            kv.set_(tables, granted(5), "a", "1234u")

    def test_the_text_says_the_numbers(self, tables):
        kv.set_(tables, granted(2_000), "a", "u")
        with pytest.raises(CallError, match=r"quota is 1,000 bytes, 2 are used, 1,202 more"):
            kv.set_(tables, granted(1_000), "bb", "x" * 1_199 + "u")

    def test_bytes_are_of_utf8(self, tables):
        kv.set_(tables, granted(5), "é", "éu")
        with Refused(tables, "exhausted"):
            kv.set_(tables, granted(9), "ü", "éu")

    def test_replacing_counts_the_difference(self, tables):
        kv.set_(tables, granted(6), "a", "1234u")
        kv.set_(tables, granted(6), "a", "5678u")
        kv.set_(tables, granted(7), "a", "12345u")
        with Refused(tables, "exhausted"):
            kv.set_(tables, granted(7), "a", "123456u")

    def test_above_a_quota_that_was_cut_it_may_only_shrink(self, tables):
        kv.set_(tables, granted(6), "a", "1234u")
        kv.set_(tables, granted(2), "a", "123u")
        with Refused(tables, "exhausted"):
            kv.set_(tables, granted(2), "a", "1234u")
        assert kv.delete(tables, granted(2), "a")

    def test_the_largest_of_several_grants_counts(self, tables):
        kv.set_(tables, granted(1, 6, 2), "a", "1234u")
        with Refused(tables, "exhausted"):
            kv.set_(tables, granted(6, 6), "b", "u")

    @pytest.mark.parametrize("grant", [(), (Grant("kv", "allow.kv"),)])
    def test_without_bytes_in_a_grant_nothing_fits(self, tables, grant):
        with Refused(tables, "exhausted"):
            kv.set_(tables, FakeCaller(grants=grant), "a", "u")

    def test_compare_and_set_is_counted_too(self, tables):
        with Refused(tables, "exhausted"):
            kv.compare_and_set(tables, granted(5), "a", None, "1234u")
        assert kv.compare_and_set(tables, granted(6), "a", None, "1234u")
        assert kv.compare_and_set(tables, granted(6), "a", "1234u", "5678u")
        with Refused(tables, "exhausted"):
            kv.compare_and_set(tables, granted(6), "a", "5678u", "12345u")

    def test_a_compare_that_fails_asks_no_quota(self, tables):
        assert kv.compare_and_set(tables, granted(0), "a", "xu", "1234u") is False


class TestCompareAndSet:
    @pytest.mark.parametrize(
        ("current", "expected", "value", "changes", "after"),
        [
            (None, None, None, True, None),
            (None, None, "1u", True, "1u"),
            (None, "1u", "2u", False, None),
            (None, "1u", None, False, None),
            ("1u", None, "2u", False, "1u"),
            ("1u", None, None, False, "1u"),
            ("1u", "1u", "2u", True, "2u"),
            ("1u", "1u", None, True, None),
            ("1u", "2u", "3u", False, "1u"),
            ("1u", "MQ==b", "2u", True, "2u"),
            ("u", None, "1u", False, "u"),
            (None, "u", "1u", False, None),
            ("u", "b", "1u", True, "1u"),
        ],
    )
    def test_changes_if_it_holds_the_expected_bytes(
        self, tables, caller, current, expected, value, changes, after
    ):
        if current is not None:
            kv.set_(tables, caller, "a", current)
        assert kv.compare_and_set(tables, caller, "a", expected, value) is changes
        assert kv.get(tables, caller, "a") == after


KEYS = st.sampled_from(["a", "bb", "é"])
VALUES = st.text("xé", max_size=12).map(lambda text: text + "u")


@given(st.lists(st.tuples(KEYS, st.none() | VALUES)), st.integers(0, 40))
def test_the_quota_is_never_passed(steps: list[tuple[str, str | None]], quota: int):
    tables, caller = FakeTables(), granted(quota)
    for key, value in steps:
        before = tables.kv_bytes(caller.namespace)
        try:
            if value is None:
                kv.delete(tables, caller, key)
            else:
                kv.set_(tables, caller, key, value)
        except CallError:
            assert tables.kv_bytes(caller.namespace) == before
        assert tables.kv_bytes(caller.namespace) <= quota
