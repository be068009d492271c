"""Who may speak to a service over TCP is said at the command line; its page is where it says."""

import http.client
import json
import urllib.parse

from lion.cli.commands import serve
from tests.cli.kit import ROOT, Lion, assert_one_line
from tests.cli.serving import served

HELLO = ROOT / "examples" / "hello" / "manifest.toml"


def asked(url: str, token: str = "") -> tuple[int, dict[str, str]]:
    parts = urllib.parse.urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=60)
    headers = {"authorization": f"Bearer {token}"} if token else {}
    try:
        connection.request("GET", f"{parts.path}?{parts.query}", headers=headers)
        answer = connection.getresponse()
        answer.read()
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}
    finally:
        connection.close()


def test_tokens_from_their_beginning_to_their_end(lion: Lion) -> None:
    with served(lion, HELLO, "--port", "0") as process:
        assert process.stdout is not None
        page, once = process.stdout.readline().split()
        assert page == "page"
        origin = once.partition("/sign-in")[0]
        assert asked(once)[0] == 303
        assert asked(once)[0] == 401
        url = lion("token", "url").stdout.strip()
        assert (url != once, asked(url)[0]) == (True, 303)

        secret = lion("token", "create", "bot", "--role", "viewer", "--expires", "30 d").stdout
        assert asked(f"{origin}/api/status", secret.strip())[0] == 200
        taken = lion("token", "create", "bot", "--role", "viewer")
        assert_one_line(taken, 2, "there is a token 'bot' already", "lion token revoke bot")
        listed = lion("token", "list")
        assert "bot" in listed.stdout
        assert "viewer" in listed.stdout
        assert "until" in listed.stdout
        shown = json.loads(lion("token", "list", "--json").stdout)
        assert (shown["name"], "digest" in shown, "token" in shown) == ("bot", False, False)
        assert lion("token", "revoke", "bot").stdout == "revoked  bot\n"
        assert asked(f"{origin}/api/status", secret.strip())[0] == 401
        assert_one_line(lion("token", "revoke", "bot"), 2, "there is no token 'bot'")
        bad = lion("token", "create", "../x", "--role", "viewer")
        assert_one_line(bad, 2, "'../x' is no name for a token")
        assert_one_line(lion("token", "create", "x", "--role", "king"), 2, "king")
        assert_one_line(lion("token", "create", "x", "--role", "viewer", "--expires", "x"), 2, "x")


def test_without_a_page_there_is_no_address(lion: Lion) -> None:
    with served(lion, HELLO, "--no-page"):
        assert lion("status").returncode == 0
        assert_one_line(lion("token", "url"), 2, "no browser can speak to this service", "--port")
    both = lion("serve", "--no-page", "--port", "1")
    assert_one_line(both, 2, "--no-page listens nowhere")


def test_where_nobody_may_or_can_listen_is_said(lion: Lion) -> None:
    heard = lion("serve", "--host", "0.0.0.0")
    assert_one_line(heard, 2, "others could hear", "--certificate FILE", "--proxy https://HOST")
    half = lion("serve", "--certificate", "x.pem")
    assert_one_line(half, 2, "TLS needs a certificate and its key")


def test_serve_says_where_one_may_listen() -> None:
    names = {name for one in serve.command.params for name in one.opts}
    assert {"--host", "--port", "--certificate", "--key", "--proxy", "--no-page"} <= names
