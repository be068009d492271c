"""Look here if you want to know how a manifest names a server of the Model Context Protocol whose
tools guests may call.
"""

from typing import Annotated

from pydantic import AfterValidator, ConfigDict, Field, model_validator

from lion.manifest.base_table import Table
from lion.manifest.fields import Name, Network
from lion.manifest.system_tables import SystemLimits


def _check_url(url: str) -> str:
    # A secret does not stand in a manifest, and userinfo is one.
    if not url.startswith(("http://", "https://")) or "@" in url or " " in url:
        raise ValueError("expected a URL such as https://mcp.example.com/mcp")
    return url


class McpTable(Table):
    """A server of the Model Context Protocol: a program (`command`) that is started for each run,
    outside of the sandbox, with nothing in its environment but what stands here; or one at a
    `url`, which is asked through the http door.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "oneOf": [{"required": ["command"]}, {"required": ["url"]}],
            "dependentRequired": {
                "env": ["command"], "secrets": ["command"], "key": ["url"], "addresses": ["url"],
            },
        }
    )  # fmt: skip

    command: list[str] | None = Field(None, min_length=1)
    env: dict[str, str] = {}
    secrets: dict[str, Name] = {}
    url: Annotated[str, AfterValidator(_check_url)] | None = None
    key: Name | None = None
    addresses: list[Network] = []
    limits: SystemLimits | None = None

    @model_validator(mode="after")
    def _check(self) -> "McpTable":
        if (self.command is None) == (self.url is None):
            raise ValueError("needs either 'command' or 'url'")
        if self.command is None and (self.env or self.secrets):
            raise ValueError("env and secrets are of a program; a url has a key")
        if self.url is None and (self.key or self.addresses):
            raise ValueError("key and addresses are of a url; a program is handed secrets")
        return self
