"""Look here if you want to know what the first page of a service shows."""

from typing import Final

from lion.domain.task import Principal
from lion.page.rendering import render
from lion.page.screens.screen import Screen
from lion.service.living import Living
from lion.service.status import status_of
from lion.web.connection import Answer, Request


async def _show(living: Living, request: Request, by: Principal) -> Answer:
    status = status_of(living.service, by)
    tasks = living.service.tasks(by)[-50:][::-1]
    return render(request, by, "home.html", title="Attention", status=status, tasks=tasks)


SCREEN: Final = Screen(path=("",), title="Attention", show=_show)
