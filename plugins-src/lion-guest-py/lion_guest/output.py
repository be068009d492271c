"""What people see while the guest works."""

import json as _json

from .interfaces import interface

_host = interface("output")


def text(piece):
    """A piece of text; pieces join as they are."""
    if len(piece) <= 16 * 1024:
        _host.text(piece)
        return
    for at in range(0, len(piece), 16 * 1024):
        _host.text(piece[at : at + 16 * 1024])


def say(*words):
    """A line, as `print` would write it."""
    text(" ".join(map(str, words)) + "\n")


def partial(value):
    """The structured output as far as it is known: a JSON value."""
    _host.partial(_json.dumps(value))


def progress(done, total=None, message=""):
    """How far the work is, in units of your choice."""
    _host.progress(done, total, message)
