"""Look here if you want to know what `lion export` writes."""

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Literal

import click

from lion.cli.options import Common, common_options
from lion.cli.screen import open_screen
from lion.domain.text import show_line
from lion.domain.units import counted
from lion.errors import OperatorError, OutsideError

Form = Literal["dsse", "cose", "html", "otlp"] | None


@click.command("export")
@click.argument("run", default="last")
@click.option(
    "--output", "-o", metavar="FILE", type=click.Path(path_type=Path), help="Write a new FILE."
)
@click.option("--components", "with_components", is_flag=True, help="With the components' bytes.")
@click.option(
    "--head", "form", type=click.Choice(["dsse", "cose"]),
    help="Only its signed head, for verifiers of this form.",
)  # fmt: skip
@click.option("--html", "is_page", is_flag=True, help="One page to look at, which opens offline.")
@click.option("--otlp", "is_trace", is_flag=True, help="A trace for OpenTelemetry collectors.")
@click.option("--content", is_flag=True, help="In a trace also what was asked and answered.")
@common_options
def command(
    common: Common, run: str, output: Path | None, with_components: bool,
    form: Literal["dsse", "cose"] | None, is_page: bool, is_trace: bool, content: bool,
) -> int:  # fmt: skip
    """Write RUN as lines of JSON that prove it to somebody who has no lion.

    Components are named by their digests, unless --components is given. `lion verify FILE` checks
    an export; so does a program of thirty lines (docs/exports.md). The run has to verify first.
    With --html it is a page: time, tree, authority and log of the run, to read and to send. With
    --otlp it is a trace: lines of JSON as OTLP has them.
    """
    if is_page + is_trace + (form is not None) + with_components > 1:
        raise OperatorError(
            "a page, a trace, a head and components are different exports",
            hint="ask for one of them",
        )
    if content and not is_trace:
        raise OperatorError("--content is of a trace", hint="add --otlp")
    what: Form = "html" if is_page else "otlp" if is_trace else form
    if output is None:
        _export(common, run, with_components or content, what, _to_stdout)
        return 0
    try:
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
        file = os.fdopen(os.open(output, flags, 0o600), "wb")
    except OSError as exc:
        raise OperatorError(
            f"{str(output)!r} cannot be written: {exc.strerror}", hint="name a new file"
        ) from exc
    try:
        with file:
            said = _export(common, run, with_components or content, what, file.write)
    except BaseException as exc:
        output.unlink(missing_ok=True)
        if isinstance(exc, OSError):
            raise OutsideError(f"{str(output)!r} cannot be written: {exc.strerror}") from exc
        raise
    open_screen("stdout").line(f"exported  {said} into {show_line(str(output))}")
    return 0


def _export(
    common: Common, run: str, with_more: bool, form: Form, write: Callable[[bytes], object]
) -> str:
    """`with_more`: components, or the content of a trace."""
    from lion.proof import export_head, export_run

    settings = common.settings()
    if form == "html":
        from lion.page.export import page_of

        shown, text = page_of(settings, run)
        write(text.encode())
        return f"the page of run {shown}"
    if form == "otlp":
        from lion.telemetry.export import write_trace

        shown, spans = write_trace(settings, run, write, with_content=with_more)
        return f"{counted(spans, 'span')} of run {shown}"
    if form is not None:
        write(export_head(settings, run, form) + (b"\n" if form == "dsse" else b""))
        return "the signed head"
    report = export_run(settings, run, write, with_components=with_more)
    return f"{counted(report.records, 'record')} of run {report.run}"


def _to_stdout(data: bytes) -> None:
    sys.stdout.buffer.write(data)
