"""Look here if you want to know when office-hours lets calls happen, by a given clock."""

from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from lion.domain.events import SystemPluginLoaded
from lion.errors import OperatorError
from lion.system import Deny
from lion.testing.clock import FrozenClock
from tests.attack.kit import call, holder, only, open_arena
from tests.system.kit import of_type, open_system, system

BERLIN = {"zone": "Europe/Berlin"}
WORK = {**BERLIN, "days": ["mon", "tue", "wed", "thu", "fri"], "hours": "08:30-18:00"}
NIGHT = {**BERLIN, "days": ["fri"], "hours": "22:00-06:00"}
SUMMER, WINTER = "2026-07-03", "2026-01-02"  # both Fridays


def at(moment: str, zone: str = "Europe/Berlin") -> FrozenClock:
    """A clock that stands still at a local time."""
    local = datetime.fromisoformat(moment).replace(tzinfo=ZoneInfo(zone))
    return FrozenClock(now_ns=int(local.timestamp()) * 1_000_000_000)


@pytest.mark.parametrize(
    ("settings", "moment", "is_open"),
    [
        (WORK, f"{SUMMER} 08:29", False),
        (WORK, f"{SUMMER} 08:30", True),
        (WORK, f"{WINTER} 08:30", True),
        (WORK, f"{SUMMER} 17:59", True),
        (WORK, f"{SUMMER} 18:00", False),
        (WORK, "2026-07-04 12:00", False),  # Saturday
        (NIGHT, f"{SUMMER} 21:59", False),
        (NIGHT, f"{SUMMER} 22:00", True),
        (NIGHT, "2026-07-04 05:59", True),  # Friday's night
        (NIGHT, "2026-07-04 06:00", False),
        (NIGHT, f"{SUMMER} 05:59", False),  # Thursday's
        (BERLIN, "2026-07-05 23:59", True),
        ({**BERLIN, "hours": "00:00-00:01"}, f"{SUMMER} 00:00", True),
        ({**BERLIN, "hours": "00:00-00:01"}, f"{SUMMER} 00:01", False),
        ({**BERLIN, "hours": "12:00-24:00"}, f"{SUMMER} 23:59", True),
    ],
)
async def test_it_denies_outside_of_its_hours(
    settings: dict[str, Any], moment: str, is_open: bool
) -> None:
    async with open_system("office-hours", settings, clock=at(moment)) as bench:
        said = bench.judge("http", "send", "GET https://a.example/")
        assert (said is None) is is_open
        assert said is None or isinstance(said, Deny)


async def test_the_zone_counts_and_not_the_machine() -> None:
    clock = at("2026-07-03 08:31", "Asia/Tokyo")
    for zone, is_open in (("Asia/Tokyo", True), ("Europe/Berlin", False)):
        async with open_system("office-hours", {**WORK, "zone": zone}, clock=clock) as bench:
            assert (bench.judge("kv", "get", "x") is None) is is_open


async def test_its_reason_says_what_is_known() -> None:
    async with open_system("office-hours", NIGHT, clock=at(f"{SUMMER} 12:05")) as bench:
        assert bench.judge("kv", "get", "x") == Deny(
            "it is Fri 12:05 in Europe/Berlin, outside of 22:00-06:00 on fri"
        )


async def test_only_the_chosen_capabilities_are_judged() -> None:
    settings = {**NIGHT, "capabilities": ["http", "tools"]}
    async with open_system("office-hours", settings, clock=at(f"{SUMMER} 12:00")) as bench:
        assert bench.info.judges == ("http", "tools")
        assert bench.judge("http", "send", "GET https://a.example/") is not None
        assert bench.judge("clock", "now") is None


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({}, "'zone' is missing"),
        ({"zone": "Europe/Berln"}, "'Europe/Berln' is no time zone"),
        ({"zone": "../../etc/passwd"}, "is no time zone"),
        ({**BERLIN, "hours": "8-18"}, 'is no span of hours; write "08:30-18:00"'),
        ({**BERLIN, "hours": "08:00-24:30"}, "no clock shows"),
        ({**BERLIN, "hours": "08:00-08:00"}, "is no time at all"),
        ({**BERLIN, "days": ["monday"]}, "settings.days[0]"),
        ({**BERLIN, "days": []}, "settings.days"),
        ({**BERLIN, "capabilities": ["htp"]}, "there is no capability 'htp'; did you mean 'http'"),
        ({**BERLIN, "hour": "x"}, "unknown key 'hour'; did you mean 'hours'?"),
    ],
)
async def test_settings_that_make_no_sense_are_refused(
    settings: dict[str, Any], said: str
) -> None:
    with pytest.raises(OperatorError) as caught:
        async with open_system("office-hours", settings):
            pass
    assert said in str(caught.value)


async def test_in_a_run_it_denies_what_was_granted(tmp_path: Path) -> None:
    never = 'settings = { zone = "UTC", days = ["mon"], hours = "00:00-00:01" }'
    always = 'settings = { zone = "UTC" }'
    fetcher = holder("fetcher", "fetcher", 'allow.http = ["GET http://127.0.0.1:1/**"]')
    fetch = call("fetcher.fetch", url="http://127.0.0.1:1/")
    async with open_arena(tmp_path) as arena:
        said = []
        for settings in (always, never):
            report = await arena.run(system("night", "office-hours", settings), fetcher, fetch)
            said.append(only(report).error)
            (loaded,) = of_type(arena.events(report.run), SystemPluginLoaded)
            assert (loaded.distribution, loaded.judges) == ("lion-host", ("*",))
        assert "denied" not in said[0]
        assert "denied" in said[1]
