"""Look here if you want to know what other programs import: `import lion`.

Rule: this imports its version only: a name is fetched when it is asked for. Types are in
__init__.pyi.
"""

from lion.version import VERSION

__version__ = VERSION

_PLACES = {
    "Answer": "domain.approval",
    "AuditError": "errors",
    "Denial": "review.report",
    "Ending": "review.report",
    "GuestError": "errors",
    "Host": "host",
    "InternalError": "errors",
    "Interrupted": "errors",
    "LionError": "errors",
    "ManifestAudit": "review.check",
    "OperatorError": "errors",
    "OutsideError": "errors",
    "OwnError": "errors",
    "Record": "domain.record",
    "ReplayReport": "history",
    "Run": "kernel.run",
    "RunAudit": "review.run",
    "RunReport": "review.report",
    "Settings": "settings",
    "open_history": "history",
    "open_host": "opening",
    "replay_run": "history",
}
"""Where each name is."""
_MODULES = {"blocking": "blocking", "events": "domain.events"}


def __getattr__(name: str) -> object:
    from importlib import import_module

    if name in _MODULES:
        found: object = import_module(f"lion.{_MODULES[name]}")
    elif name in _PLACES:
        found = getattr(import_module(f"lion.{_PLACES[name]}"), name)
    else:
        raise AttributeError(f"module 'lion' has no attribute {name!r}")
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *_PLACES, *_MODULES})
