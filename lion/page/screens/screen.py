"""Look here if you want to know what a screen is."""

import msgspec

from lion.domain.task import Role
from lion.web.routes import Routes, Run


class Screen(msgspec.Struct, frozen=True, kw_only=True):
    """What people find at a path, under its `title` in the list of screens (empty: it is not
    listed). `parts` are what the page fetches while it is open: paths as in Routes.
    """

    path: tuple[str, ...]
    title: str
    show: Run
    role: Role = Role.VIEWER
    parts: Routes = {}
