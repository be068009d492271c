"""Look here if you want to know how sizes, times, rates and counts are written in lion's files.

Rule: a size, a time or a rate names its unit; only a count is a bare number.
Rule: what comes out is a whole number of bytes or nanoseconds, from 0 to 2^63 - 1.
"""

import re
from decimal import Decimal
from fractions import Fraction

from lion.domain.plan import Rate

LARGEST = 2**63 - 1
"""No quantity is larger: it must fit into 64 bits with a sign."""

SIZES = {
    "B": 1,
    "kB": 10**3,
    "MB": 10**6,
    "GB": 10**9,
    "TB": 10**12,
    "KiB": 2**10,
    "MiB": 2**20,
    "GiB": 2**30,
    "TiB": 2**40,
}
TIMES = {
    "ns": 1,
    "us": 10**3,
    "ms": 10**6,
    "s": 10**9,
    "min": 60 * 10**9,
    "h": 3_600 * 10**9,
    "d": 86_400 * 10**9,
}

NUMBER = r"[0-9](?:_?[0-9]){0,30}(?:\.[0-9]{1,9})?"
WHOLE = r"[0-9](?:_?[0-9]){0,30}"
SIZE_PATTERN = rf"{NUMBER} ?(?:{'|'.join(SIZES)})"
TIME_PATTERN = rf"{NUMBER} ?(?:{'|'.join(TIMES)})"
RATE_PATTERN = rf"{WHOLE} ?/ ?(?:{'|'.join(TIMES)})"

SIZE_FORMS = f'a number and a unit, such as "64 MiB" (units: {", ".join(SIZES)})'
TIME_FORMS = f'a number and a unit, such as "250 ms" (units: {", ".join(TIMES)})'
RATE_FORMS = f'a count and a period, such as "10/s" (periods: {", ".join(TIMES)})'
COUNT_FORMS = "a whole number, such as 20_000"
SHARE_PATTERN = r"(?:[1-9][0-9]?|100) ?%"
SHARE_FORMS = 'a share from 1 to 100 %, such as "80 %"'
MONEY_FORMS = "an amount with at most 6 decimals, such as 0.25 (no currency)"

_AMOUNT = re.compile(rf"({NUMBER}) ?([A-Za-z]+)")
_RATE = re.compile(rf"({WHOLE}) ?/ ?([A-Za-z]+)")
_WHOLE = re.compile(WHOLE)
MONEY_PATTERN = r"[0-9]{1,12}(?:\.[0-9]{1,6})?"
_MONEY = re.compile(MONEY_PATTERN)
MILLION = 1_000_000


class BadUnit(ValueError):
    """A quantity that cannot be read; the sentence names the accepted forms."""

    def __init__(self, value: object, kind: str, forms: str) -> None:
        shown = repr(value)
        shown = shown if len(shown) <= 60 else f"{shown[:57]}..."
        super().__init__(f"{shown} is no {kind}; write {forms}")


def parse_size(value: object) -> int:
    """Bytes of `64 MiB`. Raises BadUnit."""
    return _amount(value, SIZES, "size", SIZE_FORMS)


def parse_duration(value: object) -> int:
    """Nanoseconds of `250 ms`. Raises BadUnit."""
    return _amount(value, TIMES, "time", TIME_FORMS)


def parse_rate(value: object) -> Rate:
    """`10/s`: ten in any second. Raises BadUnit."""
    found = _RATE.fullmatch(value) if isinstance(value, str) else None
    if found is None or found[2] not in TIMES or int(found[1]) > LARGEST:
        raise BadUnit(value, "rate", RATE_FORMS)
    return Rate(int(found[1]), TIMES[found[2]])


def parse_count(value: object) -> int:
    """A whole number, or one as text, which is how a variable gives it. Raises BadUnit."""
    if isinstance(value, str) and _WHOLE.fullmatch(value):
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= LARGEST:
        raise BadUnit(value, "count", COUNT_FORMS)
    return value


def parse_share(value: object) -> int:
    """Hundredths of `80 %`, from 1 to 100. Raises BadUnit."""
    if not isinstance(value, str) or not re.fullmatch(SHARE_PATTERN, value):
        raise BadUnit(value, "share", SHARE_FORMS)
    return int(value.rstrip("% "))


def parse_money(value: object) -> int:
    """Millionths of an amount such as 0.25, a number or text. Raises BadUnit."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    text = format(Decimal(str(value)), "f") if is_number else value
    if not isinstance(text, str) or not _MONEY.fullmatch(text):
        raise BadUnit(value, "amount of money", MONEY_FORMS)
    amount = int(Decimal(text) * MILLION)
    if amount > LARGEST:
        raise BadUnit(value, "amount of money", MONEY_FORMS)
    return amount


def render_money(amount: int) -> str:
    """Write millionths as an amount: 250_000 is `0.25`."""
    whole, part = divmod(amount, MILLION)
    return f"{whole}.{part:06}".rstrip("0").rstrip(".")


def render_size(size: int) -> str:
    """Write bytes in the largest unit that says them exactly: 65536 is `64 KiB`."""
    return _render(size, SIZES)


def round_size(size: int) -> str:
    """Write bytes to be read, not to be pasted: about three digits, 13421773 is `12.8 MiB`."""
    amount, units = float(size), ["TiB", "GiB", "MiB", "KiB"]
    unit = "B"
    while amount >= 1023.95 and units:
        amount, unit = amount / 1024, units.pop()
    shown = f"{amount:,.{0 if unit == 'B' or amount >= 100 else 1}f}"
    return f"{shown.removesuffix('.0')} {unit}"


def counted(count: int, word: str) -> str:
    """`1 call`, `2 calls`, `1,234 calls`."""
    return f"{count:,} {word}" if count == 1 else f"{count:,} {word}s"


def seconds_of(limit_ns: int | None) -> float:
    """A limit on time in seconds, as trio has deadlines; none is endless."""
    return float("inf") if limit_ns is None else limit_ns / 1e9


def render_duration(ns: int) -> str:
    """Write nanoseconds in the largest unit that says them exactly: 90 * 10**9 is `90 s`."""
    return _render(ns, TIMES)


def render_rate(rate: Rate) -> str:
    """Write a rate: `10/s`; a period that is no unit is written out, as in `10/1500 ms`."""
    period = render_duration(rate.period_ns)
    return f"{rate.count}/{period.removeprefix('1 ')}"


def _amount(value: object, units: dict[str, int], kind: str, forms: str) -> int:
    found = _AMOUNT.fullmatch(value) if isinstance(value, str) else None
    if found is None or found[2] not in units:
        raise BadUnit(value, kind, forms)
    amount = Fraction(found[1].replace("_", "")) * units[found[2]]
    if amount.denominator != 1 or amount > LARGEST:
        raise BadUnit(value, kind, forms)
    return int(amount)


def _render(amount: int, units: dict[str, int]) -> str:
    if amount == 0:
        return f"0 {min(units, key=lambda unit: units[unit])}"
    fitting = [unit for unit, factor in units.items() if amount % factor == 0]
    best = max(fitting, key=lambda unit: units[unit])
    return f"{amount // units[best]} {best}"
