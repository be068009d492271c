"""Look here if you want to know what `lion schema` prints."""

import click

from lion.cli.options import Common, common_options
from lion.cli.screen import open_screen


@click.command("schema")
@click.argument("kind", type=click.Choice(["manifest", "policy", "answers"]), default="manifest")
@common_options
def command(common: Common, kind: str) -> int:
    """Print the JSON schema of manifests, of the operator's policy, or of scripted answers.

    Editors complete and check a file by it. Put the schema beside the file and name it in the
    file's first line; Even Better TOML and Taplo read that:

    \b
      lion schema > manifest.schema.json
      #:schema ./manifest.schema.json
    """
    from lion.manifest.schema import render_schema

    open_screen("stdout").write(render_schema(kind))
    return 0
