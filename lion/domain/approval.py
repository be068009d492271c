"""Look here if you want to know what a person is asked before a host call, and what may be
answered.

Rule: what is approved is what happens: a request names its call by a digest of everything that
will be executed, and an answer is for one request.
Rule: an answer says who gave it and by which way; nothing that a guest, a manifest or a model says
is one.
"""

import hashlib
from enum import StrEnum
from typing import Any, Final

import msgspec

SHOWN_ARGUMENTS: Final = 4_096
"""Characters of a call's arguments that a person is shown; the digest is of all of them."""
SHOWN_BODY: Final = 1_024
"""Bytes of a body that follows a call that a person is shown; the digest is of all of them."""
LONGEST_WORDS: Final = 1_000
"""Characters that a person may say to the guest."""
LONGEST_NAME: Final = 100
"""Characters of who answers."""


class Reach(StrEnum):
    """For how much an answer is given."""

    ONCE = "once"
    """This call."""
    RUN = "run"
    """Whatever the same rules ask about the same holder's calls by the same grant, in this run."""
    ALWAYS = "always"
    """The same in every run of the owner, until component, grant or rule are another."""


class Body(msgspec.Struct, frozen=True, kw_only=True):
    """What follows a call and is approved with it: its bytes, their digest (SHA-256 in hex), and
    how they begin, as text that is not yet escaped.
    """

    size: int
    digest: str
    begins: str


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """A host call that waits for a person. Times are nanoseconds since 1970 (UTC), digests are
    SHA-256 in hex.

    `chain` are the holders from the run's root to the caller (last); `arguments` is JSON for
    people, cut; `asked_by` who asks (deciders, as in a decision) and `reasons` why, side by side;
    `grant` is the manifest's line that would allow it; `note` what else a person has to know;
    `body` what follows the call, if that is to be approved too.
    """

    id: str
    run: str
    manifest_name: str
    owner: str
    invocation: str
    call: int
    chain: tuple[str, ...]
    capability: str
    operation: str
    target: str
    arguments: str
    call_digest: str
    component_digest: str
    policy_digest: str
    asked_by: tuple[str, ...]
    reasons: tuple[str, ...]
    grant: str
    asked_ns: int
    expires_ns: int
    note: str = ""
    body: Body | None = None
    judges: tuple[str, ...] = ()
    """Which code of system plugins asks, in its versions."""

    @property
    def holder(self) -> str:
        """Who calls."""
        return self.chain[-1]

    @property
    def basis(self) -> str:
        """A digest of what an answer for more than this call hangs on: another owner, holder,
        component, grant line, rule or version of a judge is asked about anew.
        """
        # Not the line of a policy's rule: a comment above it changes nothing.
        asking = [one.partition(" ")[0] for one in self.asked_by]
        parts = (
            self.owner, self.holder, self.component_digest, self.grant, self.capability, asking,
            self.reasons, *self.judges,
        )  # fmt: skip
        return hashlib.sha256(msgspec.msgpack.encode(parts)).hexdigest()


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody said to a request: `by` is a name, `via` the way (`terminal`, `command`,
    `program`), `words` are for the guest.
    """

    allowed: bool
    reach: Reach = Reach.ONCE
    by: str
    via: str
    words: str = ""


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """An answer that goes on: for all requests of one basis. `request` is the one it was given
    to, `run` says for which run, empty for every.
    """

    basis: str
    run: str
    answer: Answer
    since_ns: int
    request: Request


class Waiting(msgspec.Struct, frozen=True, kw_only=True):
    """A request as the desk has it. `is_live`: the run that asks has a process."""

    request: Request
    is_live: bool
    answer: Answer | None = None


def digest_of_call(
    chain: tuple[str, ...], capability: str, operation: str, target: str, args: list[Any],
    component_digest: str, policy_digest: str, body: Body | None = None,
) -> str:  # fmt: skip
    """The digest that an approval is bound to (SHA-256, hex). Raises what an encoder raises for
    arguments that no record can hold.
    """
    parts: tuple[Any, ...] = (
        chain, capability, operation, target, args, component_digest, policy_digest,
    )  # fmt: skip
    if body is not None:
        parts = (*parts, body.size, body.digest)
    return hashlib.sha256(msgspec.msgpack.encode(parts)).hexdigest()


def shown_arguments(args: list[Any]) -> str:
    """Arguments as JSON for people, cut to SHOWN_ARGUMENTS; not yet escaped for a terminal."""
    text = msgspec.json.encode(args).decode()
    if len(text) <= SHOWN_ARGUMENTS:
        return text
    return f"{text[:SHOWN_ARGUMENTS]}… ({len(text):,} characters)"
