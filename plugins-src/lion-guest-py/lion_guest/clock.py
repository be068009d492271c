"""Time, as the host tells it. `time.time`, `time.monotonic` and `time.sleep` work as well."""

from .interfaces import interface

_host = interface("clock")


def now():
    """Seconds since 1970-01-01T00:00:00Z."""
    return _host.now() / 1e9


def monotonic():
    """Seconds on a clock that never goes back; its zero is the start of the run."""
    return _host.monotonic() / 1e9


def sleep(seconds):
    """Wait. Other guests go on meanwhile."""
    _host.sleep(int(seconds * 1e9))
