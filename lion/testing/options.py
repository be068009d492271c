"""Look here if you want to know what a test may say about the world of the guest it runs."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypedDict

from lion.domain.names import did_you_mean
from lion.errors import OperatorError


class Options(TypedDict, total=False):
    """The keywords of `kit` and `open_kit`. A fake's answer is a value, an exception or a
    function, async or not; functions may raise CallError.
    """

    allow: Mapping[str, Any]
    deny: Sequence[str]
    config: Mapping[str, Any]
    limits: Mapping[str, Any]
    """Of a bare component, as in a manifest: allow={"kv": {"bytes": "1 KiB"}}. A directory needs
    no `at`.
    """
    sets: Mapping[str, str]
    """Of a manifest, as `--set`."""
    policy: str
    """The text of an operator's policy; the machine's own is not read."""
    fakes: Mapping[str, Any]
    """By host function ("kv.get"), in place of what executes it: the value its `ok` carries, as
    `calls` shows it. Functions get the arguments of the call.
    """
    http: Mapping[str, Any]
    """By method and URL ("GET https://x/y", with `*` and `**` as in a grant): a body (text, bytes,
    or a list or dict for JSON) or a Reply. Functions get the request.
    """
    tools: Mapping[str, Any]
    """By tool ("fetcher.fetch"), in place of the plugin: its result as JSON value, or OwnError.
    Functions get the arguments as a dict.
    """
    llm: Mapping[str, Any]
    """By model: what it says to everything, or a list of answers as in a script, or a script's
    path.
    """
    files: Mapping[str, str | bytes | Path]
    """By the guest's path: content, or a file or directory to copy. The granted directories are
    empty but for these, and gone in the end.
    """
    kv: Mapping[str, Mapping[str, str | bytes]]
    """By holder: what its store holds in the beginning."""
    secrets: Mapping[str, str]
    """By name: hosts, a space, the value ("api.example.com s3cret")."""
    approvals: Any
    """Who is asked for calls that need an approval: True or False answers all of them, a function
    gets the Request and answers True, False, an Answer, or None (nobody comes, and the clock goes
    on). Without it there is nobody to ask.
    """
    seed: int
    """Of the random numbers."""


OF_COMPONENTS = ("allow", "deny", "config", "limits")


def check_options(options: Options, *, is_component: bool) -> None:
    """Raise OperatorError for an option that there is not, or not for this source."""
    for name in options:
        if name not in Options.__annotations__:
            known = Options.__annotations__
            raise OperatorError(f"there is no option {name}=", hint=did_you_mean(name, known))
    if is_component and "sets" in options:
        raise OperatorError("sets= is for a manifest's variables, and a component has none")
    for name in OF_COMPONENTS:
        if not is_component and name in options:
            raise OperatorError(
                f"{name}= is for a bare component", hint="a manifest says that itself"
            )
