"""Look here if you want to know what `lion run --harden` leaves to this process, and what holds.

A guest has nothing but what lion lends it. The wall is for the day on which wasmtime or CPython
has a hole: then what got out has what this process has, and the wall takes from that all that the
plan has no use for.

Rule: it is raised before there is any second thread, and never lowered.
Rule: what the kernel cannot hold back is said, and the rest is held back all the same.
"""

import os
import shlex
import sys
import tempfile
import threading
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import msgspec

from lion.capabilities.secrets.file import value_files
from lion.domain.plan import Mount, Plan
from lion.errors import InternalError, OperatorError
from lion.plans import read_policy
from lion.settings import Settings
from lion.wall import landlock, seccomp
from lion.wall.kernel import promise_no_new_privileges
from lion.wall.landlock import Reach

SYSTEM: Final = (
    "/usr", "/lib", "/lib64", "/etc", "/sys/fs/cgroup", "/dev/urandom", "/dev/null",
    "/run/systemd/resolve", "/run/nscd", "/proc/self", "/proc/meminfo", "/proc/cpuinfo",
    "/proc/stat", "/proc/loadavg", "/proc/version", "/proc/filesystems", "/proc/locks",
    "/proc/sys/kernel", "/proc/sys/vm",
)  # fmt: skip
"""What programs and resolvers read; of /proc no more, since another process's environment may have
its secrets."""
DEVICES: Final = ("/dev/null", "/dev/tty")
_DNS, _PORTS = 53, {"http": 80, "https": 443}


class Wall(msgspec.Struct, frozen=True, kw_only=True):
    """What stands: `held` are words for people, `missing` what is not there and why."""

    held: tuple[str, ...]
    missing: tuple[str, ...]


def reach_of(plan: Plan, settings: Settings) -> Reach:
    """What a run of the plan needs of the machine. Raises OperatorError for a policy or a table of
    secrets that cannot be read, and for a plan with trusted Python, which may need anything.
    """
    for holder in plan.holders.values():
        if not holder.is_sandboxed:
            kind = "a program of others" if holder.adapter else "a system plugin"
            raise OperatorError(
                f"{holder.name!r} is {kind}, which may need what --harden takes away",
                hint="run it without --harden, or without that",
            )
    mounts = list(_mounts(plan))
    files = [h.component for h in plan.holders.values() if h.has_file]
    files += [m.script for m in plan.models.values() if m.script is not None]
    files += [p for p in (settings.policy, settings.secrets) if p is not None]
    files += value_files(settings.secrets)
    own = Path(__file__).parents[1]
    python = [own]
    python += [Path(p) for p in (*sys.path, sys.prefix, sys.base_prefix) if os.path.isabs(p)]
    return Reach(
        list=(own.parent,),
        # Who got out shall leave no machine code for the runs of tomorrow: the cache is read.
        read=(*map(Path, SYSTEM), *python, *files, settings.cache, *(m.at for m in mounts)),
        write=(
            settings.state, *(m.at for m in mounts if m.write),
            *map(Path, DEVICES),
        ),
        execute=tuple(_programs()),
        ports=_ports(plan, settings),
    )  # fmt: skip


def _mounts(plan: Plan) -> Iterator[Mount]:
    for holder in plan.holders.values():
        for grant in holder.grants:
            if grant.mount is not None and not grant.mount.at.is_dir():
                raise OperatorError(
                    f"{str(grant.mount.at)!r} is not there, and behind the wall nobody makes it",
                    hint=f"type: mkdir -p {shlex.quote(str(grant.mount.at))}",
                )
            if grant.mount is not None:
                yield grant.mount


def _programs() -> Iterator[Path]:
    """Python, which compiles components in a process of its own, and what loads it."""
    yield Path(os.path.realpath(sys.executable))
    yield from map(Path, ("/lib64/ld-linux-x86-64.so.2", "/lib/ld-linux-aarch64.so.1"))
    yield from Path("/lib").glob("ld-musl-*.so.1")


def _ports(plan: Plan, settings: Settings) -> frozenset[int] | None:
    """Ports of the servers that the plan names; None if one of them may be any."""
    policy = read_policy(settings.policy)
    if policy.proxy is not None:
        return frozenset((policy.proxy.port, _DNS))
    urls = [model.base_url for model in plan.models.values() if model.base_url]
    for holder in plan.holders.values():
        for grant in holder.grants:
            if grant.capability == "http":
                urls += [pattern.rpartition(" ")[2] for pattern in grant.patterns]
    found = {_port(url) for url in urls}
    if None in found:
        return None
    return frozenset(port for port in found if port is not None) | (
        frozenset((_DNS,)) if found else frozenset()
    )


def _port(url: str) -> int | None:
    parts = urlsplit(url)
    try:
        return parts.port or _PORTS.get(parts.scheme)
    except ValueError:
        return None


def can_hold() -> Wall:
    """What `--harden` would hold back here."""
    return _wall(Reach(ports=frozenset((_DNS,))))


def _wall(reach: Reach) -> Wall:
    abi = landlock.version()
    by_landlock = landlock.held(abi, reach)
    has_calls = seccomp.is_known()
    words = {
        "files": "files that the manifest does not name, and programs",
        "ports": "TCP to ports that it does not name",
        "signals": "signals and abstract sockets of other processes",
    }
    held = [words[name] for name, holds in by_landlock.items() if holds]
    none = f"this kernel's Landlock ({abi or 'none'}) has no such thing"
    missing = [f"{words[name]}: {none}" for name, holds in by_landlock.items() if not holds]
    if reach.ports is None and abi >= 4:
        missing = [f"{words['ports']}: a grant is of any port"]
    calls = "system calls that reach other processes or the kernel"
    if has_calls:
        held.append(calls)
        if not _has_network(reach):
            held.append("all networks, UDP too: no server is named")
    else:
        missing.append(f"{calls}: no seccomp here")
    return Wall(held=tuple(held), missing=tuple(missing))


def _has_network(reach: Reach) -> bool:
    """Whether a server is named, to which names of hosts are looked up by UDP."""
    return reach.ports is None or bool(reach.ports)


def harden(plan: Plan, settings: Settings) -> Wall:
    """Raise what there is of it around this process, for good. Raises OperatorError."""
    if threading.active_count() > 1:
        raise InternalError("the wall was to be raised while there are threads")
    reach = reach_of(plan, settings)
    wall, abi = _wall(reach), landlock.version()
    _make((settings.state, settings.cache))
    # What SQLite sorts on and Python puts aside: elsewhere they could not write.
    os.environ["SQLITE_TMPDIR"] = os.environ["TMPDIR"] = str(settings.state)
    tempfile.tempdir = None
    if abi or seccomp.is_known():
        promise_no_new_privileges()
    try:
        if abi:
            landlock.restrict(reach, abi)
        if seccomp.is_known():
            seccomp.give_up(seccomp.FAMILIES if _has_network(reach) else seccomp.LOCAL)
    except OSError as exc:
        raise OperatorError(
            f"the kernel refused the wall: {exc.strerror}", hint="run it without --harden"
        ) from exc
    return wall


def _make(folders: Iterable[Path]) -> None:
    """Landlock allows what is there, so it has to be."""
    for folder in folders:
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as exc:
            raise OperatorError(
                f"{str(folder)!r} cannot be made: {exc.strerror}",
                hint="name another with --state, LION_STATE or LION_CACHE",
            ) from exc
