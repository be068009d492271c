"""Look here if you want to know what `lion ask` does.

Rule: stdout gets the answer as it comes and nothing else; what it cost goes to stderr.
"""

import sys
import time
from collections.abc import Mapping
from typing import Any

import click
import msgspec

from lion.cli.models import failed_exit, manifest_option, run_asking
from lion.cli.options import Common, common_options, set_option
from lion.cli.screen import Screen, open_screen
from lion.cli.summary import render_denial, typed_command
from lion.domain.plan import Plan
from lion.domain.text import show, show_line
from lion.domain.units import counted, render_money
from lion.errors import OperatorError
from lion.plans import read_manifest


@click.command("ask")
@click.argument("model")
@click.argument("question")
@manifest_option
@click.option("--system", metavar="TEXT", help="Instructions that go before the question.")
@click.option("--max-tokens", type=click.IntRange(1, 2**24), help="Of the answer, at most.")
@click.option("--tokens", type=click.IntRange(1), help="Of question and answer, at most.")
@click.option("--money", metavar="AMOUNT", help="What it may cost at most, by the prices.")
@click.option("--thinking", is_flag=True, help="Show on stderr what the model thinks.")
@set_option
@common_options
def command(
    common: Common,
    model: str,
    question: str,
    manifest: str,
    system: str | None,
    max_tokens: int | None,
    tokens: int | None,
    money: str | None,
    thinking: bool,
    sets: Mapping[str, str],
) -> int:
    """Ask a MODEL of a manifest one QUESTION (- reads it from stdin) and print its answer.

    It is a run like any other: judged by the policy, held to its budget, recorded.

    \b
    lion ask fast "What do lions eat?"
    lion ask fast --manifest desk/manifest.toml --tokens 2000 - < question.txt
    """
    from lion.asking import Budget, asking_plan

    text = sys.stdin.read() if question == "-" else question
    if not text.strip():
        raise OperatorError("the question is empty", hint='write it: lion ask MODEL "..."')
    plan = read_manifest(manifest, dict(sets))
    before = [{"role": "system", "content": system}] if system else []
    asked = {"messages": [*before, {"role": "user", "content": text}], "max_tokens": max_tokens}
    budget = Budget(tokens=tokens, money=money)
    asking = asking_plan(plan, "ask", {model: asked}, budget)
    return _ask(common, asking, model, shows_thinking=thinking)


def _ask(common: Common, asking: Plan, model: str, *, shows_thinking: bool) -> int:
    out, errors = open_screen("stdout"), open_screen("stderr")
    began = time.monotonic()
    hear = None if common.as_json else _Speech(out, errors, shows_thinking=shows_thinking)
    report = run_asking(common, asking, hear)
    if hear is not None:
        hear.finish()
    (ending,) = report.endings
    said: dict[str, Any] = ending.value if ending.ok else {"failed": [ending.ending, ending.error]}
    if common.as_json:
        out.line(msgspec.json.encode({"run": report.run, **said}).decode())
    for denial in report.denials:
        for line in render_denial(denial, asking, errors):
            errors.line(line)
    if "failed" in said:
        case, words = said["failed"]
        errors.line(f"{errors.paint('failed', 'red')}  {model}  {show_line(f'{case}: {words}')}")
        return report.exit_code or failed_exit([case])
    if not common.as_json:
        seconds = time.monotonic() - began
        log = typed_command(common)("log")
        errors.line(f"{_cost(asking, model, said)}, {seconds:.2f} s; {log}")
    return report.exit_code


def _cost(plan: Plan, model: str, said: Mapping[str, Any]) -> str:
    from lion.asking import cost_of

    about = "about " if said["estimated"] else ""
    words = f"{about}{counted(said['input'], 'token')} in, {said['output']:,} out"
    if cost := cost_of(plan, model, said["input"], said["output"]):
        words += f", {render_money(cost)} by the manifest's prices"
    return words if said["stop"] == "end" else f"{words}, stop: {said['stop']}"


class _Speech:
    """Writes an answer as it comes; what could steer a terminal is escaped."""

    def __init__(self, out: Screen, errors: Screen, *, shows_thinking: bool) -> None:
        self._out = out
        self._errors = errors
        self._shows_thinking = shows_thinking
        self._last = {"text": "\n", "thinking": "\n"}

    def __call__(self, kind: str, value: Any) -> None:
        if kind == "text":
            self._end("thinking", self._errors)
            self._write(self._out, kind, value)
        elif kind == "thinking" and self._shows_thinking:
            self._write(self._errors, kind, value)

    def finish(self) -> None:
        """End the last line."""
        self._end("text", self._out)
        self._end("thinking", self._errors)

    def _end(self, kind: str, screen: Screen) -> None:
        if not self._last[kind].endswith("\n"):
            screen.write("\n")
            self._last[kind] = "\n"

    def _write(self, screen: Screen, kind: str, text: str) -> None:
        screen.write(show(text))
        self._last[kind] = text or self._last[kind]
