"""Look here if you want to know which directories of the host's no manifest may have, to write or
to read.

Rule: compared are devices and inodes, never names: a link or a bind mount is no way around.
Rule: a write grant holds no directory through which lion comes to its own files, links on the way
included; so nobody can put another file, or another link, in their place.
Rule: guarded is where something would be looked for, whether or not it is there: who may make it
decides as much as who may change it.
"""

import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final

import msgspec

from lion.capabilities.fs.barred import Bar, Barred
from lion.capabilities.fs.made_up import made_up
from lion.capabilities.fs.own import own_code
from lion.capabilities.fs.trail import Walk, ancestors, inode
from lion.capabilities.fs.usage import Identity, identity
from lion.domain.plan import Mount, Plan
from lion.places import CACHE, CONFIGURES, STATE, Place, places_of
from lion.scopes.fs_path import fold
from lion.settings import Settings

DECIDES: Final = "which decides what runs and what it may do"


class Guard(msgspec.Struct, frozen=True, kw_only=True):
    """What is the host's own. `files` and `folders` are paths, `places` those with reasons of
    their own; none of them need exist. `bars` are the operator's rules about what is granted.
    """

    files: tuple[Path, ...] = ()
    folders: tuple[Path, ...] = ()
    places: tuple[Place, ...] = ()
    bars: tuple[Bar, ...] = ()

    def survey(self) -> "Survey":
        """Where all that is now."""
        return Survey(self._all())

    def survey_private(self) -> "Survey":
        """Where that is which nobody may read."""
        return Survey(place for place in self.places if place.is_private)

    def _all(self) -> Iterator[Place]:
        yield from (Place(path, DECIDES) for path in self.files)
        yield from (Place(path, DECIDES, is_whole=True) for path in self.folders)
        yield from self.places

    def including(self, plan: Plan) -> "Guard":
        """This and what a plan is made of, lock and grants beside the manifest included."""
        own = tuple(h.component for h in plan.holders.values() if h.has_file)
        own += tuple(model.script for model in plan.models.values() if model.script is not None)
        if plan.path is not None:
            own += (plan.path, plan.path.with_name("lion.lock"))
            own += (plan.path.with_name(f"{plan.path.name}.grants.toml"),)
        return msgspec.structs.replace(self, files=(*self.files, *own))

    def identities(self) -> frozenset[Identity]:
        """The files that exist, whatever other names they have."""
        return frozenset(found for path in self.files if (found := inode(path)) is not None)


class Survey:
    """Where guarded places are at one moment: every directory on the way to each, and the first
    that is missing.
    """

    def __init__(self, places: Iterable[Place]) -> None:
        self._on_way: dict[Identity, Place] = {}
        self._whole: dict[Identity, Place] = {}
        self._missing: dict[tuple[Identity, str], Place] = {}
        walk = Walk()
        for place in places:
            seen, missing = walk.to(place.path)
            for which in seen:
                self._on_way.setdefault(which, place)
            if missing is not None:
                self._missing.setdefault((missing[0], fold(missing[1])), place)
            if (found := inode(place.path)) is None:
                continue
            if place.is_whole:
                self._whole.setdefault(found, place)
            for name in place.names:
                inner = Place(place.path / name, place.why)
                self._missing.setdefault((found, fold(name)), inner)

    def objection(self, top: int) -> str | None:
        """Why nothing may be written in this open directory, or None. Raises OSError."""
        place = self._on_way.get(identity(os.fstat(top)))
        if place is not None:
            return f"it contains {_said(place)}"
        return self._objection_within(top)

    def objection_new(self, folder: int, name: str) -> str | None:
        """Why no directory of this name may be made and written in an open one, or None.

        Raises OSError.
        """
        place = self._missing.get((identity(os.fstat(folder)), fold(name)))
        if place is not None:
            return f"it would contain {_said(place)}"
        return self._objection_within(folder)

    def _objection_within(self, folder: int) -> str | None:
        for which in ancestors(folder) if self._whole else ():
            if which in self._whole:
                return f"it lies in {_said(self._whole[which])}"
        return None


class Surveys:
    """What writers are held to, and what readers are, each looked for once, if it is needed; and
    what the operator keeps from both.
    """

    def __init__(self, guard: Guard) -> None:
        self.barred = Barred(guard.bars)
        self._guard = guard
        self._of_writers: Survey | None = None
        self._of_readers: Survey | None = None

    def objection(self, mount: Mount, top: int, new: str | None = None) -> str | None:
        """Why an open directory may not be granted, or one of the name `new` be made in it.

        Raises OSError.
        """
        if (kernels := made_up(top)) is not None:
            return f"it is the kernel's ({kernels}), in which processes are files, lion too"
        survey = self._of(mount)
        return survey.objection(top) if new is None else survey.objection_new(top, new)

    def _of(self, mount: Mount) -> Survey:
        if mount.write:
            self._of_writers = self._of_writers or self._guard.survey()
            return self._of_writers
        self._of_readers = self._of_readers or self._guard.survey_private()
        return self._of_readers


def _said(place: Place) -> str:
    return f"{str(place.path)!r}, {place.why}"


def guard_of(settings: Settings, plugins: Sequence[Path] = ()) -> Guard:
    """What is the host's own by its settings and the environment, lion's code, and that of system
    plugins.
    """
    files = (settings.policy, settings.secrets)
    used = (
        Place(settings.cache, CACHE, is_whole=True),
        *(Place(path, CONFIGURES) for path in (settings.policy,) if path is not None),
    )
    return Guard(
        files=tuple(path for path in files if path is not None),
        places=(
            *private_places(settings),
            *used,
            *places_of(settings.lookups),
            *own_code(plugins),
        ),
    )


def private_guard(settings: Settings) -> Guard:
    """What nobody reads by the settings and the environment: enough where nobody writes."""
    looked_up = (place for place in places_of(settings.lookups) if place.is_private)
    return Guard(places=(*private_places(settings), *looked_up))


def private_places(settings: Settings) -> tuple[Place, ...]:
    """Where the log and the secrets are that are in use."""
    found = [Place(settings.state, STATE, is_whole=True, is_private=True)]
    if settings.secrets is not None:
        found.append(Place(settings.secrets, CONFIGURES, is_private=True))
    return tuple(found)
