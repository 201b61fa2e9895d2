"""The world as WsgiDAV wants to see it: one provider, folders and files. Runs in the library's threads.

State is touched on the emulator's loop only; bytes go to and from the storage in the thread that serves the request.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar
from urllib.parse import quote, unquote, urlsplit

from wsgidav.dav_error import DAVError
from wsgidav.dav_provider import DAVCollection, DAVNonCollection, DAVProvider

from clouddrive2.emulator import paths
from clouddrive2.emulator.dav.access import SERVED_AT, Visitor
from clouddrive2.emulator.dav.content import Arriving, Incoming, Outgoing
from clouddrive2.emulator.dav.errors import BAD_GATEWAY, BAD_REQUEST, as_dav_errors
from clouddrive2.emulator.delivery import Deliveries, Delivery
from clouddrive2.emulator.listing import children
from clouddrive2.emulator.tree import Tree
from clouddrive2.emulator.upload_faults import UploadFaults
from clouddrive2.emulator.world import World
from clouddrive2.proto import clouddrive_pb2 as pb

__all__ = ["Visit", "WorldProvider"]

T = TypeVar("T")
# WsgiDAV decodes a Destination before it looks for a query in it. What would be mistaken for the start of one is handed over
# as a character no name can have.
CONCEALED = {"?": "\udc3f", ";": "\udc3b"}
BEYOND_NUMBERS = re.compile(r"[0-9]{20}")
REVEALED = str.maketrans({there: here for here, there in CONCEALED.items()})
# Before a full path, where the library expects one of the visitor's.
FULL = "\udc2f"


class Visit:
    """One request: whose it is, whether he still waits for the answer, and whether it copied or moved to where nothing was."""

    def __init__(self, visitor: Visitor) -> None:
        self.visitor = visitor
        self.left = False
        self.placed_anew = False


class WorldProvider(DAVProvider):  # type: ignore[misc]
    """All that WebDAV shows.

    Args:
        world: The tree.
        deliveries: Takes what was written.
        faults: Looked at with every piece written.
        loop: The loop the world lives on.
    """

    def __init__(self, world: World, deliveries: Deliveries, faults: UploadFaults, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__()
        self.verbose = 1
        self.world = world
        self.deliveries = deliveries
        self.faults = faults
        self.tree = Tree(world)
        self._loop = loop

    def on_loop(self, work: Coroutine[Any, Any, T]) -> T:
        """Run it on the world's loop and wait."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    def on_its_way(self, full: str) -> Delivery | None:
        """What was written and is not in its cloud yet."""

        async def found() -> Delivery | None:
            return self.deliveries.at(full)

        return self.on_loop(found())

    def get_resource_inst(self, path: str | None, environ: dict[str, Any]) -> _Folder | _File | None:
        if path is None:
            # What is above the root.
            return None
        if path.startswith(FULL):
            path = shown_path(path[1:], environ)
        with as_dav_errors():
            full = full_path(path, environ)
            entry = self.on_loop(self.world.entry(full))
        if entry is None:
            return None
        return self.resource(path, environ, entry)

    def resource(self, path: str, environ: dict[str, Any], entry: pb.CloudDriveFile) -> _Folder | _File:
        """The library's object for an entry."""
        return _Folder(path, environ, entry) if entry.isDirectory else _File(path, environ, entry)

    def ref_url_to_path(self, ref_url: str) -> str:
        # Whose view of the path is wanted is known only when the resource is looked up.
        return FULL + unquote(ref_url.removeprefix(SERVED_AT))

    def custom_request_handler(self, environ: dict[str, Any], start_response: Any, default_handler: Any) -> Any:
        for header in ("HTTP_RANGE", "HTTP_TIMEOUT", "HTTP_DEPTH"):
            # The library's int() refuses thousands of digits as an error of its own.
            if BEYOND_NUMBERS.search(environ.get(header, "")):
                raise DAVError(BAD_REQUEST, "no header has a number so large")
        if "HTTP_DESTINATION" in environ:
            environ["HTTP_DESTINATION"] = _concealed(environ["HTTP_DESTINATION"])
        visit: Visit = environ["asgi.scope"]["visit"]

        def start(status: str, headers: list[tuple[str, str]], *failure: Any) -> Any:
            # The library says 204 of every copy and move (RFC 4918 §9.8.5, §9.9.4).
            return start_response("201 Created" if visit.placed_anew and status.startswith("204") else status, headers, *failure)

        return default_handler(environ, start)


class _Shared:
    """What folders and files have in common."""

    path: str
    provider: WorldProvider
    environ: dict[str, Any]
    remove_all_locks: Callable[..., None]

    def open_entry(self, entry: pb.CloudDriveFile | None) -> None:
        """Begin with what the tree shows; ``None`` for a file that is only being made."""
        self._entry = entry
        self.full = full_path(self.path, self.environ)

    def get_creation_date(self) -> float | None:
        return self._entry.createTime.ToNanoseconds() / 1e9 if self._entry is not None else None

    def get_last_modified(self) -> float | None:
        return self._entry.writeTime.ToNanoseconds() / 1e9 if self._entry is not None else None

    def get_ref_url(self) -> str:
        # Visitors with different roots must meet the same lock.
        return quote(SERVED_AT + self.full)

    def handle_delete(self) -> bool:
        # The library looks at the locks of the folder around it only.
        self.provider.lock_manager.check_write_permission(
            url=self.get_ref_url(),
            depth="infinity",
            token_list=self.environ["wsgidav.ifLockTokenList"],
            principal=self.environ["wsgidav.user_name"],
        )
        with as_dav_errors():
            self.provider.on_loop(self.provider.tree.remove(self.full))
        self.remove_all_locks(recursive=True)
        return True

    def handle_move(self, dest_path: str) -> bool:
        self._place(dest_path, move=True)
        self.remove_all_locks(recursive=True)
        return True

    def handle_copy(self, dest_path: str, *, depth_infinity: bool) -> bool:
        self._place(dest_path, move=False)
        return True

    def _place(self, dest_path: str, *, move: bool) -> None:
        replace = self.environ["HTTP_OVERWRITE"] == "T"
        with as_dav_errors():
            target = full_path(dest_path, self.environ)
            placed = self.provider.on_loop(self.provider.tree.place(self.full, target, move=move, replace=replace))
        self.environ["asgi.scope"]["visit"].placed_anew = placed


class _Folder(_Shared, DAVCollection):  # type: ignore[misc]
    """A folder, also the root."""

    def __init__(self, path: str, environ: dict[str, Any], entry: pb.CloudDriveFile) -> None:
        DAVCollection.__init__(self, path, environ)
        self.open_entry(entry)

    def get_member_names(self) -> list[str]:
        return [member.name for member in self.get_member_list()]

    def get_member_list(self) -> list[_Folder | _File]:
        async def listed() -> list[pb.CloudDriveFile]:
            return [entry async for entry in children(self.provider.world, self.full)]

        with as_dav_errors():
            entries = self.provider.on_loop(listed())
        above = self.path.rstrip("/")
        return [self.provider.resource(f"{above}/{entry.name}", self.environ, entry) for entry in entries]

    def get_property_names(self, *, is_allprop: bool) -> list[str]:
        names = ["resourcetype", "creationdate", "getlastmodified", "displayname", "lockdiscovery", "supportedlock"]
        if not is_allprop:
            # Only for those who ask (RFC 4331 §3): counting what a cloud holds takes its time.
            names += ["quota-used-bytes", "quota-available-bytes"]
        return [f"{{DAV:}}{name}" for name in names]

    def get_used_bytes(self) -> int:
        return self._space()[0]

    def get_available_bytes(self) -> int:
        return self._space()[1]

    def create_empty_resource(self, name: str) -> _File:
        made = _File(f"{self.path.rstrip('/')}/{name}", self.environ, None)
        if self.environ["REQUEST_METHOD"] == "LOCK":
            # A lock on nothing makes an empty file (RFC 4918 §7.3); a PUT must not, until all is there.
            made.deliver(made.begin_write())
        return made

    def create_collection(self, name: str) -> None:
        with as_dav_errors():
            self.provider.on_loop(self.provider.tree.make_folder(paths.join(self.full, name)))

    def _space(self) -> tuple[int, int]:
        world = self.provider.world
        clouds = list(world.clouds.values()) if self.full == "/" else [world.locate(self.full)[0]]
        used = sum(cloud.storage.used() for cloud in clouds)
        return used, max(0, sum(cloud.options.total_space for cloud in clouds) - used)


class _File(_Shared, DAVNonCollection):  # type: ignore[misc]
    """A file; ``entry`` is ``None`` while a PUT is only making it."""

    def __init__(self, path: str, environ: dict[str, Any], entry: pb.CloudDriveFile | None) -> None:
        DAVNonCollection.__init__(self, path, environ)
        self.open_entry(entry)
        self._incoming: Incoming | None = None

    def get_content_length(self) -> int:
        return self._entry.size if self._entry is not None else 0

    def support_etag(self) -> bool:
        return True

    def get_etag(self) -> str | None:
        return self.provider.deliveries.tag(self._entry) if self._entry is not None else None

    def get_property_value(self, name: str) -> Any:
        value = super().get_property_value(name)
        # The property is the header's value with its quotes (RFC 4918 §15.6); the library leaves them out.
        return f'"{value}"' if name == "{DAV:}getetag" and value is not None else value

    def support_ranges(self) -> bool:
        return True

    def get_content(self) -> Outgoing:
        world = self.provider.world
        visit: Visit = self.environ["asgi.scope"]["visit"]
        with as_dav_errors():
            cloud, inner = world.locate(self.full)
            if (delivery := self.provider.on_its_way(self.full)) is not None:
                return Outgoing(Arriving(delivery, inner), visit)
            if self.full in world.pending:
                # A remote upload: its bytes are still with the client.
                raise DAVError(BAD_GATEWAY, "the file is still on its way")
            return Outgoing(cloud.storage.open(inner), visit)

    def begin_write(self, *, content_type: str | None = None) -> Incoming:
        with as_dav_errors():
            self._incoming = Incoming(self.provider.world, self.full, self.provider.faults)
        return self._incoming

    def end_write(self, *, with_errors: bool) -> None:
        incoming, self._incoming = self._incoming, None
        if incoming is None:
            return
        declared = self.environ.get("CONTENT_LENGTH")
        if with_errors or (declared and int(declared) != incoming.size):
            incoming.discard()
            if not with_errors:
                raise DAVError(BAD_REQUEST, "the body is shorter than announced")
        else:
            self.deliver(incoming)

    def deliver(self, incoming: Incoming) -> None:
        """All of it is there."""
        visitor: Visitor = self.environ["asgi.scope"]["visit"].visitor
        with as_dav_errors():
            self._entry = self.provider.on_loop(incoming.deliver(self.provider.deliveries, visitor.name))


def full_path(path: str, environ: dict[str, Any]) -> str:
    """The full path of what a visitor calls ``path``. It stays below his root: ``..`` is refused."""
    root: str = environ["asgi.scope"]["visit"].visitor.root
    given = paths.normalise(path.translate(REVEALED))
    return given if root == "/" else paths.normalise(root + given)


def shown_path(full: str, environ: dict[str, Any]) -> str:
    """How a visitor calls a full path; what lies above his root is his root to him."""
    root: str = environ["asgi.scope"]["visit"].visitor.root
    if root == "/":
        return full
    return full[len(root) :] or "/" if paths.is_below(full, root) else "/"


def _concealed(destination: str) -> str:
    try:
        parts = urlsplit(destination)
    except ValueError as error:
        raise DAVError(BAD_REQUEST, "the Destination is no address") from error
    path = unquote(parts.path, errors="surrogateescape").replace("%", "%25")
    for character, other in CONCEALED.items():
        path = path.replace(character, other)
    return f"{parts.scheme}://{parts.netloc}{path}" if parts.netloc else path
