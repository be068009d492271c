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
@common_options
def command(
    common: Common, run: str, output: Path | None, with_components: bool,
    form: Literal["dsse", "cose"] | None,
) -> int:  # fmt: skip
    """Write RUN as lines of JSON that prove it to somebody who has no lion.

    Components are named by their digests, unless --components is given. `lion verify FILE` checks
    an export; so does a program of thirty lines (docs/exports.md). The run has to verify first.
    """
    if output is None:
        _export(common, run, with_components, form, _to_stdout)
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
            what = _export(common, run, with_components, form, file.write)
    except BaseException as exc:
        output.unlink(missing_ok=True)
        if isinstance(exc, OSError):
            what = f"{str(output)!r} cannot be written: {exc.strerror}"
            raise OutsideError(what) from exc
        raise
    open_screen("stdout").line(f"exported  {what} into {show_line(str(output))}")
    return 0


def _export(
    common: Common, run: str, with_components: bool, form: Literal["dsse", "cose"] | None,
    write: Callable[[bytes], object],
) -> str:  # fmt: skip
    from lion.proof import export_head, export_run

    settings = common.settings()
    if form is not None:
        write(export_head(settings, run, form) + (b"\n" if form == "dsse" else b""))
        return "the signed head"
    report = export_run(settings, run, write, with_components=with_components)
    return f"{counted(report.records, 'record')} of run {report.run}"


def _to_stdout(data: bytes) -> None:
    sys.stdout.buffer.write(data)
