"""Look here if you want to know what browsers may do with a page of a service, and which files
they may fetch.

Rule: no inline script or style, and nothing from elsewhere: the page's policy refuses both.
Rule: only files that came with lion are served, each by its name: nobody can ask for a path.
"""

from functools import cache
from hashlib import sha256
from importlib.resources import files
from typing import Final

import msgspec

from lion.web.connection import Answer, Request, bad_request

HTML: Final = "text/html; charset=utf-8"
KINDS: Final = {"css": "text/css; charset=utf-8", "js": "text/javascript; charset=utf-8"}
_FOR_EVER: Final = "max-age=31536000, immutable"


class File(msgspec.Struct, frozen=True):
    """A file that browsers may fetch; `digest` is the beginning of its SHA-256."""

    kind: str
    content: bytes
    digest: str


def page_of(text: str, nonce: str, status: int = 200) -> Answer:
    """A page as an answer; scripts run that have the nonce."""
    headers = {"content-security-policy": policy(nonce)}
    content = text.encode("utf-8", "replace")
    return Answer(content=content, kind=HTML, headers=headers, status=status)


def policy(nonce: str) -> str:
    """What a page may load and do (Content Security Policy 3)."""
    return (
        f"default-src 'none'; script-src 'nonce-{nonce}'; style-src 'self'; img-src 'self' data:; "
        "font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'none'"
    )


def static(name: str) -> str:
    """Where a browser finds a file of `static/`: another path when its content is another."""
    return f"/static/{name}?v={static_files()[name].digest}"


def serve_file(request: Request) -> Answer:
    """A file of `static/`. Raises OperatorError for what is none."""
    name = request.path[-1]
    found = static_files().get(name)
    if found is None:
        raise bad_request(f"there is no file {name!r:.80}", 404)
    is_same = request.query.get("v") == found.digest
    headers = {"cache-control": _FOR_EVER} if is_same else {}
    return Answer(content=found.content, kind=found.kind, headers=headers)


@cache
def static_files() -> dict[str, File]:
    """All files that browsers may fetch, by name."""
    found = {}
    for one in (files("lion.page") / "static").iterdir():
        kind = KINDS.get(one.name.rpartition(".")[2])
        if kind is not None and one.is_file():
            content = one.read_bytes()
            found[one.name] = File(kind, content, sha256(content).hexdigest()[:16])
    return found
