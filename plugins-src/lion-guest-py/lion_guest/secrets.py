"""Secrets stay with the host; a guest learns whether one is there."""

from .interfaces import interface

_host = interface("secrets")


def exists(name):
    """True if the operator has bound this name to a value."""
    return _host.exists(name)
