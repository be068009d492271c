"""Look here if you want to know how the name in `use` becomes a class: entry points, whose they
are, and what is refused.

Rule: a name that two distributions claim is nobody's: refused, both named.
Rule: nothing is imported but what a manifest uses; finding out whose it is imports nothing.
Rule: lion's own are in this table, so that a stale installation of lion has them too; a test holds
the table and pyproject.toml together.
"""

import importlib
import importlib.util
import inspect
import os
import sys
from collections.abc import Iterator, Sequence
from functools import lru_cache, reduce
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Any, Final

import msgspec

from lion.domain.names import nearest
from lion.domain.plan import Plan
from lion.domain.text import show_line
from lion.errors import OperatorError
from lion.system.contract import CONTRACT, GROUP, SystemPlugin
from lion.system.faults import told
from lion.version import VERSION

OWN: Final = "lion-host"
SHIPPED: Final = {
    "console": "lion.system.shipped.console:Console",
    "mcp-client": "lion.system.shipped.mcp_client:McpClient",
    "office-hours": "lion.system.shipped.office_hours:OfficeHours",
    "outside-agent": "lion.system.shipped.outside_agent:OutsideAgent",
    "shortest-first": "lion.system.shipped.shortest_first:ShortestFirst",
    "sqlite-query": "lion.system.shipped.sqlite_query:SqliteQuery",
    "webhook": "lion.system.shipped.webhook:Webhook",
}


class Installed(msgspec.Struct, frozen=True, kw_only=True):
    """A distribution that says: this name is mine."""

    name: str
    value: str
    distribution: str
    version: str

    @property
    def owner(self) -> str:
        """The distribution for people: `lion-host 0.1.0`."""
        return f"{show_line(self.distribution)} {show_line(self.version)}"


class Lent(msgspec.Struct, frozen=True):
    """A system plugin that a program lends: its class, whose it is, the folders of its code."""

    kind: type[SystemPlugin[Any]]
    claim: Installed
    folders: tuple[Path, ...]


def claims() -> Sequence[Installed]:
    """Everything that is installed, and lion's own. Imports nothing."""
    return _claims(tuple((path, _changed(path)) for path in sys.path))


@lru_cache(maxsize=4)
def _claims(places: tuple[tuple[str, int], ...]) -> Sequence[Installed]:
    """What is claimed where modules come from, as these places are: to install something changes
    the folder it goes to. To read all that is installed takes ten milliseconds.
    """
    found = [
        Installed(name=name, value=value, distribution=OWN, version=VERSION)
        for name, value in SHIPPED.items()
    ]
    everybody = map(_claim, entry_points(group=GROUP))
    found += [one for one in everybody if one.distribution.lower().replace("_", "-") != OWN]
    return tuple(found)


def _changed(path: str) -> int:
    """When a place was last changed (nanoseconds since 1970); 0 where there is none."""
    try:
        return os.stat(path or ".").st_mtime_ns
    except (OSError, ValueError):
        return 0


def _claim(point: EntryPoint) -> Installed:
    dist = point.dist
    return Installed(
        name=point.name,
        value=point.value,
        distribution="an unnamed distribution" if dist is None else dist.name,
        version="" if dist is None else dist.version,
    )


def find_claim(use: str) -> Installed:
    """Whose name it is. Raises OperatorError: nobody's, or claimed twice."""
    everything = claims()
    found = [claim for claim in everything if claim.name == use]
    if not found:
        guess = nearest(use, {claim.name for claim in everything})
        meant = "" if guess is None else f"did you mean {guess!r}? or "
        raise OperatorError(
            f"no system plugin {use!r} is installed",
            hint=f"{meant}install the package that has it: {_pip('install PACKAGE')}",
        )
    if len(found) > 1:
        owners = " and ".join(claim.owner for claim in found)
        foreign = next((c.distribution for c in found if c.distribution != OWN), "PACKAGE")
        raise OperatorError(
            f"the system plugin {use!r} is claimed by {owners}",
            hint=f"remove one of them: {_pip(f'uninstall {show_line(foreign)}')}",
        )
    return found[0]


def load_class(claim: Installed) -> type[SystemPlugin[Any]]:
    """Import the class and check its contract. Raises OperatorError; this runs its module."""
    found = _import(claim)
    if not (inspect.isclass(found) and issubclass(found, SystemPlugin)):
        raise _refused(claim, f"{claim.value!r} is no class that derives from SystemPlugin")
    check_class(claim, found)
    return found


def check_class(claim: Installed, kind: type[SystemPlugin[Any]]) -> None:
    """Raise OperatorError if a class is written for another contract."""
    contract = getattr(kind, "contract", None)
    if contract is None:
        why = f"{kind.__name__} does not say which contract it is written for"
        raise _refused(claim, why, hint=f"write in the class: contract = {CONTRACT}")
    if contract != CONTRACT:
        why = f"it is for contract {contract!r}, and this lion has contract {CONTRACT}"
        fitting = _pip(f"install {show_line(claim.distribution)}")
        raise _refused(claim, why, hint=f"install a version that fits: {fitting}")


def docs_of(kind: type[Any]) -> str:
    """A class's own docstring, not one that it inherits."""
    return inspect.cleandoc(vars(kind).get("__doc__") or "")


def _import(claim: Installed) -> Any:
    module, _, attributes = claim.value.partition(":")
    try:
        path = [part for part in attributes.strip().split(".") if part]
        return reduce(getattr, path, importlib.import_module(module.strip()))
    except (Exception, SystemExit) as exc:
        raise _refused(claim, f"it cannot be imported: {told(exc)}") from exc


def _refused(claim: Installed, why: str, hint: str = "") -> OperatorError:
    return OperatorError(f"the system plugin {claim.name!r} of {claim.owner}: {why}", hint=hint)


def _pip(words: str) -> str:
    return f"{sys.executable} -m pip {words}"


def code_folders(plan: Plan) -> tuple[Path, ...]:
    """Where the code of a plan's system plugins is, as far as that can be told without running it:
    no grant may let a guest write there.
    """
    used = {holder.use for holder in plan.holders.values() if holder.is_trusted}
    if not used:
        return ()
    modules = {claim.value.partition(":")[0].strip() for claim in claims() if claim.name in used}
    return tuple(folder for module in sorted(modules) for folder in _folders(module))


def _folders(module: str) -> Iterator[Path]:
    try:
        spec = importlib.util.find_spec(module.partition(".")[0])
    except (ImportError, ValueError):
        return
    if spec is None:
        return
    if spec.submodule_search_locations is not None:
        yield from map(Path, spec.submodule_search_locations)
    elif spec.origin is not None:
        yield Path(spec.origin).parent
