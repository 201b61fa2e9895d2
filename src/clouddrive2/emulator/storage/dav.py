"""Files on a WebDAV server, through webdav4. The password comes from ``CLOUDDRIVE2_DAV_PASSWORD``, or else from ``~/.netrc``.

What is being sent lies in a hidden folder on that server until it is whole; one MOVE then puts it in its place. A file counts as
unchanged while size and time of change stay the same: entity tags do not survive a MOVE everywhere.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from email.utils import formatdate
from typing import Any
from urllib.parse import quote

import httpx
from webdav4.client import Client, ClientError, HTTPError, InsufficientStorage, MultiStatusError, ResourceNotFound

from clouddrive2.emulator.storage.base import StorageError, StorageFull
from clouddrive2.emulator.storage.listings import Found
from clouddrive2.emulator.storage.remote import Content, Remote
from clouddrive2.emulator.storage.streams import Fetch, Stream

__all__ = ["PASSWORD_VARIABLE", "DavRemote"]

PASSWORD_VARIABLE = "CLOUDDRIVE2_DAV_PASSWORD"
HIDDEN = ".clouddrive2"
PIECE_BYTES = 1 << 20
CONNECTIONS = 16
ASKED = (
    '<?xml version="1.0" encoding="utf-8"?><propfind xmlns="DAV:"><prop>'
    "<resourcetype/><getcontentlength/><getlastmodified/></prop></propfind>"
)
NOT_LET_IN = (401, 403)


class DavRemote(Remote):
    """A folder of a WebDAV server.

    Args:
        url: The folder, ``http://`` or ``https://``, with no user in it; it exists.
        user: Who we are there; ``None`` asks without credentials, unless ``~/.netrc`` has some.
        transport: Carries the requests, for tests; the network by default.
    """

    def __init__(self, url: str, user: str | None = None, transport: httpx.BaseTransport | None = None) -> None:
        password = os.environ.get(PASSWORD_VARIABLE)
        auth = (user, password or "") if user is not None and password is not None else None
        self._user = user
        self._has_auth = auth is not None
        limits = httpx.Limits(max_connections=CONNECTIONS, max_keepalive_connections=CONNECTIONS)
        timeout = httpx.Timeout(60, connect=10)
        # Its own repetitions wait for seconds and repeat what may have been done.
        self._client = Client(url, auth=auth, retry=False, limits=limits, timeout=timeout, transport=transport)
        self._base = self._client.base_url.path.rstrip("/")
        self._place = url.rstrip("/")

    def check(self) -> None:
        if self._asked("/", depth=0) is None:
            raise StorageError(f"{self._place}: there is no such folder")

    def stat(self, path: str) -> Found | None:
        return (self._asked(path, depth=0) or {}).get(path) if not _is_hidden(path) else None

    def listed(self, folder: str) -> Iterable[Found] | None:
        answers = None if _is_hidden(folder) else self._asked(folder, depth=1)
        if answers is None or not answers[folder].is_folder:
            return None
        return [found for path, found in answers.items() if path != folder and not _is_hidden(path)]

    def make_folder(self, path: str) -> None:
        with self._told():
            self._client.mkdir(quote(path))

    def delete(self, path: str, *, is_folder: bool) -> None:
        with self._told():
            self._client.remove(quote(path))

    def move(self, old: str, new: str, found: Found) -> Mapping[str, str]:
        with self._told():
            self._client.move(quote(old), quote(new), overwrite=True)
        return self._tag_now(new, found)

    def copy(self, old: str, new: str, found: Found) -> Mapping[str, str]:
        with self._told():
            self._client.copy(quote(old), quote(new), overwrite=True)
        return self._tag_now(new, found)

    def fetch(self, path: str, found: Found) -> Fetch:
        url = self._client.join_url(quote(path))
        # Of the first answer: the times have whole seconds only.
        etags: list[str | None] = []

        def opened(start: int, stop: int) -> Stream:
            headers = {"Range": f"bytes={start}-{stop - 1}", "Accept-Encoding": "identity"}
            with self._told(path):
                answer = self._client.http.send(self._client.http.build_request("GET", url, headers=headers), stream=True)
            try:
                with self._told(path):
                    answer.raise_for_status()
                etags.append(answer.headers.get("etag"))
                if etags[0] != etags[-1] or not _is(answer, found):
                    raise StorageError(f"{self._place}: {path} has changed while it was read")
            except StorageError:
                answer.close()
                raise
            skipped = 0 if answer.status_code == httpx.codes.PARTIAL_CONTENT else start
            return _Body(answer, skipped, stop - start, lambda: self._told(path))

        return opened

    def send(self, path: str, content: Content, begun: Callable[[str], None]) -> str:
        sent = f"/{HIDDEN}/{uuid.uuid4().hex}.part"
        begun(sent)

        def pieces() -> Iterator[bytes]:
            for offset in range(0, content.size, PIECE_BYTES):
                yield content.read(offset, PIECE_BYTES)

        with self._told():
            if self._asked(f"/{HIDDEN}", depth=0) is None:
                self._client.mkdir(HIDDEN)
            try:
                self._client.request("PUT", sent, content=pieces(), headers={"Content-Length": str(content.size)})
            except BaseException:
                # Also when nobody wants it any more: the server may have kept what came. The next start does what fails now.
                with suppress(ClientError, httpx.HTTPError):
                    self._removed(sent)
                raise
        return sent

    def place(self, sent: str, path: str, content: Content) -> Found:
        with self._told():
            self._client.move(sent, quote(path), overwrite=True)
        found = self.stat(path)
        if found is None or found.size != content.size:
            raise StorageError(f"{self._place}: {path} was stored and is not there as it was sent")
        return found

    def drop(self, sent: str) -> None:
        with self._told():
            self._removed(sent)

    def used(self) -> int:
        total, folders = 0, ["/"]
        while folders:
            folder = folders.pop()
            for found in self.listed(folder) or ():
                total += found.size
                if found.is_folder:
                    folders.append(f"{folder.rstrip('/')}/{found.name}")
        return total

    def close(self) -> None:
        self._client.http.close()

    # Requests

    def _asked(self, path: str, *, depth: int) -> dict[str, Found] | None:
        """What is at a path and, with depth 1, in it, by path; ``None`` when nothing is."""
        headers = {"Depth": str(depth), "Content-Type": "application/xml"}
        with self._told():
            try:
                answers = self._client.propfind(quote(path), data=ASKED, headers=headers).responses
            except ResourceNotFound:
                return None
        found: dict[str, Found] = {}
        for there, answer in answers.items():
            inner = there.removeprefix(self._base).rstrip("/") or "/"
            told = answer.properties
            is_folder = bool(told.collection)
            size = 0 if is_folder else told.content_length or 0
            modified = told.modified.timestamp() if told.modified is not None else 0.0
            tag = "" if is_folder else f"{modified:.0f}"
            found[inner] = Found(inner.rpartition("/")[2], is_folder, size, modified, tag)
        if path not in found:
            raise StorageError(f"{self._place}: the server answers for another path than {path}")
        return found

    def _tag_now(self, path: str, found: Found) -> Mapping[str, str]:
        """The tag of one file, which a server may change with its place; of a folder's files it is taken not to."""
        there = None if found.is_folder else self.stat(path)
        return {path: there.tag} if there is not None else {}

    def _removed(self, sent: str) -> None:
        with suppress(ResourceNotFound):
            self._client.remove(sent)

    @contextmanager
    def _told(self, path: str = "") -> Iterator[None]:
        """Errors of the libraries as those of the contract."""
        try:
            yield
        except InsufficientStorage as error:
            raise StorageFull(f"{self._place}: the server has no room left") from error
        except MultiStatusError as error:
            raise StorageError(f"{self._place}: only a part was done, look at what is left: {error}") from error
        except (HTTPError, httpx.HTTPStatusError) as error:
            raise StorageError(f"{self._place}: {self._refusal(error.response.status_code, path)}") from error
        except ResourceNotFound as error:
            raise StorageError(f"{self._place}: {error.path} has gone") from error
        except ClientError as error:
            raise StorageError(f"{self._place}: the server refused: {error}") from error
        except httpx.HTTPError as error:
            raise StorageError(f"{self._place}: the server does not answer ({type(error).__name__})") from error

    def _refusal(self, status: int, path: str) -> str:
        if status in NOT_LET_IN:
            who = f"the user {self._user}" if self._user is not None else "requests without credentials"
            hint = "" if self._has_auth else f"; set {PASSWORD_VARIABLE}, or an entry for it in ~/.netrc"
            return f"the server does not let {who} in ({status}){hint}"
        if status in (404, 412, 416) and path:
            return f"{path} has changed while it was read"
        return f"the server refused with {status}"


class _Body:
    """The body of an answer: ``length`` bytes of it, after those that come before because the server knows no ranges."""

    def __init__(self, answer: httpx.Response, skipped: int, length: int, told: Callable[[], Any]) -> None:
        self._answer = answer
        self._pieces = answer.iter_bytes()
        self._skipped = skipped
        self._left = length
        self._rest = b""
        self._told = told

    def read(self, length: int) -> bytes:
        while not self._rest and self._left:
            with self._told():
                piece = next(self._pieces, b"")
            if not piece:
                return b""
            skipped = min(self._skipped, len(piece))
            self._skipped -= skipped
            self._rest = piece[skipped:]
        data, self._rest = self._rest[: min(length, self._left)], self._rest[min(length, self._left) :]
        self._left -= len(data)
        return data

    def close(self) -> None:
        self._answer.close()


def _is_hidden(path: str) -> bool:
    return path == f"/{HIDDEN}" or path.startswith(f"/{HIDDEN}/")


def _is(answer: httpx.Response, found: Found) -> bool:
    """Whether the answer is of the file that was found, by its time of change and its size."""
    time, size = answer.headers.get("last-modified"), answer.headers.get("content-range", "").rpartition("/")[2]
    is_time = time is None or time == formatdate(found.modified, usegmt=True)
    return is_time and (not size.isdigit() or int(size) == found.size)
