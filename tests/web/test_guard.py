"""Who speaks to a service over TCP has to be known, come by its name, and from its own page."""

from pathlib import Path

import pytest

from lion.domain.task import Principal, Role
from lion.errors import OperatorError
from lion.page.site import pages
from lion.service import failures
from lion.service.failures import Failures
from lion.serving import ROUTES
from lion.web.connection import Request
from lion.web.routes import NOBODY, Endpoint, check_role
from lion.web.tcp import Place, open_tcp
from tests.service.rig import ANN, OLA, VIC, living_in
from tests.web.kit import noted_waits, web_at, web_in

EVIL = "http://evil.example"
BODY = {"agent": "waiter", "prompt": "x"}
OPEN = {
    ("GET", "ping"), ("GET", "healthz"), ("GET", "sign-in"), ("POST", "sign-in"),
    ("POST", "sign-out"), ("GET", "static", "*"),
}  # fmt: skip
"""What anybody may ask who can reach the port: nothing of it says anything of what is done."""


def test_what_is_open_to_anybody_is_this_and_nothing_else() -> None:
    routes = {**ROUTES, **pages()}
    assert {key for key, one in routes.items() if one.role is None} <= OPEN


@pytest.mark.parametrize(
    ("key", "endpoint"), {**ROUTES, **pages()}.items(), ids=lambda one: "/".join(one)
    if isinstance(one, tuple) else "",
)  # fmt: skip
def test_each_route_is_for_its_role_and_those_above(
    key: tuple[str, ...], endpoint: Endpoint
) -> None:
    request = Request(method=key[0], path=key[1:])
    for who in (NOBODY, VIC, OLA, ANN):
        may = endpoint.role is None or (who is not NOBODY and who.role.includes(endpoint.role))
        if may:
            check_role(endpoint, request, who)
            continue
        with pytest.raises(OperatorError) as refused:
            check_role(endpoint, request, who)
        assert refused.value.facts["status"] == (401 if who is NOBODY else 403)
    writes = key[0] != "GET" and key != ("POST", "api", "audit", "what-if")
    assert not writes or endpoint.role is not Role.VIEWER


async def test_a_token_is_who_it_says_until_it_is_revoked(tmp_path: Path) -> None:
    async with web_in(tmp_path) as web:
        assert (await web.ask("GET", "/api/status")).status == 401
        assert (await web.ask("GET", "/api/status", role=Role.VIEWER)).status == 200
        assert (await web.ask("POST", "/api/agents", body=BODY, role=Role.VIEWER)).status == 403
        spawned = await web.ask("POST", "/api/agents", body=BODY, role=Role.OPERATOR)
        assert spawned.status == 201
        task = web.living.service.task(ANN, spawned.value["agent_id"])
        assert task.by == f"token operator-{web.doors.port}"
        listed = await web.ask("GET", "/api/tokens", role=Role.ADMINISTRATOR)
        assert [one["role"] for one in listed.value] == list(Role)
        assert not any(secret.encode() in listed.body for secret in web.tokens.values())
        gone = f"/api/tokens/operator-{web.doors.port}"
        assert (await web.ask("DELETE", gone, role=Role.ADMINISTRATOR)).status == 200
        assert (await web.ask("GET", "/api/status", role=Role.OPERATOR)).status == 401


async def test_tokens_outlive_the_service_and_only_digests_are_kept(tmp_path: Path) -> None:
    async with living_in(tmp_path) as living:
        secret = await living.access.create(ANN, "bot", Role.OPERATOR)
        short = await living.access.create(ANN, "short", Role.OPERATOR, lasts_ns=1)
        assert living.access.of_token(short) is None
    async with living_in(tmp_path) as living:
        assert living.access.of_token(secret) == Principal("token", "bot", Role.OPERATOR)
    for path in (tmp_path / "state").rglob("*"):
        assert not path.is_file() or secret.encode() not in path.read_bytes(), path


async def test_an_address_signs_in_once(tmp_path: Path) -> None:
    async with web_in(tmp_path) as web:
        target = web.living.sign_in_url(ANN).removeprefix(web.doors.origin)
        looked = await web.ask("GET", target, {"sec-purpose": "prefetch"})
        assert looked.status == 400
        assert (await web.ask("HEAD", target)).status == 400
        first = await web.ask("GET", target)
        assert (first.status, first.headers["location"]) == (303, "/")
        cookie = first.headers["set-cookie"]
        assert "HttpOnly; SameSite=Strict" in cookie
        again = await web.ask("GET", target)
        assert (again.status, "set-cookie" in again.headers) == (401, False)
        page = await web.ask("GET", "/", {"cookie": cookie.partition(";")[0]})
        assert page.status == 200
        assert b"user ann" in page.body


async def test_no_secret_goes_on_in_a_referrer(tmp_path: Path) -> None:
    async with web_in(tmp_path) as web:
        target = web.living.sign_in_url(ANN).removeprefix(web.doors.origin)
        secret = target.partition("once=")[2].encode()
        for _ in range(2):
            answer = await web.ask("GET", target)
            assert answer.headers["referrer-policy"] == "no-referrer"
            assert secret not in answer.body
            assert secret.decode() not in str(answer.headers)


async def test_who_signs_in_with_a_token_is_that_token(tmp_path: Path) -> None:
    async with web_in(tmp_path) as web:
        form = b"token=" + web.tokens[Role.VIEWER].encode()
        answer = await web.ask("POST", "/sign-in", {"origin": web.doors.origin}, form)
        assert answer.status == 303
        cookie = {"cookie": answer.headers["set-cookie"].partition(";")[0]}
        assert (await web.ask("GET", "/api/status", cookie)).status == 200
        post = {**cookie, "origin": web.doors.origin}
        assert (await web.ask("POST", "/api/agents", post, BODY)).status == 403
        await web.living.access.revoke(ANN, f"viewer-{web.doors.port}")
        assert (await web.ask("GET", "/api/status", cookie)).status == 401


async def test_who_signed_out_is_nobody(tmp_path: Path) -> None:
    async with web_in(tmp_path) as web:
        cookie = await web.signed_in()
        own = {"cookie": cookie, "origin": web.doors.origin}
        assert (await web.ask("POST", "/sign-out", own)).status == 303
        assert (await web.ask("GET", "/api/status", {"cookie": cookie})).status == 401


async def test_a_page_leads_to_where_one_signs_in(tmp_path: Path) -> None:
    async with web_in(tmp_path) as web:
        page = await web.ask("GET", "/", {"accept": "text/html"})
        assert (page.status, page.headers["location"]) == (303, "/sign-in")
        assert (await web.ask("GET", "/sign-in")).status == 200


FOREIGN = [
    {"origin": EVIL},
    {"origin": "null"},
    {"origin": "http://127.0.0.1:9"},
    {"sec-fetch-site": "cross-site"},
    {"sec-fetch-site": "same-site", "sec-fetch-mode": "no-cors"},
    {},
]


@pytest.mark.parametrize("headers", FOREIGN, ids=str)
async def test_another_site_does_nothing_with_a_cookie(
    tmp_path: Path, headers: dict[str, str]
) -> None:
    async with web_in(tmp_path) as web:
        cookie = {"cookie": await web.signed_in()}
        answer = await web.ask("POST", "/api/agents", {**cookie, **headers}, BODY)
        assert (answer.status, "another site" in answer.value["detail"]) == (403, True)
        assert web.living.service.tasks(ANN) == []
        own = {**cookie, "origin": web.doors.origin, "sec-fetch-site": "same-origin"}
        assert (await web.ask("POST", "/api/agents", own, BODY)).status == 201


@pytest.mark.parametrize("headers", FOREIGN[:-1], ids=str)
async def test_another_site_reads_nothing_with_a_cookie(
    tmp_path: Path, headers: dict[str, str]
) -> None:
    async with web_in(tmp_path) as web:
        cookie = {"cookie": await web.signed_in()}
        for target in ("/api/status", "/events", "/"):
            assert (await web.ask("GET", target, {**cookie, **headers})).status == 403
        visit = {"sec-fetch-mode": "navigate", "sec-fetch-dest": "document"}
        visit = {**cookie, **visit, "sec-fetch-site": "cross-site"}
        assert (await web.ask("GET", "/", visit)).status == 200
        framed = {**visit, "sec-fetch-dest": "iframe"}
        assert (await web.ask("GET", "/", framed)).status == 403


@pytest.mark.parametrize("host", ["evil.example", "evil.example:80", "127.0.0.1", "127.0.0.1.:1"])
async def test_another_name_for_this_address_is_nobodys(tmp_path: Path, host: str) -> None:
    async with web_in(tmp_path) as web:
        cookie = {"cookie": await web.signed_in(), "host": host}
        for target in ("/ping", "/api/status", "/sign-in"):
            answer = await web.ask("GET", target, cookie)
            assert (answer.status, "no name of this service" in answer.value["detail"]) == (
                421,
                True,
            )


async def test_what_is_answered_is_framed_kept_and_guessed_by_nobody(tmp_path: Path) -> None:
    async with web_in(tmp_path) as web:
        cookie = {"cookie": await web.signed_in()}
        for target in ("/", "/api/status", "/nothing", "/sign-in", "/ping"):
            headers = (await web.ask("GET", target, cookie)).headers
            assert "frame-ancestors 'none'" in headers["content-security-policy"]
            assert "default-src 'none'" in headers["content-security-policy"]
            assert headers["x-content-type-options"] == "nosniff"
            assert headers["cache-control"] == "no-store"
            assert headers["x-frame-options"] == "DENY"  # for browsers without frame-ancestors
            assert headers["cross-origin-opener-policy"] == "same-origin"
            assert headers["cross-origin-resource-policy"] == "same-origin"
        one, other = [(await web.ask("GET", "/", cookie)).headers for _ in range(2)]
        assert one["content-security-policy"] != other["content-security-policy"]
        assert "unsafe" not in one["content-security-policy"]
        form = (await web.ask("GET", "/sign-in")).headers["content-security-policy"]
        assert "script-src 'none'" in form


TRAVERSAL = [
    "/static/../pyproject.toml", "/static/..%2f..%2fpyproject.toml", "/static/%2e%2e/site.py",
    "/static//etc/passwd", "/static/%2fetc%2fpasswd", "/static/..\\site.py", "/static/",
    "/static/.", "/static/console.css%00.js", "/static/../templates/base.html",
]  # fmt: skip


@pytest.mark.parametrize("target", TRAVERSAL)
async def test_no_file_is_served_but_those_of_the_page(tmp_path: Path, target: str) -> None:
    async with web_in(tmp_path) as web:
        assert (await web.ask("GET", target)).status == 404
        assert (await web.ask("GET", "/static/console.css")).status == 200


async def test_wrong_secrets_cost_more_each_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with web_in(tmp_path) as web:
        with noted_waits(monkeypatch) as waited:
            for _ in range(2):
                bad = {"authorization": "Bearer lion_nothing"}
                answer = await web.ask("GET", "/api/status", bad)
                assert (answer.status, answer.headers["www-authenticate"]) == (401, "Bearer")
                own = {"origin": web.doors.origin}
                assert (await web.ask("POST", "/sign-in", own, b"token=x")).status == 401
        assert waited[:4] == [0.1, 0.2, 0.4, 0.8]


def test_failures_are_forgotten_and_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    known = Failures(lambda: now[0])
    assert [known.note("a") for _ in range(8)] == [0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 5.0, 5.0]
    now[0] = failures.FORGOTTEN + 1
    assert known.note("a") == 0.1
    monkeypatch.setattr(failures, "MOST_PEERS", 2)
    for peer in ("b", "c"):
        known.note(peer)
    assert known.note("a") == 0.1


@pytest.mark.parametrize(
    ("place", "words"),
    [
        (Place(host="0.0.0.0", port=0), "others could hear"),
        (Place(host="0.0.0.0", port=0, proxy="http://lion.example.com"), "speaks no TLS"),
        (Place(port=0, proxy="lion.example.com"), "no origin"),
        (Place(port=0, proxy="https://u@lion.example.com"), "no origin"),
        (Place(port=0, certificate=Path("/nothing")), "certificate and its key"),
        (Place(port=0, certificate=Path("/nothing"), key=Path("/nothing")), "cannot be used"),
        (Place(host="203.0.113.1", port=0, proxy="https://a.example"), "nobody can listen"),
    ],
)
def test_where_nobody_may_listen(place: Place, words: str) -> None:
    with pytest.raises(OperatorError, match=words), open_tcp(place):
        raise AssertionError


async def test_behind_a_proxy_its_name_counts_and_no_address_signs_in_by_itself(
    tmp_path: Path,
) -> None:
    async with living_in(tmp_path) as living:
        place = Place(port=0, proxy="https://lion.example.com/")
        async with web_at(living, place) as web:
            assert (web.doors.origin, web.doors.once) == ("https://lion.example.com", "")
            here = {"host": f"127.0.0.1:{web.doors.port}"}
            assert (await web.ask("GET", "/ping", here)).status == 421
            there = {"host": "lion.example.com"}
            assert (await web.ask("GET", "/ping", there)).status == 200
            form = b"token=" + web.tokens[Role.VIEWER].encode()
            said = {**there, "origin": "https://lion.example.com"}
            answer = await web.ask("POST", "/sign-in", said, form)
            assert "; Secure" in answer.headers["set-cookie"]
