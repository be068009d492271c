"""Look here if you want to know how a guest's path is read, and how a call on files says what it
is about.

    target = claim [" -> " claim]          "read /notes/a", "read+write /a -> write /b"
    claim  = ("read" | "write" | "read+write") " " path

Rule: a path is decided, recorded and walked in one form: absolute, without empty names, "." and
"..", which are taken away before anything is looked at.
Rule: a target is read the only way it was written: in it ">" and "\\" of a path have a "\\" before
them. A path that ends with "/" means all that is below it, too.
Rule: a path that makes no sense has no target; its call does nothing.
"""

import unicodedata
from typing import Final

import msgspec

from lion.domain.call import CallError

MOST_PATH: Final = 4_096
"""Bytes of a path, and of what a symlink holds."""
MOST_QUOTED: Final = 100
"""Characters of a path that are shown where it is refused."""
MOST_NAME: Final = 255
"""Bytes of one name."""
MOST_DEPTH: Final = 128
"""Names of a path below its grant: no tree is made deeper, so every tree can be counted."""
RESERVED: Final = ".lion-tmp-"
"""How the names begin of files that are being written; guests neither see nor name them."""

ACCESSES: Final = ("read", "write")
"""What rules may name instead of an operation: all that reads, or writes, by a path."""


class Claim(msgspec.Struct, frozen=True):
    """What a call wants of one path; `is_tree` if of all that is below it, too."""

    path: str
    read: bool
    write: bool
    is_tree: bool = False


def parse_path(text: str) -> str:
    """The normal form of an absolute path. Raises CallError: `invalid`, `name-too-long`."""
    if not text.startswith("/"):
        raise CallError("invalid", f'a path begins with "/", unlike {quoted(text)}')
    names: list[str] = []
    for name in split_names(text):
        if name == "..":
            del names[-1:]
        else:
            names.append(name)
    return "/" + "/".join(names)


def quoted(text: str) -> str:
    """A path of a guest's in an error's text: escaped, and not longer than people read."""
    return repr(text) if len(text) <= MOST_QUOTED else f"{text[:MOST_QUOTED]!r}..."


def split_names(text: str) -> list[str]:
    """The names of a path or of a symlink's text, ".." among them.

    Raises CallError: `invalid`, `name-too-long`.
    """
    if "\0" in text:
        raise CallError("invalid", f"a path has no NUL in it, unlike {quoted(text)}")
    try:
        size = len(text.encode())
    except UnicodeEncodeError:
        raise CallError("invalid", f"a path is Unicode text, unlike {quoted(text)}") from None
    if size > MOST_PATH:
        raise CallError(
            "name-too-long", f"a path has at most {MOST_PATH:,} bytes, unlike {quoted(text)}"
        )
    names = [name for name in text.split("/") if name not in ("", ".")]
    for name in names:
        check_name(name)
    return names


def check_name(name: str) -> None:
    """Raise CallError for a name that is too long or kept for the host."""
    if len(name.encode()) > MOST_NAME:
        raise CallError(
            "name-too-long", f"a name has at most {MOST_NAME} bytes, unlike {quoted(name)}"
        )
    if is_reserved(name):
        raise CallError(
            "invalid",
            f"names that begin with {RESERVED} are the host's, as {quoted(name)} would be",
        )


def is_reserved(name: str) -> bool:
    """True for a name of the host's own, on file systems that ignore case, too."""
    return name[: len(RESERVED)].casefold() == RESERVED or fold(name).startswith(RESERVED)


def is_below(path: str, top: str) -> bool:
    """True if `path` is `top` or below it; both in normal form."""
    return top == "/" or path == top or path.startswith(top + "/")


def fold(text: str) -> str:
    """What a file system that ignores case, Unicode forms and invisible characters may compare."""
    if text.isascii():
        return text.lower()
    seen = "".join(
        c for c in unicodedata.normalize("NFD", text) if unicodedata.category(c) != "Cf"
    )
    return unicodedata.normalize("NFC", unicodedata.normalize("NFD", seen.casefold()))


class FsTarget(msgspec.Struct, frozen=True):
    """What a call on files is about: one path or two."""

    claims: tuple[Claim, ...]
    text: str

    def __str__(self) -> str:
        return self.text

    def __hash__(self) -> int:
        return hash(self.text)


def fs_target(*claims: Claim) -> FsTarget:
    """What a call with these claims is about."""
    return FsTarget(claims, " -> ".join(map(_render, claims)))


def read_fs_target(text: str) -> FsTarget:
    """Read the text of one. Raises ValueError for any other text."""
    return FsTarget(tuple(map(_parse, text.split(" -> "))), text)


def _render(claim: Claim) -> str:
    asked = (claim.read, claim.write)
    words = "+".join(word for word, is_asked in zip(ACCESSES, asked, strict=True) if is_asked)
    path = claim.path.replace("\\", "\\\\").replace(">", "\\>")
    return f"{words} {path}{'/' if claim.is_tree else ''}"


def _parse(text: str) -> Claim:
    words, _, written = text.partition(" ")
    accesses = words.split("+")
    if not accesses or not set(accesses) <= set(ACCESSES) or not written.startswith("/"):
        raise ValueError(f"{text!r} is no target of a call on files")
    path = written.replace("\\>", ">").replace("\\\\", "\\")
    is_tree = path.endswith("/") and path != "/"
    return Claim(path.removesuffix("/") or "/", "read" in accesses, "write" in accesses, is_tree)
