"""Look here if you want to know where lion, the shell and the system look for what they obey.

Rule: a place counts whether or not anything is there: what is missing today would be found
tomorrow.
Rule: where secrets and the log are is nobody's to read, either.
Rule: all candidates count, not only those in use: another day's environment is another one.
"""

import os
import pwd
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final

import msgspec

NAMES: Final = (
    "HOME", "PATH", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME",
    "XDG_DATA_DIRS", "LION_POLICY", "LION_STATE", "LION_CACHE", "ZDOTDIR", "BASH_ENV", "ENV",
    "FPATH", "BASH_COMPLETION_USER_DIR", "PYTHONSTARTUP", "LD_LIBRARY_PATH", "LD_PRELOAD",
    "LD_AUDIT", "GCONV_PATH", "OPENSSL_CONF", "OPENSSL_MODULES", "OPENSSL_ENGINES",
    "SSL_CERT_FILE", "SSL_CERT_DIR",
)  # fmt: skip
"""Variables of the environment that say where something is looked for."""

HOME_FILES: Final = (
    ".bashrc", ".bash_profile", ".bash_login", ".bash_logout", ".bash_aliases", ".profile",
    ".bash_completion", ".bash_completion.d", ".kshrc", ".pam_environment", ".xprofile",
    ".xsessionrc",
)  # fmt: skip
ZSH_FILES: Final = (
    ".zshrc", ".zshenv", ".zprofile", ".zlogin", ".zlogout", ".zcompdump", ".zfunc", ".zsh",
    ".oh-my-zsh",
)  # fmt: skip
SYSTEM_SHELLS: Final = (
    "/etc/profile", "/etc/profile.d", "/etc/bash.bashrc", "/etc/bash_completion.d", "/etc/zsh",
    "/etc/fish", "/usr/share/bash-completion", "/usr/local/share/bash-completion",
    "/usr/share/zsh", "/usr/local/share/zsh", "/usr/share/fish", "/usr/local/share/fish",
)  # fmt: skip

CONFIGURES: Final = "where lion looks for the operator's policy, secrets and grants"
STATE: Final = "where lion keeps what happened"
CACHE: Final = "where lion keeps compiled code"
SHELL: Final = "which the shell obeys"
COMPLETES: Final = "where the shell looks for completions"
LOADS: Final = "from where programs load code, or whom to trust"
ON_PATH: Final = "where commands such as lion are looked for"


class Place(msgspec.Struct, frozen=True):
    """A path that somebody obeys, and why; it need not exist.

    `is_whole`: also what is anywhere beneath it. `names` are those that would be obeyed if they
    were made directly in it. `is_private`: nobody reads there, either.
    """

    path: Path
    why: str
    is_whole: bool = False
    names: frozenset[str] = frozenset()
    is_private: bool = False


def said_by(environ: Mapping[str, str]) -> dict[str, str]:
    """What an environment says of places, and nothing else of it: it has secrets, too."""
    return {name: environ[name] for name in NAMES if environ.get(name)}


def places_of(environ: Mapping[str, str]) -> tuple[Place, ...]:
    """All candidates by an environment and the defaults, each once."""
    found = (
        *_lions(environ), *_shells(environ), *_completions(environ), *_commands(environ),
        *_libraries(environ),
    )  # fmt: skip
    return tuple(dict.fromkeys(found))


def _lions(environ: Mapping[str, str]) -> Iterator[Place]:
    for xdg, in_home, why, named in (
        ("XDG_CONFIG_HOME", ".config", CONFIGURES, None),
        ("XDG_STATE_HOME", ".local/state", STATE, "LION_STATE"),
        ("XDG_CACHE_HOME", ".cache", CACHE, "LION_CACHE"),
    ):
        for base in _bases(environ, xdg, in_home):
            yield Place(base / "lion", why, is_whole=True, is_private=why != CACHE)
        for path in _named(environ, named) if named else ():
            yield Place(path, why, is_whole=True, is_private=why != CACHE)
    for path in _named(environ, "LION_POLICY"):
        yield Place(path, CONFIGURES)


def _shells(environ: Mapping[str, str]) -> Iterator[Place]:
    for home in homes_of(environ):
        for name in (*HOME_FILES, *ZSH_FILES):
            yield Place(home / name, SHELL, is_whole=True)
    for folder in _named(environ, "ZDOTDIR"):
        for name in ZSH_FILES:
            yield Place(folder / name, SHELL, is_whole=True)
    for name in ("BASH_ENV", "ENV", "PYTHONSTARTUP"):
        for path in _named(environ, name):
            yield Place(path, SHELL)
    for base in _bases(environ, "XDG_CONFIG_HOME", ".config"):
        yield Place(base / "fish", SHELL, is_whole=True)
        yield Place(base / "bash_completion", SHELL)
    for text in SYSTEM_SHELLS:
        yield Place(Path(text), SHELL, is_whole=True)


def _completions(environ: Mapping[str, str]) -> Iterator[Place]:
    bases = [*_bases(environ, "XDG_DATA_HOME", ".local/share"), *_listed(environ, "XDG_DATA_DIRS")]
    for base in bases:
        for name in ("bash-completion", "fish", "zsh"):
            yield Place(base / name, COMPLETES, is_whole=True)
    for folder in (*_named(environ, "BASH_COMPLETION_USER_DIR"), *_listed(environ, "FPATH")):
        yield Place(folder, COMPLETES, is_whole=True)


def _commands(environ: Mapping[str, str]) -> Iterator[Place]:
    for folder in _listed(environ, "PATH"):
        # What lies deeper is not looked for there; a link named lion leads to more.
        yield Place(folder, ON_PATH)
        for name in ("lion", "python", "python3"):
            if os.path.islink(folder / name):
                yield Place(folder / name, ON_PATH)


def _libraries(environ: Mapping[str, str]) -> Iterator[Place]:
    """What ld.so and OpenSSL obey in whatever starts next, lion included (ld.so(8),
    openssl-env(7)).
    """
    for name in ("LD_LIBRARY_PATH", "LD_PRELOAD", "LD_AUDIT", "GCONV_PATH"):
        for word in re.split("[:; ]+" if name == "LD_PRELOAD" else "[:;]", environ.get(name, "")):
            if word and (name.endswith("PATH") or "/" in word):
                yield Place(Path(os.path.abspath(word)), LOADS, is_whole=True)
    for name in (
        "OPENSSL_CONF", "OPENSSL_MODULES", "OPENSSL_ENGINES", "SSL_CERT_FILE", "SSL_CERT_DIR"
    ):  # fmt: skip
        for path in _named(environ, name):
            yield Place(path, LOADS, is_whole=True)


def homes_of(environ: Mapping[str, str]) -> list[Path]:
    """The home that the environment names, and the account's: a service may have no HOME."""
    homes = [environ.get("HOME", "")]
    with suppress(KeyError):  # an account without an entry, as in some containers
        homes.append(pwd.getpwuid(os.getuid()).pw_dir)
    return [Path(home) for home in dict.fromkeys(homes) if os.path.isabs(home)]


def _bases(environ: Mapping[str, str], xdg: str, in_home: str) -> list[Path]:
    """Base directories by the XDG rules: the variable's if it is absolute, and the defaults."""
    said = environ.get(xdg, "")
    named = [Path(said)] if os.path.isabs(said) and "\0" not in said else []
    return [*named, *(home / in_home for home in homes_of(environ))]


def _named(environ: Mapping[str, str], name: str) -> list[Path]:
    """The path in a variable, if it is one; `~/` is the home."""
    word = environ.get(name, "")
    if not word or "\0" in word:
        return []
    words = [home / word[2:] for home in homes_of(environ)] if word.startswith("~/") else [word]
    return [Path(os.path.abspath(one)) for one in words]


def _listed(environ: Mapping[str, str], name: str) -> list[Path]:
    """The directories of a list such as PATH; an empty or relative one is the working one's."""
    if not environ.get(name):
        return []
    return [Path(os.path.abspath(one)) for one in dict.fromkeys(environ[name].split(os.pathsep))]
