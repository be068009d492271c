"""Look here if you want to know what is particular to scopes of kv, elements, tools, llm and
secrets: what is suggested after a denial, what surprises, and which of several grants counts.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, Final

from lion.domain.names import did_you_mean, is_name, is_tool_name
from lion.domain.plan import Grant, Holder, Model, Plan
from lion.domain.question import Question
from lion.domain.surroundings import Surroundings
from lion.domain.units import parse_size, render_money, render_size
from lion.scopes.audience import origins_of, warn_of_key, warn_of_secrets
from lion.scopes.named import NamedScopes, all_granted, granted, granted_patterns
from lion.scopes.pattern import Pattern

KV_QUOTA: Final = parse_size("64 KiB")
"""What is suggested for a holder without a store."""


ELEMENTS_COUNT: Final = 1_000
ELEMENTS_QUOTA: Final = parse_size("1 MiB")
"""The same, of elements."""


class KvScopes(NamedScopes):
    """A store is the holder's own: a grant names nothing and has a size."""

    def find_grant(self, grants: Sequence[Grant], question: Question) -> Grant | None:
        """The one with the largest quota, because each of them alone would allow it."""
        able = [grant for grant in grants if self.covers(grant, question)]
        return max(able, key=lambda grant: grant.quota.get("bytes", 0), default=None)

    def suggest(self, holder: Holder, plan: Plan, question: Question) -> Any:
        """A store of the usual size."""
        return {"bytes": render_size(KV_QUOTA)}


class ElementScopes(NamedScopes):
    """A store of elements is the holder's own: a grant names nothing and has two sizes."""

    def find_grant(self, grants: Sequence[Grant], question: Question) -> Grant | None:
        """The one with the most bytes, of such the most elements."""
        able = [grant for grant in grants if self.covers(grant, question)]
        sizes = ("bytes", "elements")
        return max(able, key=lambda one: [one.quota.get(name, 0) for name in sizes], default=None)

    def suggest(self, holder: Holder, plan: Plan, question: Question) -> Any:
        """A store of the usual size."""
        return {"count": ELEMENTS_COUNT, "bytes": render_size(ELEMENTS_QUOTA)}


class ToolScopes(NamedScopes):
    """Tools of other holders, `plugin.function`."""

    def rule_flaw(self, pattern: Pattern) -> str:
        """A name has a dot in it, which `*` does not cross."""
        has_dot = "." in pattern.text or "**" in pattern.text
        return "" if has_dot else f'tools are named plugin.function; write "{pattern.text}.*"'

    def rule_meets(self, pattern: Pattern, plan: Plan, tools: Collection[str]) -> bool:
        """Whether there is such a tool."""
        return any(map(pattern.matches, tools))

    def warn(
        self, holder: Holder, plan: Plan, around: Surroundings, tools: Collection[str]
    ) -> Iterator[str]:
        """Tools that are not there."""
        for text in granted_patterns(holder, "tools"):
            if not any(map(self.grant_pattern(text).matches, tools)):
                yield f"granted but not there: tool {text}{_meant(text, tools)}"

    def suggest(self, holder: Holder, plan: Plan, question: Question) -> Any:
        """This tool, if the plan has its plugin."""
        name = str(question.target)
        if not is_tool_name(name) or name.partition(".")[0] not in plan.holders:
            return None
        return [*granted_patterns(holder, "tools"), name]


class AgentScopes(NamedScopes):
    """Agents of the manifest, by name."""

    def rule_meets(self, pattern: Pattern, plan: Plan, tools: Collection[str]) -> bool:
        """Whether there is such an agent."""
        agents = (name for name, one in plan.holders.items() if one.kind == "agent")
        return any(map(pattern.matches, agents))

    def suggest(self, holder: Holder, plan: Plan, question: Question) -> Any:
        """This agent, if the plan has it."""
        name = str(question.target)
        found = plan.holders.get(name)
        if found is None or found.kind != "agent":
            return None
        return [*granted_patterns(holder, "agents"), name]


class ModelScopes(NamedScopes):
    """Models of the manifest, by name; each entry is a grant with budgets of its own."""

    is_list = False

    def rule_meets(self, pattern: Pattern, plan: Plan, tools: Collection[str]) -> bool:
        """Whether there is such a model."""
        return any(map(pattern.matches, plan.models))

    def warn(
        self, holder: Holder, plan: Plan, around: Surroundings, tools: Collection[str]
    ) -> Iterator[str]:
        """Models whose key goes nowhere, or where everybody reads it."""
        for grant in granted(holder, "llm"):
            named = [self.grant_pattern(text) for text in grant.patterns]
            for model in plan.models.values():
                if any(pattern.matches(model.name) for pattern in named):
                    yield from warn_of_key(model, around)

    def audience_of(
        self, grant: Grant, around: Surroundings, models: Mapping[str, Model]
    ) -> tuple[str, ...]:
        """The servers where the models are."""
        matches = self.grant_pattern(grant.patterns[0]).matches
        return tuple(
            one.base_url for name, one in models.items() if matches(name) and one.base_url
        )

    def budgets_of(self, grant: Grant) -> dict[str, int]:
        """Tokens, questions and money."""
        return {f"llm.{kind} of {grant.patterns[0]}": most for kind, most in grant.quota.items()}

    def suggest(self, holder: Holder, plan: Plan, question: Question) -> Any:
        """This model, if the plan has it."""
        if question.target not in plan.models:
            return None
        return [*map(_model_entry, granted(holder, "llm")), str(question.target)]


class ProgramScopes(NamedScopes):
    """The program that an agent of others is."""

    is_own = True


class SecretScopes(NamedScopes):
    """Secrets, by name. The host puts their values into requests, whatever a guest imports."""

    through = ("http",)

    def rule_meets(self, pattern: Pattern, plan: Plan, tools: Collection[str]) -> bool:
        """Whether anybody is granted such a secret."""
        names = (name for grant in all_granted(plan, "secrets") for name in grant.patterns)
        return any(map(pattern.matches, names))

    def warn(
        self, holder: Holder, plan: Plan, around: Surroundings, tools: Collection[str]
    ) -> Iterator[str]:
        """Secrets that requests would lack, or that go where one may not have meant them to."""
        requests = granted(holder, "http")
        for grant in granted(holder, "secrets"):
            yield from warn_of_secrets(grant, requests, around)

    def audience_of(
        self, grant: Grant, around: Surroundings, models: Mapping[str, Model]
    ) -> tuple[str, ...]:
        """Where their operator lets them go."""
        return origins_of(grant, around)

    def suggest(self, holder: Holder, plan: Plan, question: Question) -> Any:
        """This name, if it is one."""
        name = str(question.target)
        return [*granted_patterns(holder, "secrets"), name] if is_name(name) else None


def _meant(pattern: str, tools: Collection[str]) -> str:
    plugin, _, tool = pattern.partition(".")
    if "*" in pattern:
        return ""
    known = [name.partition(".")[2] for name in tools if name.partition(".")[0] == plugin]
    return f"; {did_you_mean(tool, known)}" if known else f"; {did_you_mean(pattern, tools)}"


def _model_entry(grant: Grant) -> Any:
    """How a grant of a model is written: its name, or a table with its numbers."""
    numbers: dict[str, Any] = dict(grant.quota)
    if "money" in numbers:
        numbers["money"] = render_money(numbers["money"])
    if grant.ask_at is not None:
        numbers |= {"at": f"{grant.ask_at} %", "then": "ask"}
    return {"model": grant.patterns[0], **numbers} if numbers else grant.patterns[0]
