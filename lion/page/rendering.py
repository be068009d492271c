"""Look here if you want to know how a page of a service is written, and what browsers may do with
it.

Rule: templates escape every value; what a guest or a model said is text.
Rule: no inline script or style, and nothing from elsewhere: the page's policy refuses both.
Rule: only files that came with lion are served, each by its name: nobody can ask for a path.
"""

import secrets
from functools import cache
from hashlib import sha256
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final

import msgspec

from lion.domain.task import Principal
from lion.version import VERSION
from lion.web.connection import Answer, Request, bad_request

if TYPE_CHECKING:
    import jinja2

HTML: Final = "text/html; charset=utf-8"
KINDS: Final = {
    "css": "text/css; charset=utf-8", "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml", "txt": "text/plain; charset=utf-8", "woff2": "font/woff2",
}  # fmt: skip
_FOR_EVER: Final = "public, max-age=31536000, immutable"


class File(msgspec.Struct, frozen=True):
    """A file that browsers may fetch; `digest` is the beginning of its SHA-256."""

    kind: str
    content: bytes
    digest: str


def render(request: Request, by: Principal, template: str, /, **values: Any) -> Answer:
    """A page of a template, for who asks. The template knows besides `values`: `by`, `version`,
    `here` (the path asked for), `nonce` and `static`.
    """
    nonce = secrets.token_urlsafe(16)
    text = _around().get_template(template).render(
        by=by, version=VERSION, here="/" + "/".join(request.path), nonce=nonce, static=static,
        **values,
    )  # fmt: skip
    headers = {"content-security-policy": policy(nonce)}
    return Answer(content=text.encode("utf-8", "replace"), kind=HTML, headers=headers)


def policy(nonce: str) -> str:
    """What a page may load and do (Content Security Policy 3)."""
    return (
        f"default-src 'none'; script-src 'nonce-{nonce}'; style-src 'self'; img-src 'self' data:; "
        "font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'none'"
    )


def static(name: str) -> str:
    """Where a browser finds a file of `static/`: another path when its content is another."""
    return f"/static/{name}?v={_files()[name].digest}"


def serve_file(request: Request) -> Answer:
    """A file of `static/`. Raises OperatorError for what is none."""
    name = request.path[-1]
    found = _files().get(name)
    if found is None:
        raise bad_request(f"there is no file {name!r:.80}", 404)
    is_same = request.query.get("v") == found.digest
    headers = {"cache-control": _FOR_EVER} if is_same else {}
    return Answer(content=found.content, kind=found.kind, headers=headers)


@cache
def _around() -> "jinja2.Environment":
    import jinja2  # not before a page is asked for: it takes a while

    return jinja2.Environment(
        loader=jinja2.PackageLoader("lion.page"), autoescape=True, trim_blocks=True,
        undefined=jinja2.StrictUndefined,
    )  # fmt: skip


@cache
def _files() -> dict[str, File]:
    found = {}
    for one in (files("lion.page") / "static").iterdir():
        kind = KINDS.get(one.name.rpartition(".")[2])
        if kind is not None and one.is_file():
            content = one.read_bytes()
            found[one.name] = File(kind, content, sha256(content).hexdigest()[:16])
    return found
