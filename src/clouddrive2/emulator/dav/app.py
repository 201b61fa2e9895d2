"""The door to ``/dav``: knows the visitor, then lets WsgiDAV answer in a thread (protocol.md §15)."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import MutableMapping
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from clouddrive2.emulator import paths
from clouddrive2.emulator.call import CallError
from clouddrive2.emulator.dav.access import SERVED_AT, DavAccess
from clouddrive2.emulator.delivery import Deliveries
from clouddrive2.emulator.doors.asgi import App, Receive, Scope, Send, respond
from clouddrive2.emulator.upload_faults import UploadFaults
from clouddrive2.emulator.world import World

if TYPE_CHECKING:
    from clouddrive2.emulator.dav.provider import Visit

__all__ = ["DavApp"]

READING = frozenset({"OPTIONS", "GET", "HEAD", "PROPFIND"})
THREADS = 32
BLOCK_BYTES = 256 * 1024
# Headers of the library that are not passed on. The server tells the time itself. And a connection closed in the middle of a
# body takes the answer with it when the client still sends; what comes after the answer is thrown away instead.
LEFT_OUT = frozenset({b"date", b"connection"})
ASK = (b"www-authenticate", b'Basic realm="CloudDrive", charset="UTF-8"')


class DavApp:
    """ASGI application. The libraries are loaded with the first request: a server nobody asks starts as fast as before.

    Args:
        world: The tree.
        access: Who may do what.
        deliveries: Takes what was written.
        faults: Looked at with every piece written.
    """

    def __init__(self, world: World, access: DavAccess, deliveries: Deliveries, faults: UploadFaults) -> None:
        self._world = world
        self._access = access
        self._faults = faults
        self._deliveries = deliveries
        self._library: Any = None
        self._loading = asyncio.Lock()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = dict(scope["headers"])
        authorization = headers.get(b"authorization")
        if not self._access.enabled:
            await respond(send, 404, [], b"the WebDAV server is switched off\n")
            return
        visitor = self._access.visitor(authorization.decode("latin-1") if authorization is not None else None)
        if visitor is None:
            await respond(send, 401, [ASK], b"a user name and a password are needed\n")
            return
        if visitor.read_only and scope["method"] not in READING:
            await respond(send, 403, [], b"this user may only read\n")
            return
        try:
            path = paths.normalise(unquote(scope["raw_path"].decode("latin-1"), errors="strict"))
        except UnicodeDecodeError:
            # Made readable by force it would be the path of something else.
            await respond(send, 400, [], b"a path is UTF-8, escaped\n")
            return
        except CallError as error:
            await respond(send, 400, [], f"{error.details}\n".encode())
            return
        app = await self._loaded()
        from clouddrive2.emulator.dav.provider import Visit

        visit = Visit(visitor)
        # The library takes "." for a name, and the one before it for the folder around.
        inner = {**scope, "path": path + "/" * scope["path"].endswith("/"), "visit": visit}

        async def answer(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [pair for pair in message["headers"] if pair[0] not in LEFT_OUT]
            await send(message)

        await (self._read if scope["method"] == "GET" else self._write)(app, inner, visit, receive, answer)

    async def close(self) -> None:
        """Let go of the threads; no request may be running."""
        if self._library is not None:
            self._library.executor.shutdown(wait=True)

    async def _read(self, app: App, scope: Scope, visit: Visit, receive: Receive, send: Send) -> None:
        async def nothing() -> MutableMapping[str, Any]:
            return {"type": "http.request", "body": b"", "more_body": False}

        async def watch() -> None:
            while (await receive())["type"] != "http.disconnect":
                pass
            visit.left = True

        watching = asyncio.ensure_future(watch())
        try:
            await app(scope, nothing, send)
        finally:
            watching.cancel()

    async def _write(self, app: App, scope: Scope, visit: Visit, receive: Receive, send: Send) -> None:
        async def body() -> MutableMapping[str, Any]:
            message = await receive()
            if message["type"] == "http.disconnect":
                # To the library the end of the body and the end of the connection look the same.
                visit.left = True
                raise ConnectionResetError("the writer has left")
            return message

        await app(scope, body, send)

    async def _loaded(self) -> App:
        async with self._loading:
            if self._library is None:
                loop = asyncio.get_running_loop()
                self._library = await asyncio.to_thread(self._load, loop)
        app: App = self._library
        return app

    def _load(self, loop: asyncio.AbstractEventLoop) -> Any:
        from a2wsgi import WSGIMiddleware
        from wsgidav.error_printer import ErrorPrinter
        from wsgidav.request_resolver import RequestResolver
        from wsgidav.wsgidav_app import WsgiDAVApp

        from clouddrive2.emulator.dav.provider import WorldProvider

        # Nobody asked for the library's own log; whoever wants it gives its logger a handler.
        logging.getLogger("wsgidav").addHandler(logging.NullHandler())
        provider = WorldProvider(self._world, self._deliveries, self._faults, loop)
        settings = {
            "provider_mapping": {SERVED_AT: provider},
            "middleware_stack": [ErrorPrinter, RequestResolver],
            "http_authenticator": {"accept_basic": False},
            "lock_storage": True,
            "property_manager": None,
            "logging": {"enable": False},
            "suppress_version_info": True,
            "block_size": BLOCK_BYTES,
            "verbose": 1,
        }
        library = WsgiDAVApp(settings)

        def served(environ: Any, start_response: Any) -> Any:
            # The library's name for whose locks these are.
            environ["wsgidav.auth.user_name"] = environ["asgi.scope"]["visit"].visitor.name
            return library(environ, start_response)

        return WSGIMiddleware(served, workers=THREADS, send_queue_size=4)
