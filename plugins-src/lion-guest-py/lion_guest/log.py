"""Lines for the log."""

from .interfaces import interface

_host = interface("log")


def write(level, message):
    """A line of at most 64 KiB; `level` is debug, info, warn or error."""
    _host.write(getattr(_host.Level, level.upper()), str(message))


def debug(message):
    write("debug", message)


def info(message):
    write("info", message)


def warn(message):
    write("warn", message)


def error(message):
    write("error", message)
