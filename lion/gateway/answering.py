"""Look here if you want to know how a question over HTTP is answered: asked through the one door,
and given on as it comes.

Rule: nothing is answered before the first event is there, so a refusal has its own status; what
breaks off later is an error within the stream, which clients raise.
"""

from typing import Any

from lion.domain.call import CallError
from lion.gateway.asked import Asked, Write, Writer
from lion.gateway.clients import Client
from lion.gateway.exchange import Exchange, Headers
from lion.gateway.hearing import Hearing
from lion.gateway.refusals import refusal_of
from lion.kernel.client_models import open_question

STREAM: Headers = [("content-type", "text/event-stream"), ("cache-control", "no-store")]
SECOND = 1_000_000_000


async def answer(exchange: Exchange, client: Client, asked: Asked, write: Write) -> None:
    """Ask a model, and answer with what it says. Raises Refusal if nothing was answered yet."""
    session = client.session
    headers: Headers = []
    try:
        async with client.places, open_question(session) as question:
            # By what `lion explain` finds it.
            headers = [("x-request-id", f"{session.run}/{question.path}")]
            await question.ask(asked.chat())
            hearing = Hearing(question, asked)
            id = f"{session.run[:8]}-{question.path}"
            writer = write(asked, id, session.now_ns() // SECOND)
            give = _stream if asked.streams else _gather
            await give(exchange, hearing, writer, headers)
    except CallError as exc:
        refusal = refusal_of(exc)
        refusal.headers = headers
        raise refusal from exc


async def _gather(exchange: Exchange, hearing: Hearing, writer: Writer, headers: Headers) -> None:
    while (event := await hearing.next()) is not None:
        for _ in writer.add(*event):
            pass
        hearing.check_whole()
    await exchange.json(200, writer.whole(), headers)


async def _stream(exchange: Exchange, hearing: Hearing, writer: Writer, headers: Headers) -> None:
    event: tuple[str, Any] | None = await hearing.next()
    await exchange.begin(200, [*STREAM, *headers])
    await exchange.piece(b"".join(writer.begin()))
    try:
        while event is not None:
            await exchange.piece(b"".join(writer.add(*event)))
            event = await hearing.next()
        last = writer.end()
    except CallError as exc:
        last = writer.fail(refusal_of(exc))
    await exchange.piece(b"".join(last))
    await exchange.end()
