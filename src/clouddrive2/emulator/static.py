"""Downloads over plain HTTP under ``/static`` (protocol.md §6.3)."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Callable
from dataclasses import dataclass
from email.utils import formatdate
from mimetypes import guess_type
from urllib.parse import quote, unquote

from clouddrive2.emulator import conditions, links, paths
from clouddrive2.emulator.call import CallError
from clouddrive2.emulator.calls import Calls, SentFile
from clouddrive2.emulator.doors.asgi import Receive, Scope, Send, respond, unless_left
from clouddrive2.emulator.download_faults import DownloadFaults
from clouddrive2.emulator.readers import Reader
from clouddrive2.emulator.storage import Item, StorageError
from clouddrive2.emulator.storage import Reader as Opened
from clouddrive2.emulator.world import Cloud, World

__all__ = ["StaticApp"]

logger = logging.getLogger(__name__)
PIECE_BYTES = 1024 * 1024
# No file has an offset of more digits.
RANGE = re.compile(r"bytes=([0-9]{0,19})-([0-9]{0,19})$")
OPEN_TO_ALL = [(b"access-control-allow-origin", b"*")]


@dataclass(frozen=True, slots=True)
class Part:
    """What is sent: bytes ``start`` up to and without ``stop``; ``whole`` when nobody asked for less."""

    start: int
    stop: int
    whole: bool


class StaticApp:
    """ASGI application: ``/static/{SCHEME}/{HOST}/{PREVIEW}/<path>?sign=…``.

    Scheme, host and preview have no meaning here. The path is one escaped segment or several.

    Args:
        world: Has the files.
        faults: What goes wrong.
        calls: Told of every answer with content.

    Attributes:
        hang_up: Breaks the connection of a client, given its address.
    """

    def __init__(self, world: World, faults: DownloadFaults, calls: Calls) -> None:
        self._world = world
        self._faults = faults
        self._calls = calls
        self.hang_up: Callable[[tuple[str, int]], object] = lambda _: None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        verb = scope["method"]
        if verb not in ("GET", "HEAD"):
            await _refuse(send, 405, "GET and HEAD only", allow=b"GET, HEAD")
            return
        if self._world.options.static_unready > 0:
            self._world.options.static_unready -= 1
            await _refuse(send, 502, "the cloud is not ready")
            return
        pieces = scope["raw_path"].decode("latin-1").split("/", 5)
        if len(pieces) < 6:
            await _refuse(send, 404, "not found")
            return
        try:
            path = paths.normalise(unquote(pieces[5], errors="surrogateescape"))
        except CallError:
            await _refuse(send, 404, "not found")
            return
        if not links.may_read(self._world, path, scope["query_string"].decode("latin-1")):
            await _refuse(send, 403, "signed link required")
            return
        await unless_left(receive, self._send_file(scope, send, path, head=verb == "HEAD"))

    async def _send_file(self, scope: Scope, send: Send, path: str, *, head: bool) -> None:
        try:
            cloud, inner = self._world.locate(path)
        except CallError:
            await _refuse(send, 404, "not found")
            return
        if self._world.is_hidden(path):
            await _refuse(send, 404, "not found")
            return
        try:
            item = await cloud.run(cloud.storage.stat, inner)
        except StorageError as error:
            await _refuse(send, 502, str(error))
            return
        if item is None and path in self._world.pending:
            await _refuse(send, 502, "the file is still on its way")
            return
        if item is None or item.is_folder:
            await _refuse(send, 404, "not found")
            return
        asked = {key: value.decode("latin-1") for key, value in scope["headers"]}
        headers = _describing(item)
        headers[b"etag"] = self._faults.tag(headers[b"etag"])
        unmet = conditions.unmet(asked, headers[b"etag"].decode(), item.modified)
        if unmet is not None:
            kept = {key: value for key, value in headers.items() if key in (b"etag", b"last-modified")}
            await respond(send, unmet, [*OPEN_TO_ALL, *kept.items()])
            return
        # A range is something of a GET only (RFC 9110 §14.2).
        part = Part(0, item.size, True) if head else _part(asked, headers[b"etag"].decode(), item)
        if part is not None and not part.whole:
            given = self._faults.range_sent(part.start, part.stop)
            part = Part(0, item.size, True) if given is None else Part(*given, False)
        if part is None:
            await respond(send, 416, [*OPEN_TO_ALL, (b"content-range", f"bytes */{item.size}".encode())])
            return
        shown = [*OPEN_TO_ALL, *headers.items(), (b"content-length", str(part.stop - part.start).encode())]
        if not part.whole:
            shown.append((b"content-range", f"bytes {part.start}-{part.stop - 1}/{item.size}".encode()))
        start = {"type": "http.response.start", "status": 200 if part.whole else 206, "headers": shown}
        if head:
            await send(start)
            await send({"type": "http.response.body", "body": b""})
            return
        refusal = self._faults.refusal(len(self._world.readers))
        if refusal is not None:
            await _refuse(send, refusal, "refused on purpose")
            return
        try:
            reader = await cloud.run(cloud.storage.open, inner)
        except (StorageError, OSError) as error:
            await _refuse(send, 502, f"{path} cannot be opened: {error}")
            return
        answer = SentFile(path, part.start, part.stop, not part.whole)
        try:
            with self._world.readers.one(path, item.size, f"http {scope['client'][0]}") as listed:
                self._calls.record_sent(answer)
                await send(start)
                await self._send_bytes(send, cloud, reader, answer, scope["client"], listed)
        finally:
            await cloud.run(reader.close)

    async def _send_bytes(
        self, send: Send, cloud: Cloud, reader: Opened, answer: SentFile, client: tuple[str, int], listed: Reader
    ) -> None:
        length, then = self._faults.end_of(answer.stop - answer.start)
        try:
            while answer.sent < length:
                data = await cloud.run(reader.read, answer.start + answer.sent, min(PIECE_BYTES, length - answer.sent))
                if not data:
                    raise StorageError("the file has become shorter while it was read")
                answer.sent += len(data)
                listed.sent = answer.sent
                await send({"type": "http.response.body", "body": data, "more_body": True})
            if then == "break_download":
                self.hang_up((client[0], client[1]))
            if then:
                # Ends when the client has gone.
                await asyncio.Event().wait()
            await send({"type": "http.response.body", "body": b""})
        except StorageError as error:
            # Too late for another status: an answer that ends early is all a client can be told.
            logger.warning("%s ended early: %s", answer.path, error, extra={"action": "download_broken"})
            self.hang_up((client[0], client[1]))


def _describing(item: Item) -> dict[bytes, bytes]:
    kind = guess_type(item.name)[0] or "application/octet-stream"
    return {
        b"accept-ranges": b"bytes",
        b"content-type": kind.encode(),
        b"content-disposition": f"inline; filename*=UTF-8''{quote(item.name, safe='')}".encode(),
        b"etag": f'"{item.id}-{item.size:x}-{int(item.modified * 1e6):x}"'.encode(),
        b"last-modified": formatdate(item.modified, usegmt=True).encode(),
    }


def _part(asked: dict[bytes, str], tag: str, item: Item) -> Part | None:
    """What to send; ``None`` for a range that lies outside the file. Several ranges at once get the whole file."""
    whole = Part(0, item.size, True)
    found = RANGE.match(asked.get(b"range", "").replace(" ", ""))
    if found is None or found.groups() == ("", "") or not conditions.unchanged(asked.get(b"if-range"), tag, item.modified):
        return whole
    first, last = found.groups()
    if not first:
        length = min(int(last), item.size)
        return Part(item.size - length, item.size, False) if length else None
    start = int(first)
    if last and int(last) < start:
        return whole
    stop = min(int(last) + 1, item.size) if last else item.size
    return Part(start, stop, False) if start < item.size else None


async def _refuse(send: Send, code: int, text: str, *, allow: bytes | None = None) -> None:
    headers = [*OPEN_TO_ALL, (b"content-type", b"text/plain; charset=utf-8")]
    if allow is not None:
        headers.append((b"allow", allow))
    await respond(send, code, headers, f"{text}\n".encode())
