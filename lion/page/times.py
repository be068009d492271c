"""Look here if you want to know how a page writes how long something took."""


def took(ns: int) -> str:
    """In the unit that says it shortest, with at most three figures behind the point."""
    for unit, size in (("s", 10**9), ("ms", 10**6), ("us", 10**3)):
        if ns >= size:
            return f"{ns / size:.3g} {unit}" if ns < 1000 * size else f"{ns // size:,} {unit}"
    return f"{ns} ns"


def seconds(ns: int) -> str:
    """To the millisecond."""
    return f"{ns / 1e9:.3f} s"
