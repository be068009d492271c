"""Look here if you want to know where state, cache and the operator's policy are, and who says so.

Rule: command line, then environment, then defaults; a manifest has no say.
Rule: a policy that may be there but cannot be looked for is an error: without it more is allowed.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import msgspec

from lion.domain.hidden import Hidden
from lion.domain.units import parse_size
from lion.errors import OperatorError
from lion.places import said_by

DURABILITIES: Final = ("normal", "full")


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """Where the host works; all paths are absolute. `policy` is None if the operator has none.

    `durability` is `normal` (survives `kill -9`) or `full` (survives power loss). `secrets` is the
    file that binds secrets, if there is one, `variables` the LION_SECRET_* of the environment.
    `memory` is what all instances of this process may have together, in bytes (None: what the
    machine has), `compile_memory` what compiling one component may take (None: by its size).
    `config` is the configuration directory, there or not; None without a home to look for it in.
    `lookups` are the variables that say where something would be looked for (places.py); whoever
    names none has those of this process.
    """

    state: Path
    cache: Path
    policy: Path | None = None
    durability: str = "normal"
    secrets: Path | None = None
    variables: Mapping[str, Hidden] = {}
    memory: int | None = None
    compile_memory: int | None = None
    config: Path | None = None
    lookups: Mapping[str, str] = msgspec.field(default_factory=lambda: said_by(os.environ))

    @property
    def components(self) -> Path:
        """The folder of compiled components."""
        return self.cache / "components"


Word = str | os.PathLike[str] | None
"""A path as the command line or a program says it; None: not said."""


def settings_from(
    environ: Mapping[str, str],
    *,
    state: Word = None,
    policy: Word = None,
    cache: Word = None,
    spelled: str = "--{}",
) -> Settings:
    """Settings from the command line's or a program's words and the environment. `spelled` is how
    such a word is written there, for sentences.

    Raises OperatorError if a value makes no sense or there is no home directory to begin from.
    """
    durability = environ.get("LION_DURABILITY") or "normal"
    if durability not in DURABILITIES:
        raise OperatorError(
            f"LION_DURABILITY is {durability!r}, which is no durability",
            hint=f"use one of: {', '.join(DURABILITIES)}",
        )
    folder = _folder(
        environ, state, spelled.format("state"), "LION_STATE", "XDG_STATE_HOME", ".local/state"
    )
    return Settings(
        state=folder,
        cache=_cache(environ, cache, spelled.format("cache"), folder),
        policy=_policy(environ, policy, spelled.format("policy")),
        durability=durability,
        secrets=_in_config(environ, "secrets.toml"),
        variables={
            name: Hidden(value)
            for name, value in environ.items()
            if name.startswith("LION_SECRET_") and value
        },
        config=_config(environ),
        lookups=said_by(environ),
        memory=_said_size(environ, "LION_MEMORY"),
        compile_memory=_said_size(environ, "LION_COMPILE_MEMORY"),
    )


def program_settings(
    environ: Mapping[str, str],
    *,
    state: Word = None,
    policy: Word = None,
    cache: Word = None,
    memory: str | None = None,
) -> Settings:
    """The same of a program's words, which are told as it writes them. `memory` is a size as in a
    manifest, and stands before LION_MEMORY.
    """
    found = settings_from(environ, state=state, policy=policy, cache=cache, spelled="{}=")
    if memory is None:
        return found
    return msgspec.structs.replace(found, memory=_size(memory, "memory="))


def check_settings(given: Settings) -> Settings:
    """What a program gives as its settings, if it is that. Raises OperatorError."""
    if not isinstance(given, Settings):
        raise OperatorError(f"{given!r:.80} is no Settings", hint="write open_host(state=...)")
    return given


def _said_size(environ: Mapping[str, str], name: str) -> int | None:
    said = environ.get(name, "")
    return _size(said, name) if said else None


def _size(said: str, name: str) -> int:
    """How many bytes that is. Raises OperatorError."""
    try:
        return parse_size(said)
    except (ValueError, TypeError) as exc:
        raise OperatorError(
            f"{name} is {said!r:.80}, which is no size", hint='write it as "4 GiB"'
        ) from exc


def _folder(
    environ: Mapping[str, str], word: Word, flag: str, own: str, xdg: str, in_home: str
) -> Path:
    if word is not None:
        return _path(environ, word, flag)
    if environ.get(own):
        return _path(environ, environ[own], own)
    return _base(environ, xdg, in_home) / "lion"


def _cache(environ: Mapping[str, str], word: Word, flag: str, state: Path) -> Path:
    """Where a service has no home, what it compiles is kept with its state."""
    says = word is not None or any(
        environ.get(n) for n in ("LION_CACHE", "XDG_CACHE_HOME", "HOME")
    )
    if not says:
        return state / "cache"
    return _folder(environ, word, flag, "LION_CACHE", "XDG_CACHE_HOME", ".cache")


def _base(environ: Mapping[str, str], xdg: str, in_home: str) -> Path:
    """A base directory by the XDG rules: a relative one is ignored."""
    said = environ.get(xdg, "")
    return Path(said) if os.path.isabs(said) else _home(environ) / in_home


def _home(environ: Mapping[str, str]) -> Path:
    home = environ.get("HOME", "")
    if not os.path.isabs(home):
        raise OperatorError(
            "HOME names no directory, so there is no place for lion's state",
            hint="set HOME or LION_STATE, or say --state DIR",
        )
    return Path(home)


def _path(environ: Mapping[str, str], said: str | os.PathLike[str], flag: str) -> Path:
    word = os.fspath(said) if isinstance(said, str | os.PathLike) else None
    if not isinstance(word, str) or not word or "\0" in word:
        raise OperatorError(f"{flag} names no path: {said!r:.80}", hint=f"give {flag} a path")
    path = _home(environ) / word[2:] if word.startswith("~/") else Path(word)
    return Path(os.path.abspath(path))


def _policy(environ: Mapping[str, str], word: Word, flag: str) -> Path | None:
    if word is not None:
        return _path(environ, word, flag)
    if environ.get("LION_POLICY"):
        return _path(environ, environ["LION_POLICY"], "LION_POLICY")
    return _in_config(environ, "policy.toml")


def _in_config(environ: Mapping[str, str], name: str) -> Path | None:
    """A file of the user's configuration of lion, if it is there."""
    folder = _config(environ)
    if folder is None:
        return None
    return folder / name if _is_there(folder / name) else None


def _config(environ: Mapping[str, str]) -> Path | None:
    if not environ.get("XDG_CONFIG_HOME") and not environ.get("HOME"):
        return None
    return _base(environ, "XDG_CONFIG_HOME", ".config") / "lion"


def _is_there(path: Path) -> bool:
    try:
        os.lstat(path)  # a dangling link counts: whoever reads it must say so
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError as exc:
        raise OperatorError(
            f"cannot look for the operator's {path.stem} at {str(path)!r}: {exc.strerror}",
            hint="make its folder readable, or name another policy with --policy",
        ) from exc
    return True
