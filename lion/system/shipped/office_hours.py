"""Look here if you want to know how `office-hours` lets nothing happen outside of some hours.

    [system.night]
    use = "office-hours"
    settings = { zone = "Europe/Berlin", days = ["mon", "tue", "wed", "thu", "fri"],
                 hours = "08:30-18:00", capabilities = ["http", "tools"] }

It is a processor: it denies calls, and can allow none. Hours may pass midnight ("22:00-06:00");
then the day is the one on which they began. The time is the call's.
"""

import sys
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field

from lion.system import EVERYTHING, Call, CapabilityName, Deny, PluginSettings, SystemPlugin

Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
DAYS: tuple[Day, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def _check_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise ValueError(
            f'{name!r} is no time zone this machine knows; write one such as "Europe/Berlin", or '
            f"install their data: {sys.executable} -m pip install tzdata"
        ) from None
    return name


def _check_hours(text: str) -> str:
    begin, end = _minutes(text)
    if begin == end:
        raise ValueError(f"{text!r} is no time at all; leave hours out for whole days")
    return text


def _minutes(text: str) -> tuple[int, int]:
    """Begin and end in minutes after midnight; 24:00 is the end of a day."""
    try:
        begin, end = (part.split(":") for part in text.split("-"))
        (h, m), (h2, m2) = map(int, begin), map(int, end)
    except ValueError:
        raise ValueError(f'{text!r} is no span of hours; write "08:30-18:00"') from None
    if not (
        0 <= h < 24 and 0 <= h2 <= 24 and 0 <= m < 60 and 0 <= m2 < 60 and h2 * 60 + m2 <= 1440
    ):
        raise ValueError(f"{text!r} has hours or minutes that no clock shows")
    return h * 60 + m, h2 * 60 + m2


class OfficeHoursSettings(PluginSettings):
    """When calls of `capabilities` ("*": all) may happen, by the clock of `zone`."""

    zone: Annotated[str, AfterValidator(_check_zone)]
    days: Annotated[tuple[Day, ...], Field(min_length=1)] = DAYS
    hours: Annotated[str, AfterValidator(_check_hours)] = "00:00-24:00"
    capabilities: tuple[CapabilityName, ...] = EVERYTHING


class OfficeHours(SystemPlugin[OfficeHoursSettings]):
    """Denies calls outside of the hours and days of a time zone."""

    contract = 1

    @cached_property
    def _zone(self) -> ZoneInfo:
        return ZoneInfo(self.settings.zone)

    def judged(self) -> tuple[str, ...]:
        """Those of the settings."""
        return self.settings.capabilities

    def judge(self, call: Call) -> Deny | None:
        """Deny what comes outside of the hours."""
        moment = datetime.fromtimestamp(call.time_ns / 1e9, UTC).astimezone(self._zone)
        if self.is_open(moment):
            return None
        days, hours, zone = ", ".join(self.settings.days), self.settings.hours, self.settings.zone
        return Deny(f"it is {moment:%a %H:%M} in {zone}, outside of {hours} on {days}")

    def is_open(self, moment: datetime) -> bool:
        """Whether a moment of the zone's clock lies within the hours of a day that is listed."""
        begin, end = _minutes(self.settings.hours)
        minute = moment.hour * 60 + moment.minute
        if begin < end:
            return begin <= minute < end and self._is_listed(moment)
        if minute >= begin:
            return self._is_listed(moment)
        return minute < end and self._is_listed(moment - timedelta(days=1))

    def _is_listed(self, moment: datetime) -> bool:
        return DAYS[moment.weekday()] in self.settings.days
