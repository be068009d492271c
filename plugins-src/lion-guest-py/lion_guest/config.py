"""Settings that the manifest gives (its `config` table)."""

import json as _json

from .interfaces import interface

_host = interface("config")


def get(key, default=None):
    """A setting as text; anything but text as JSON."""
    found = _host.get(key)
    return default if found is None else found


def value(key, default=None):
    """A setting that is no text: a number, a list, a table. Raises ValueError for a text."""
    found = _host.get(key)
    return default if found is None else _json.loads(found)


def keys():
    """The names of all settings, sorted."""
    return _host.keys()
