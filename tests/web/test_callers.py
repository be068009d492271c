"""Who asks is known by one secret, said in one way; what he is given is his alone; another site
signs nobody in.
"""

from pathlib import Path

import pytest
import trio

from lion.domain.task import Principal, Role
from lion.errors import OperatorError
from lion.page import streams
from lion.page.rendering import policy
from lion.service import keyring
from lion.service.failures import SLOWEST, Failures
from lion.web.access import LONGEST_NS
from lion.web.tcp import Place, open_tcp
from tests.service.rig import ANN
from tests.web.kit import SECONDS, noted_waits, web_in

VIEW, RULE = Role.VIEWER, Role.ADMINISTRATOR
LOOKED_AHEAD = {
    "sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors", "sec-fetch-dest": "document",
}  # fmt: skip


@pytest.mark.parametrize("scheme", ["Basic", "Digest", "Token", ""])
async def test_a_token_is_said_as_a_bearers_only(tmp_path: Path, scheme: str) -> None:
    async with web_in(tmp_path) as web:
        said = {"authorization": f"{scheme} {web.tokens[RULE]}".strip()}
        assert (await web.ask("GET", "/api/status", said)).status == 401


async def test_a_wrong_token_is_not_made_good_by_a_cookie(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with web_in(tmp_path) as web:
        cookie = {"cookie": await web.signed_in()}
        assert (await web.ask("GET", "/api/status", cookie)).status == 200
        with noted_waits(monkeypatch):
            both = {**cookie, "authorization": "Bearer lion_nothing"}
            assert (await web.ask("GET", "/api/status", both)).status == 401


async def test_another_site_signs_nobody_in_and_looks_at_nothing_ahead(tmp_path: Path) -> None:
    """A form of another site that signs somebody in as the attacker (login CSRF); a page that is
    fetched as a document, and not visited.
    """
    async with web_in(tmp_path) as web:
        form = b"token=" + web.tokens[VIEW].encode()
        visit = {**LOOKED_AHEAD, "sec-fetch-mode": "navigate"}
        for said in (visit, {**visit, "origin": "https://evil.example"}):
            answer = await web.ask("POST", "/sign-in", said, form)
            assert (answer.status, "set-cookie" in answer.headers) == (403, False)
        cookie = {"cookie": await web.signed_in()}
        assert (await web.ask("GET", "/", {**cookie, **visit})).status == 200
        assert (await web.ask("GET", "/", {**cookie, **LOOKED_AHEAD})).status == 403


async def test_two_services_of_one_machine_have_cookies_of_their_own(tmp_path: Path) -> None:
    """Browsers send one host's cookies to all its ports."""
    async with web_in(tmp_path / "a") as one, web_in(tmp_path / "b") as other:
        first, second = await one.signed_in(), await other.signed_in()
        assert first.partition("=")[0] != second.partition("=")[0]
        both = {"cookie": f"{first}; {second}"}
        assert (await one.ask("GET", "/api/status", both)).status == 200
        assert (await other.ask("GET", "/api/status", both)).status == 200


async def test_who_signs_out_is_rid_of_his_cookie(tmp_path: Path) -> None:
    async with web_in(tmp_path) as web:
        own = {"cookie": await web.signed_in(), "origin": web.doors.origin}
        given = (await web.ask("POST", "/sign-out", own)).headers["set-cookie"]
        assert given.startswith(own["cookie"].partition("=")[0] + "=;")
        assert "Max-Age=0" in given


@pytest.mark.parametrize("form", [b"token=\xff", b"a&b&c&d&token=x", b"token=%ff" + b"&x" * 9])
async def test_what_is_no_form_signs_nobody_in(tmp_path: Path, form: bytes) -> None:
    async with web_in(tmp_path) as web:
        answer = await web.ask("POST", "/sign-in", {"origin": web.doors.origin}, form)
        assert (answer.status, "set-cookie" in answer.headers) == (400, False)


def test_however_often_a_secret_was_wrong_it_takes_as_long(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    known = Failures(lambda: 0.0)
    assert {known.note("a") for _ in range(2_000)} >= {0.1, SLOWEST}
    assert known.note("a") == SLOWEST


async def test_so_many_sessions_are_remembered_and_no_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keyring, "MOST_SESSIONS", 2)
    async with web_in(tmp_path) as web:
        access = web.living.access
        secrets = [str(await access.sign_in(web.tokens[VIEW])) for _ in range(3)]
        known = [access.of_session(one) is not None for one in secrets]
        assert known == [False, True, True]


@pytest.mark.parametrize("lasts_ns", [-1, LONGEST_NS + 1])
async def test_a_token_lasts_no_longer_than_it_may(tmp_path: Path, lasts_ns: int) -> None:
    async with web_in(tmp_path) as web:
        said = {"name": "x", "role": "viewer", "lasts_ns": lasts_ns}
        assert (await web.ask("POST", "/api/tokens", body=said, role=RULE)).status == 400


@pytest.mark.parametrize("name", ["", "a b", "a" * 65, "\u202ex", "../x", "x\n", "-x"])
async def test_a_token_is_called_by_a_name(tmp_path: Path, name: str) -> None:
    async with web_in(tmp_path) as web:
        said = {"name": name, "role": "viewer"}
        assert (await web.ask("POST", "/api/tokens", body=said, role=RULE)).status == 400


async def test_a_token_takes_nobodys_name(tmp_path: Path) -> None:
    """Or what one does would be told as another's; a name is free again when it has expired, and
    then what the old one began is over.
    """
    async with web_in(tmp_path) as web:
        access = web.living.access
        with pytest.raises(OperatorError, match="already"):
            await access.create(ANN, f"viewer-{web.doors.port}", RULE)
        assert access.of_token(web.tokens[VIEW]) is not None
        assert await access.create(ANN, "short", VIEW, lasts_ns=1) != ""
        again = await access.create(ANN, "short", RULE)
        assert access.of_token(again) == Principal("token", "short", RULE)


async def test_only_who_may_manages_tokens(tmp_path: Path) -> None:
    """Also where no route asks before: by a program of the operator's."""
    ola = Principal("token", "ola", Role.OPERATOR)
    async with web_in(tmp_path) as web:
        access, living = web.living.access, web.living
        for command in (
            lambda: access.tokens(ola), lambda: access.open_once(ola),
            lambda: living.sign_in_url(ola), lambda: living.ask_stop(ola),
        ):  # fmt: skip
            with pytest.raises(OperatorError, match="administrator"):
                command()
        for wanted in (
            access.create(ola, "x", RULE),
            access.revoke(ola, f"viewer-{web.doors.port}"),
        ):
            with pytest.raises(OperatorError, match="administrator"):
                await wanted


@pytest.mark.parametrize("proxy", [
    "ftp://lion.example.com", "javascript://lion.example.com", "https://lion.example.com/path",
    "https://lion.example.com?x", "https://lion.example.com#x", "https://lion.example.com:x",
])  # fmt: skip
def test_a_proxy_is_an_origin(proxy: str) -> None:
    with pytest.raises(OperatorError, match="no origin"), open_tcp(Place(port=0, proxy=proxy)):
        raise AssertionError


async def test_who_lost_his_session_hears_no_more_of_the_screens(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streams, "STILL", 0.05)
    async with web_in(tmp_path) as web, await web.connect() as stream:
        cookie = await web.signed_in()
        await stream.send_all(web.head("GET", "/live/feed", {"cookie": cookie}))
        with trio.fail_after(SECONDS):
            assert b" 200 " in bytes(await stream.receive_some())
            session = cookie.partition("=")[2]
            await web.living.access.sign_out(ANN, session)
            while await stream.receive_some():
                pass


def test_a_page_may_do_this_and_nothing_else() -> None:
    said = dict(one.strip().partition(" ")[::2] for one in policy("n").split(";"))
    assert said == {
        "default-src": "'none'", "script-src": "'nonce-n'", "style-src": "'self'",
        "img-src": "'self' data:", "font-src": "'self'", "connect-src": "'self'",
        "form-action": "'self'", "base-uri": "'none'", "frame-ancestors": "'none'",
    }  # fmt: skip


async def test_a_file_stays_for_ever_only_under_the_name_of_its_content(tmp_path: Path) -> None:
    async with web_in(tmp_path) as web:
        for query in ("", "?v=0123456789abcdef"):
            answer = await web.ask("GET", f"/static/console.css{query}")
            assert answer.headers["cache-control"] == "no-store"
