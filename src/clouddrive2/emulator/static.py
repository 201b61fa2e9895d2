"""Downloads over plain HTTP under ``/static`` (protocol.md §6.3)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from email.utils import formatdate, parsedate_to_datetime
from mimetypes import guess_type
from urllib.parse import quote, unquote

from clouddrive2.emulator import links, paths
from clouddrive2.emulator.call import CallError
from clouddrive2.emulator.doors.asgi import Receive, Scope, Send, respond, unless_left
from clouddrive2.emulator.storage import Item, StorageError
from clouddrive2.emulator.world import Cloud, World

__all__ = ["StaticApp"]

PIECE_BYTES = 1024 * 1024
RANGE = re.compile(r"bytes=(\d*)-(\d*)$")
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
    """

    def __init__(self, world: World) -> None:
        self._world = world

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
        item = await cloud.run(cloud.storage.stat, inner)
        if item is None and path in self._world.pending:
            await _refuse(send, 502, "the file is still on its way")
            return
        if item is None or item.is_folder:
            await _refuse(send, 404, "not found")
            return
        asked = {key: value.decode("latin-1") for key, value in scope["headers"]}
        headers = _describing(item)
        part = _part(asked, headers, item)
        if part is None:
            await respond(send, 416, [*OPEN_TO_ALL, (b"content-range", f"bytes */{item.size}".encode())])
            return
        shown = [*OPEN_TO_ALL, *headers.items(), (b"content-length", str(part.stop - part.start).encode())]
        if not part.whole:
            shown.append((b"content-range", f"bytes {part.start}-{part.stop - 1}/{item.size}".encode()))
        await send({"type": "http.response.start", "status": 200 if part.whole else 206, "headers": shown})
        if head:
            await send({"type": "http.response.body", "body": b""})
            return
        await self._send_bytes(send, cloud, inner, part)

    async def _send_bytes(self, send: Send, cloud: Cloud, inner: str, part: Part) -> None:
        reader = await cloud.run(cloud.storage.open, inner)
        self._world.downloads += 1
        try:
            at = part.start
            while at < part.stop:
                data = await cloud.run(reader.read, at, min(PIECE_BYTES, part.stop - at))
                if not data:
                    raise StorageError("the file has become shorter while it was read")
                at += len(data)
                await send({"type": "http.response.body", "body": data, "more_body": True})
            await send({"type": "http.response.body", "body": b""})
        finally:
            self._world.downloads -= 1
            await cloud.run(reader.close)


def _describing(item: Item) -> dict[bytes, bytes]:
    kind = guess_type(item.name)[0] or "application/octet-stream"
    return {
        b"accept-ranges": b"bytes",
        b"content-type": kind.encode(),
        b"content-disposition": f"inline; filename*=UTF-8''{quote(item.name, safe='')}".encode(),
        b"etag": f'"{item.id}-{item.size:x}-{int(item.modified * 1e6):x}"'.encode(),
        b"last-modified": formatdate(item.modified, usegmt=True).encode(),
    }


def _part(asked: dict[bytes, str], headers: dict[bytes, bytes], item: Item) -> Part | None:
    """What to send; ``None`` for a range that lies outside the file. Several ranges at once get the whole file."""
    whole = Part(0, item.size, True)
    found = RANGE.match(asked.get(b"range", "").replace(" ", ""))
    if found is None or found.groups() == ("", "") or not _unchanged(asked.get(b"if-range"), headers, item):
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


def _unchanged(condition: str | None, headers: dict[bytes, bytes], item: Item) -> bool:
    """Whether the file is still the one an ``If-Range`` speaks of: an entity tag or a date (RFC 9110 §13.1.5)."""
    if condition is None:
        return True
    condition = condition.strip()
    if condition.startswith(('"', "W/")):
        return condition == headers[b"etag"].decode()
    try:
        return parsedate_to_datetime(condition).timestamp() == int(item.modified)
    except ValueError:
        return False


async def _refuse(send: Send, code: int, text: str, *, allow: bytes | None = None) -> None:
    headers = [*OPEN_TO_ALL, (b"content-type", b"text/plain; charset=utf-8")]
    if allow is not None:
        headers.append((b"allow", allow))
    await respond(send, code, headers, f"{text}\n".encode())
