"""Tokens, addresses that sign in, and sessions are few, and end when they should."""

from pathlib import Path

import pytest

from lion.domain.task import Principal, Role
from lion.errors import OperatorError
from lion.kernel.system_clock import SystemClock
from lion.service import access
from lion.service.access import ONCE_NS, SESSION_NS
from lion.service.living import Living
from tests.service.rig import ANN, living_in
from tests.web.kit import noted_waits

HOUR_NS = 3_600 * 10**9


class Later(SystemClock):
    """A clock that is so much later than it is."""

    def __init__(self, by_ns: int) -> None:
        super().__init__()
        self._by_ns = by_ns

    def now_ns(self) -> int:
        return super().now_ns() + self._by_ns


def make_later(living: Living, by_ns: int) -> None:
    living.service.chain._clock = Later(by_ns)


async def test_an_address_that_nobody_used_is_worth_nothing_later(tmp_path: Path) -> None:
    async with living_in(tmp_path) as living:
        secret, other = living.access.open_once(ANN), living.access.open_once(ANN)
        make_later(living, ONCE_NS - HOUR_NS // 100)
        assert await living.access.sign_in(other) is not None
        make_later(living, ONCE_NS)
        assert await living.access.sign_in(secret) is None


async def test_of_too_many_addresses_the_oldest_is_worth_nothing(tmp_path: Path) -> None:
    async with living_in(tmp_path) as living:
        secrets = [living.access.open_once(ANN) for _ in range(access.MOST_ONCE + 1)]
        assert await living.access.sign_in(secrets[0]) is None
        for secret in secrets[1:]:
            assert await living.access.sign_in(secret) is not None


async def test_a_session_ends_with_its_token_and_at_the_latest_after_a_week(
    tmp_path: Path,
) -> None:
    async with living_in(tmp_path) as living:
        short = await living.access.create(ANN, "short", Role.VIEWER, HOUR_NS)
        long = await living.access.create(ANN, "long", Role.VIEWER)
        of_short, of_long = [await living.access.sign_in(one) for one in (short, long)]
        assert of_short is not None and of_long is not None
        make_later(living, HOUR_NS)
        assert living.access.of_token(short) is None
        assert living.access.of_session(of_short) is None
        assert living.access.of_session(of_long) == Principal("token", "long", Role.VIEWER)
        make_later(living, SESSION_NS)
        assert living.access.of_session(of_long) is None


async def test_there_are_only_so_many_tokens(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(access, "MOST_TOKENS", 2)
    async with living_in(tmp_path) as living:
        for name in "ab":
            await living.access.create(ANN, name, Role.VIEWER)
        with pytest.raises(OperatorError, match="there are 2 tokens already"):
            await living.access.create(ANN, "c", Role.VIEWER)
        await living.access.revoke(ANN, "a")
        await living.access.create(ANN, "c", Role.VIEWER)


async def test_one_address_does_not_pay_for_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with living_in(tmp_path) as living:
        with noted_waits(monkeypatch) as waited:
            for peer in ("192.0.2.1", "192.0.2.1", "192.0.2.1", "192.0.2.2"):
                await living.access.slow_down(peer)
        assert waited == [0.1, 0.2, 0.4, 0.1]
