"""What the HTTP/1.1 parts share: ASGI's types, and ending work for a client that has gone."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, MutableMapping
from email.utils import formatdate
from typing import Any

__all__ = ["App", "Headers", "Receive", "Scope", "Send", "dated", "respond", "unless_left"]

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]
Headers = list[tuple[bytes, bytes]]


async def unless_left(receive: Receive, work: Coroutine[Any, Any, None]) -> None:
    """Do the work, or stop in the middle as soon as the client closes the connection.

    Args:
        receive: Of the request, whose body has been read.
        work: Sends the answer; what it raises is raised here.
    """
    working, leaving = asyncio.ensure_future(work), asyncio.ensure_future(_left(receive))
    try:
        await asyncio.wait((working, leaving), return_when=asyncio.FIRST_COMPLETED)
    finally:
        leaving.cancel()
        if not working.done():
            working.cancel()
    await asyncio.gather(working, leaving, return_exceptions=True)
    if not working.cancelled():
        working.result()


def dated(app: App, clock: Callable[[], float]) -> App:
    """The application, every answer of which tells the time, as HTTP servers do (RFC 9110 §6.6.1).

    Args:
        app: Answers.
        clock: Seconds since the epoch.
    """

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        async def send_dated(event: MutableMapping[str, Any]) -> None:
            if event["type"] == "http.response.start":
                event["headers"] = [*event["headers"], (b"date", formatdate(clock(), usegmt=True).encode())]
            await send(event)

        await app(scope, receive, send_dated)

    return answer


async def respond(send: Send, code: int, headers: Headers, body: bytes = b"") -> None:
    """Send a short answer."""
    length = [(b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": code, "headers": [*headers, *length]})
    await send({"type": "http.response.body", "body": body})


async def _left(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
