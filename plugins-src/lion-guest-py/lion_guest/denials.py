"""Which right the last refused call lacked."""

from .interfaces import interface

_host = interface("denials")


def last():
    """The last call that ended with `denied`, or None: `reason` (for instance `Reason.UNGRANTED`),
    `capability`, `action`, `subject`.
    """
    return _host.last()


Reason = _host.Reason
