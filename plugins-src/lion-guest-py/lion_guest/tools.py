"""Functions of other plugins: each call is decided, and runs under the other's own grants.

page = tools.call("fetcher.fetch", url="https://example.com/")
first, second = tools.together(("a.find", {"word": "x"}), ("b.find", {"word": "x"}))
"""

import json as _json

from .errors import raised
from .interfaces import interface

_host = interface("tools")


def list():
    """What may be called, sorted: `name`, `description`, and two schemas as text."""
    return _host.list()


def call(name, arguments=None, /, **named):
    """Call a tool and wait for its result, a JSON value. Arguments are a dict or keywords, these
    with `_` for `-`. Raises Error; a tool's own error has the code `other`.
    """
    return _json.loads(_host.call(name, _written(arguments, named)))


def start(name, arguments=None, /, **named):
    """Call a tool and go on: a Pending."""
    return start_text(name, _written(arguments, named))


def start_text(name, arguments):
    """`start` with the arguments as JSON text."""
    return Pending(_host.start(name, arguments))


def together(*calls):
    """The results of several calls, (name, arguments) each, which run at the same time."""
    return [pending.take() for pending in [start(*one) for one in calls]]


class Pending:
    """A call under way. Leaving it as a context cancels the call."""

    def __init__(self, started):
        self._call = started.call
        self.handle = started.handle

    def take(self):
        """The result; waits until there is one."""
        return _json.loads(self.take_text())

    def take_text(self):
        """The result as JSON text."""
        with raised():
            return self._call.take()

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self._call.__exit__(*exc)


def _written(arguments, named):
    given = {**(arguments or {}), **{key.replace("_", "-"): v for key, v in named.items()}}
    return _json.dumps(given)
