"""What a service answers is good HTTP, by a reader of the standards that is not ours: every route,
every file, and what is refused.
"""

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest
import trio

from lion.domain.task import Role
from lion.page.rendering import static, static_files
from lion.page.site import pages
from lion.service import failures
from lion.serving import ROUTES
from tests.service.rig import ANN, add
from tests.web.kit import SECONDS, Web, web_in

ACCEPTED = {
    "LOCATION_NOT_ABSOLUTE": "RFC 9110 has relative ones, and they hold behind any proxy",
    "STALE_SERVABLE": "a file that is named by its digest never changes",
    "STATUS_BAD_REQUEST": "one that makes no sense was asked on purpose",
    "STATUS_MISDIRECTED_REQUEST": "another host was asked for on purpose",
    "STATUS_NOT_FOUND": "what is not there was asked for on purpose",
    "STATUS_METHOD_NOT_ALLOWED": "a method that there is not was tried on purpose",
    "STORE_NO_STORE": "what is answered is for this reader, now",
    "STORE_STORABLE": "files of the page are everybody's, and say nothing of a run",
}
"""What it has to say that is no fault, or is meant, and why. Praise is not listed."""
ENDLESS = ("/events", "/live/feed")


async def test_what_is_answered_is_good_http(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(failures, "SLOWEST", 0.0)
    async with web_in(tmp_path) as web:
        task = await web.living.service.wait_over(ANN, (await add(web.living)).id)
        found: dict[str, list[str]] = defaultdict(list)
        for method, target, headers, body in asked(web, task.id, task.run):
            data = await answered(web, method, target, headers, body)
            for name in noted(web, method, target, headers, data):
                found[name].append(f"{method} {target}")
        assert {name: where[:3] for name, where in found.items() if name not in ACCEPTED} == {}
        assert {"STORE_NO_STORE", "STATUS_NOT_FOUND"} <= found.keys()  # it did read them


def asked(web: Web, task: str, run: str) -> Iterator[tuple[str, str, dict[str, str], bytes]]:
    """Every route that only reads, every file, and what goes wrong."""
    token = {"authorization": f"Bearer {web.tokens[Role.ADMINISTRATOR]}"}
    known = {"runs": run, "run": run, "plugins": "calculator", "progressions": "queue"}
    for method, *path in {**ROUTES, **pages()}:
        if method == "GET" and path[0] != "static":
            word = next((known[one] for one in path if one in known), task)
            words = iter((word, "3"))
            target = "/" + "/".join(next(words) if one == "*" else one for one in path)
            yield "GET", target, token, b""
            if target not in ENDLESS and target != f"/api/tasks/{task}/events":
                yield "HEAD", target, token, b""
    for name in static_files():
        yield "GET", static(name), {}, b""
        yield "GET", f"/static/{name}", {}, b""
    own = {"origin": web.doors.origin, "content-type": "application/json"}
    form = {**own, "content-type": "application/x-www-form-urlencoded"}
    yield "GET", web.living.sign_in_url(ANN).removeprefix(web.doors.origin), {}, b""
    yield "POST", "/sign-in", form, b"token=wrong"
    yield "POST", "/sign-in", form, b"token=" + web.tokens[Role.VIEWER].encode()
    yield "POST", "/sign-out", form, b""
    yield "POST", "/api/tasks", {**own, **token}, b'{"order": {"call": "calculator.add"}}'
    yield "POST", "/api/agents", {**own, **token}, b'{"agent": "guide", "prompt": "x"}'
    yield "POST", "/api/tokens", {**own, **token}, b'{"name": "new", "role": "viewer"}'
    yield "POST", "/api/sign-in-url", {**own, **token}, b""
    yield "POST", "/api/tasks", {**own, **token}, b"["
    yield "DELETE", "/api/tasks/nothing", token, b""
    yield "PUT", "/api/tasks", token, b""
    yield "GET", "/nothing", token, b""
    yield "GET", "/api/status", {}, b""
    yield "GET", "/", {"accept": "text/html"}, b""
    yield "GET", "/ping", {"host": "evil.example"}, b""


async def answered(
    web: Web, method: str, target: str, headers: dict[str, str], body: bytes
) -> bytes:
    """An answer, byte by byte; of one without an end its beginning."""
    length = {"content-length": str(len(body))} if body else {}
    data = b""
    with trio.fail_after(SECONDS):
        async with await web.connect() as stream:
            await stream.send_all(web.head(method, target, {**length, **headers}) + body)
            async for piece in stream:
                data += bytes(piece)
                if target.startswith(ENDLESS) and data.partition(b"\r\n\r\n")[2]:
                    break
    return data


def noted(
    web: Web, method: str, target: str, headers: dict[str, str], data: bytes
) -> Iterator[str]:
    """What is to be said of an answer, besides that something is good."""
    from httplint import HttpRequestLinter, HttpResponseLinter, levels

    request = HttpRequestLinter()
    request.process_request_topline(
        method.encode(), (web.doors.origin + target).encode(), b"HTTP/1.1"
    )
    request.process_headers(
        [(n.encode(), v.encode()) for n, v in {"host": web.host, **headers}.items()]
    )
    request.finish_content(True)
    response = HttpResponseLinter(_related=request, no_content=method == "HEAD")
    head, _, body = data.partition(b"\r\n\r\n")
    first, *lines = head.split(b"\r\n")
    version, status, phrase = first.split(b" ", 2)
    response.process_response_topline(version.removeprefix(b"HTTP/"), status, phrase)
    fields = [tuple(line.split(b": ", 1)) for line in lines]
    response.process_headers(fields)
    is_chunked = (b"transfer-encoding", b"chunked") in [(n.lower(), v) for n, v in fields]
    response.feed_content(joined(body) if is_chunked else body)
    response.finish_content(not target.startswith(ENDLESS))
    for note in response.notes:
        if note.level is not levels.GOOD:
            yield type(note).__name__


def joined(body: bytes) -> bytes:
    """A body that came in chunks, as far as it came."""
    found = b""
    while body:
        size, _, body = body.partition(b"\r\n")
        length = int(size or b"0", 16)
        found, body = found + body[:length], body[length + 2 :]
    return found
