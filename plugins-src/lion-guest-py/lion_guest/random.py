"""Randomness of the host's. `random`, `secrets` and `os.urandom` of Python work as well."""

from .interfaces import interface

_host = interface("random")


def number():
    """64 random bits."""
    return _host.number()


def data(length):
    """Random bytes, at most 4,096."""
    return bytes(_host.bytes(length))
