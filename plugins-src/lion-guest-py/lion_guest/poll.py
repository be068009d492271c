"""Waiting for the first of several: calls, answers, requests.

ready = poll.first(call, answer, timeout=5)
"""

from .interfaces import interface

_host = interface("poll")


def first(*things, timeout=None):
    """Those of `things` (each has a `handle`) that are ready, once one is; none if the time, in
    seconds, came first. A timeout needs lion:host/clock.
    """
    until = None
    if timeout is not None:
        until = interface("clock").monotonic() + int(timeout * 1e9)
    handles = " ".join(str(thing.handle) for thing in things)
    return [things[index] for index in _host.wait(handles, until)]
