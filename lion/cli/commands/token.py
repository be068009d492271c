"""Look here if you want to know what `lion token` does: who may speak to the service over TCP."""

import time
from datetime import UTC, datetime

import click

from lion.cli.options import Common, common_options
from lion.cli.screen import open_screen, say_none
from lion.cli.summary import json_text
from lion.cli.task_options import parse_time
from lion.cli.tasks import client_of
from lion.domain.task import Role
from lion.errors import OperatorError


@click.group("token")
def command() -> None:
    """Make and revoke tokens for who speaks to the service."""


@command.command("create")
@click.argument("name")
@click.option(
    "--role", type=click.Choice([str(role) for role in Role]), required=True,
    help="viewer: read; operator: also give work, stop it, approve a call; administrator: all.",
)  # fmt: skip
@click.option(
    "--expires", metavar="TIME", callback=parse_time,
    help='After which it is worth nothing: "30d", "8 h".  [default: never]',
)  # fmt: skip
@common_options
def create(common: Common, name: str, role: str, expires: int | None) -> int:
    """Make a token and print its secret, which nobody can be shown again."""
    if expires == 0:  # which is how the API says never
        raise OperatorError(
            "a token that lasts no time lets nobody in",
            hint='give it some, such as "30 d"; without --expires it lasts until it is revoked',
        )
    body = {"name": name, "role": role, "lasts_ns": expires or 0}
    made = client_of(common).ask("POST", "api", "tokens", body=body)
    open_screen("stdout").line(json_text(made) if common.as_json else made["token"])
    return 0


@command.command("list")
@common_options
def list_tokens(common: Common) -> int:
    """List the tokens, without their secrets."""
    found = client_of(common).get("api", "tokens")
    screen = open_screen("stdout")
    for one in found:
        screen.line(json_text(one) if common.as_json else _row(one))
    if not found:
        say_none(
            "no tokens; make one: lion token create NAME --role viewer", as_json=common.as_json
        )
    return 0


@command.command("revoke")
@click.argument("name")
@common_options
def revoke(common: Common, name: str) -> int:
    """Let a token, and the browsers that signed in with it, be nobody at once."""
    gone = client_of(common).ask("DELETE", "api", "tokens", name)
    open_screen("stdout").line(json_text(gone) if common.as_json else f"revoked  {gone['name']}")
    return 0


@command.command("url")
@common_options
def url(common: Common) -> int:
    """Print an address that signs a browser in as you: once, and for a quarter of an hour."""
    made = client_of(common).ask("POST", "api", "sign-in-url")
    open_screen("stdout").line(json_text(made) if common.as_json else made["url"])
    return 0


def _row(token: dict[str, object]) -> str:
    expires = token["expires_ns"]
    assert isinstance(expires, int)
    ends = "for ever"
    if expires:
        word = "until" if time.time_ns() < expires else "expired"
        ends = f"{word} {datetime.fromtimestamp(expires / 1e9, UTC):%Y-%m-%d %H:%M}Z"
    return f"{token['name']:20}  {token['role']:13}  {ends}, by {token['by']}"
