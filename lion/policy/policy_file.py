"""Look here if you want to know how the operator's policy file is read: rules and ceilings.

    deny = ["tool db.*", "kv set **", "random"]
    ask = ["tool mail.send"]
    approve = ["tool mail.send"]        # answers what manifests and judges ask about

    [approvals]
    wait = "10 min"                     # for a person; "0 s": nobody is asked
    park-after = "2 min"                # of nothing but waiting a run ends its process

    [http]
    proxy = "http://proxy.example:3128" # what is not near is reached through it, by CONNECT

    [limits]                            # no holder gets more, whatever its manifest says
    memory = "128 MiB"

Rule: a policy only narrows; there is no word in it that gives anything: what it approves is what
somebody else wants asked, within the grants.
"""

import hashlib
from pathlib import Path
from typing import Any, Final

import msgspec

from lion.domain.call import Verdict
from lion.domain.plan import SECOND
from lion.manifest.document import Document
from lion.scopes.http_url import BadUrl, Url, parse_url
from lion.scopes.rules import BadRule, Rule, parse_rule

WAIT_NS: Final = 600 * SECOND


class Policy(msgspec.Struct, frozen=True, kw_only=True):
    """A policy. `ceilings` are limits by the names of domain/plan.py, `digest` SHA-256 in hex,
    `proxy` what requests go through.
    """

    deny: tuple[Rule, ...] = ()
    ask: tuple[Rule, ...] = ()
    approve: tuple[Rule, ...] = ()
    wait_ns: int = WAIT_NS
    """How long a call waits for a person; 0: nobody is asked."""
    park_after_ns: int | None = None
    """After how long of nothing but waiting a run leaves, if nobody else says; None: never."""
    ceilings: dict[str, Any] = {}
    proxy: Url | None = None
    text: str = ""
    digest: str
    path: Path | None = None


def parse_policy(text: str, path: Path | None = None) -> Policy:
    """The policy of a file's text; the empty text is the empty policy. Raises OperatorError."""
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
    if not text.strip():
        return Policy(text=text, digest=digest, path=path)
    # pydantic is slow to import, and most runs have no policy file.
    from lion.manifest.grants import written_limits
    from lion.manifest.mistakes import check
    from lion.manifest.policy_tables import PolicyTable

    document = Document(text, kind="policy", path=path)
    table = check(document, PolicyTable, document.parse())
    asked = table.approvals
    return Policy(
        deny=_rules(document, "deny", table.deny, Verdict.DENY),
        ask=_rules(document, "ask", table.ask, Verdict.ASK),
        approve=_rules(document, "approve", table.approve, Verdict.ALLOW),
        wait_ns=WAIT_NS if asked is None or asked.wait is None else asked.wait,
        park_after_ns=None if asked is None else asked.park_after,
        ceilings=written_limits(table.limits),
        proxy=_proxy(document, table.http.proxy) if table.http is not None else None,
        text=text,
        digest=digest,
        path=path,
    )


def _proxy(document: Document, text: str) -> Url:
    place = ("http", "proxy")
    try:
        url = parse_url(text)
    except BadUrl as exc:
        raise document.error(place, str(exc)) from None
    if url.scheme != "http" or url.resource != "/":
        what = f"{text!r} is no proxy that is spoken to here"
        raise document.error(place, what, 'write it as "http://proxy.example:3128"')
    return url


def _rules(document: Document, key: str, texts: list[str], verdict: Verdict) -> tuple[Rule, ...]:
    rules = []
    lines = document.item_lines((key,), texts)
    for index, (text, line) in enumerate(zip(texts, lines, strict=True)):
        try:
            rules.append(parse_rule(text, verdict, line))
        except BadRule as exc:
            what, _, hint = str(exc).partition("; ")
            raise document.error((key, index), what, hint) from None
    return tuple(rules)
