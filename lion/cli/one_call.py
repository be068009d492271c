"""Look here if you want to know what a bare component is given for one call, and how it is typed.

Rule: words are the manifest's: what stands there after `allow.`, or within `config`, as TOML.
Rule: what is given goes into the record, as a manifest's grants do.
"""

from collections.abc import Callable, Sequence
from typing import Any, Final

import click

from lion.errors import OperatorError
from lion.plans import Given

_OPTIONS: Final = (
    click.option(
        "--allow",
        metavar="TOML",
        multiple=True,
        help="""Grant a bare component this, as a manifest says it after `allow.`:
        --allow 'http = ["GET https://x.org/**"]'; may be repeated.""",
    ),
    click.option(
        "--config",
        metavar="TOML",
        multiple=True,
        help="""Configure it: --config 'greeting = "Good day"'; may be repeated.""",
    ),
    click.option(
        "--secret",
        metavar="NAME",
        multiple=True,
        help="Grant it a secret that the operator has bound; may be repeated.",
    ),
)
_FORMS: Final = {
    "--allow": """--allow 'http = ["GET https://example.com/**"]'""",
    "--config": """--config 'greeting = "Good day"'""",
    "--limits": """--limits 'deadline = "5 min"'""",
}


def grant_options(function: Callable[..., int]) -> Callable[..., int]:
    """Add `--allow`, `--config` and `--secret` to a command's function."""
    for option in reversed(_OPTIONS):
        function = option(function)
    return function


def read_given(
    *, allow: Sequence[str], config: Sequence[str], secret: Sequence[str]
) -> Given | None:
    """What those options give, None if none was typed. Raises OperatorError.

    What a component keeps is its file's, so that the next call finds it.
    """
    if not (allow or config or secret):
        return None
    granted = _tables("--allow", allow)
    if secret:
        _join("--secret", granted, {"secrets": list(secret)})
    return Given(
        allow=granted if allow or secret else None,
        config=_tables("--config", config) if config else None,
        by_file=True,
    )


def allowed_tables(texts: Sequence[str]) -> dict[str, Any]:
    """What `--allow` says, all of them together. Raises OperatorError."""
    return _tables("--allow", texts)


def limits_table(texts: Sequence[str]) -> dict[str, Any]:
    """What `--limits` says, all of them together. Raises OperatorError."""
    return _tables("--limits", texts)


def _tables(flag: str, texts: Sequence[str]) -> dict[str, Any]:
    from lion.manifest.document import Document

    tables: dict[str, Any] = {}
    for text in texts:
        try:
            said = Document(text, kind=f"{flag} {text!r}", path=None).parse()
        except OperatorError as exc:
            raise OperatorError(exc.what, hint=f"write TOML: {_FORMS[flag]}") from None
        _join(flag, tables, said)
    return tables


def _join(flag: str, tables: dict[str, Any], said: dict[str, Any]) -> None:
    """Add what was said; lists of the same key become one, as if they stood in one line."""
    for key, value in said.items():
        before = tables.get(key, [] if isinstance(value, list) else None)
        if before is None:
            tables[key] = value
        elif isinstance(before, list) and isinstance(value, list):
            tables[key] = [*before, *value]
        else:
            raise OperatorError(f"{flag} gives {key!r} twice", hint="write it once")
