"""All the server knows: accounts, tokens, clouds, entries on their way, tasks, listeners; and the clock it goes by."""

from __future__ import annotations

import asyncio
import hmac
import logging
import secrets
import uuid
from collections import ChainMap
from collections.abc import Callable, Container, Iterable
from concurrent.futures import Executor
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from clouddrive2.emulator import paths
from clouddrive2.emulator.account import Account
from clouddrive2.emulator.call import CallError, Identity, Status
from clouddrive2.emulator.clock import Clock
from clouddrive2.emulator.options import CloudOptions, EmulatorOptions
from clouddrive2.emulator.readers import Readers
from clouddrive2.emulator.sessions import Sessions
from clouddrive2.emulator.state import State, as_json, from_json
from clouddrive2.emulator.storage import Item, Storage
from clouddrive2.emulator.tasks import TaskList, UploadTask
from clouddrive2.emulator.versions import is_newer
from clouddrive2.emulator.web_tokens import web_token
from clouddrive2.proto import clouddrive_pb2 as pb

__all__ = ["Cloud", "Pending", "World"]

logger = logging.getLogger(__name__)
T = TypeVar("T")
MODIFY_SINCE = "1.1.2"


@dataclass(slots=True)
class Cloud:
    """One cloud account and where its files are.

    Attributes:
        options: What it is like; another name when it was renamed.
        storage, executor: Where its files are, and the threads that may wait for it.
        locked: The plan does not cover it.
        listening: Changes made elsewhere are announced as they happen.
    """

    options: CloudOptions
    storage: Storage
    executor: Executor | None = None
    locked: bool = False
    listening: bool = False

    async def run(self, operation: Callable[..., T], *arguments: Any) -> T:
        """A storage call, in a thread when it may block."""
        if self.storage.blocking:
            return await asyncio.get_running_loop().run_in_executor(self.executor, operation, *arguments)
        return operation(*arguments)

    async def begin(self) -> str:
        """A new temporary file; none stays behind when whoever wants it leaves meanwhile.

        Raises:
            StorageError: There is no room for it.
        """
        beginning = asyncio.ensure_future(self.run(self.storage.begin))
        try:
            return await asyncio.shield(beginning)
        except asyncio.CancelledError:
            self.storage.discard(await beginning)
            raise


@dataclass(slots=True)
class Pending:
    """An entry that is shown although its bytes are still on their way (protocol.md §3.5)."""

    id: str
    size: int
    since: float
    hashes: dict[int, str] = field(default_factory=dict)


class World:
    """State of one server.

    Args:
        options: What the server is like.
        username, password: The account it is signed in to.
        clouds: Cloud accounts with their storages, by folder name.
        state: What survives a restart.
    """

    def __init__(
        self, options: EmulatorOptions, username: str, password: str, clouds: dict[str, Cloud], state: State | None = None
    ) -> None:
        self.options = options
        self.state = state or State()
        self.clouds = clouds
        # Everything at the root: the clouds, and what is no account (the second map).
        self.roots: ChainMap[str, Cloud] = ChainMap(clouds, {})
        self.describers: list[Callable[[pb.CloudDriveFile], None]] = []
        self.clock = Clock()
        self.pending: dict[str, Pending] = {}
        self.hidden: dict[str, int | float] = {}
        # The directory cache: when a folder was listed and how many entries it had; folders with a time of their own.
        self.listed: dict[str, tuple[float, int]] = {}
        self.listing_seconds: dict[str, int] = {}
        # Held by whoever changes the tree: one change at a time.
        self.changing = asyncio.Lock()
        self.account = Account(options, self.state, self.clock, username, password)
        self.sessions = Sessions(self.state, self.clock)
        self.tokens = {
            each.token: Identity(each.token, self.username, expires_at=each.expires_at) for each in self.sessions.live()
        }
        self.token_details: dict[str, pb.TokenInfo] = {}
        self._given_tokens: set[str] = set()
        self.tasks = TaskList(self.clock, options.row_seconds, self._task_changed)
        self._listeners: dict[asyncio.Queue[pb.CloudDrivePushMessage], str | None] = {}
        self.signing_key = bytes.fromhex(self.state.load("signing_key") or secrets.token_hex(32))
        self.state.save("signing_key", self.signing_key.hex())
        self.started = self.clock()
        # Also a clock that is set back does not bring the start back.
        self.ready_at = 0.0
        # After a shutdown: every call finds nobody.
        self.is_down = False
        self.readers = Readers(self.clock, self._readers_changed)
        # Copy tasks that have not ended.
        self.copies = 0
        for kept in self.state.load("tokens", []):
            self.add_token(from_json(kept["info"], pb.TokenInfo), expires_at=kept["expires_at"])

    # Accounts and tokens

    @property
    def username(self) -> str:
        """The account's name."""
        return self.account.name

    def sign_in(self, username: str, password: str, totp_code: str | None, peer: str) -> Identity:
        """A fresh admin token, and a session (protocol.md §2.2).

        Raises:
            PermissionError: Wrong credentials, or the server is not signed in itself; the text is for the user.
            CallError: Too many wrong ones from this address.
        """
        self.account.check(username, password, totp_code, peer)
        if not self.account.signed_in:
            raise PermissionError("this server is not signed in to an account")
        return self.begin_session(peer)

    def begin_session(self, peer: str) -> Identity:
        """A fresh admin token for whoever has shown that he may have one."""
        expires = self.clock() + self.options.token_seconds
        identity = Identity(web_token(self.username, expires), self.username, expires_at=expires)
        self.tokens[identity.token] = identity
        self.sessions.begin(identity.token, peer.rpartition(":")[0] or peer, expires)
        return identity

    def end_sessions(self, tokens: Iterable[str], reason: str, text: str) -> None:
        """Make tokens of sign-ins dead, and tell why to whoever listens with them."""
        gone = set(tokens)
        self.tokens = {token: identity for token, identity in self.tokens.items() if token not in gone}
        self.sessions.keep_only(self.tokens)
        self.tell_exit(reason, text, only=gone)

    def sign_out(self, reason: str, text: str) -> None:
        """Sign the server out of its account: nobody may do anything until it is signed in again; API tokens wait for that."""
        self.account.signed_in = False
        self.account.keep()
        self.tell_exit(reason, text)
        self.expire_tokens(api_tokens=False)

    def delete_account(self) -> None:
        """The account is gone for good, and every token with it (protocol.md §2.9)."""
        self.account.deleted = True
        self.sign_out("KICKEDOUT_BY_SERVER", "the account was deleted")
        self.expire_tokens()

    def rename_account(self, name: str) -> None:
        """Call the account something else; tokens stay."""
        self.account.rename(name)
        self.tokens = {token: replace(identity, account=name) for token, identity in self.tokens.items()}

    def set_password(self, password: str) -> None:
        """Change the account's password and end every session made with the old one."""
        self.account.set_password(password)
        self.tell_exit("PASSWORD_CHANGED", "the password was changed")
        self.expire_tokens(api_tokens=False)

    def add_token(self, info: pb.TokenInfo, *, expires_at: float | None = None, given: bool = False) -> Identity:
        """Register an API token (protocol.md §17), or change one; an empty text gets a fresh one.

        Its end is ``expires_at`` on the world's clock, else ``expires_in`` seconds from now, else never. One that is
        ``given`` at every start is not kept for the next.
        """
        if not info.token:
            info.token = str(uuid.uuid4())
        granted = frozenset(name.name for name, value in info.permissions.ListFields() if value)
        expires = expires_at or (self.clock() + info.expires_in if info.expires_in else None)
        identity = Identity(info.token, self.username, paths.normalise(info.rootDir or "/"), granted, expires)
        self.tokens[info.token] = identity
        self.token_details[info.token] = info
        if given:
            self._given_tokens.add(info.token)
        self._keep_tokens()
        return identity

    def remove_token(self, token: str) -> bool:
        """Revoke an API token; ``False`` when there is none."""
        self.tokens.pop(token, None)
        known = self.token_details.pop(token, None) is not None
        self._keep_tokens()
        return known

    def expire_tokens(self, *, api_tokens: bool = True) -> None:
        """Make every token dead now."""
        for token in list(self.tokens):
            if api_tokens or token not in self.token_details:
                del self.tokens[token]
        self.sessions.keep_only(self.tokens)
        self._keep_tokens()

    def _keep_tokens(self) -> None:
        kept = [
            {"info": as_json(info), "expires_at": self.tokens[token].expires_at}
            for token, info in self.token_details.items()
            if token in self.tokens and token not in self._given_tokens
        ]
        self.state.save("tokens", kept)

    def identify(self, authorization: str | None) -> Identity | None:
        """Whose header this is, or ``None`` for none or a dead token (protocol.md §2.1)."""
        scheme, _, token = (authorization or "").strip().partition(" ")
        return self.identify_token(token.strip()) if scheme.lower() == "bearer" else None

    def identify_token(self, token: str) -> Identity | None:
        """Whose token this is."""
        found = None
        for known, identity in self.tokens.items():
            if hmac.compare_digest(known.encode(), token.encode()):
                found = identity
        if not self.account.signed_in or found is None or (found.expires_at is not None and found.expires_at <= self.clock()):
            return None
        return found

    def live_tokens(self) -> list[Identity]:
        """Every token that works now."""
        return [each for each in self.tokens.values() if each.expires_at is None or each.expires_at > self.clock()]

    # The tree

    @property
    def is_starting(self) -> bool:
        """Whether the start is not over: nothing of the tree but its root can be seen (protocol.md §2.4)."""
        return self.clock() < self.ready_at

    def locate(self, path: str) -> tuple[Cloud, str]:
        """The cloud of a full path and the path inside it.

        Raises:
            CallError: NOT_FOUND: the path is the root itself or below no cloud.
        """
        name, _, rest = path[1:].partition("/")
        cloud = self.roots.get(name)
        if cloud is None:
            raise CallError(Status.NOT_FOUND, f"{path} not found")
        return cloud, f"/{rest}"

    async def item(self, path: str) -> Item | None:
        """What is stored under a full path; pending and hidden entries do not count."""
        name = path[1:].partition("/")[0]
        if path == "/" or name not in self.roots:
            return None
        cloud, inner = self.locate(path)
        if inner == "/":
            return Item(name, True, 0, self.started, self.started, f"root-{name}")
        return await cloud.run(cloud.storage.stat, inner)

    async def entry(self, path: str) -> pb.CloudDriveFile | None:
        """The entry under a full path as the API shows it, or ``None``."""
        if path == "/":
            root = pb.CloudDriveFile(
                id=str(uuid.uuid5(uuid.NAMESPACE_URL, self.username)),
                name="/",
                fullPathName="/",
                isDirectory=True,
                isRoot=True,
                CloudAPI=pb.CloudAPI(name="BaseFsApi"),
            )
            root.createTime.FromNanoseconds(int(self.started * 1e9))
            root.writeTime.CopyFrom(root.createTime)
            return root
        if self.is_starting:
            return None
        # Looked at first: what arrives meanwhile is then seen as still on its way, and not as missing.
        pending = self.pending.get(path)
        item = await self.item(path)
        if self.is_hidden(path):
            item = None
        if item is None and pending is None:
            return None
        return self.describe(path, item, pending)

    def describe(self, path: str, item: Item | None, pending: Pending | None = None) -> pb.CloudDriveFile:
        """The message for an entry (protocol.md §3.3); a pending one wins over what is stored."""
        cloud, inner = self.locate(path)
        account = self.account_of(cloud)
        if pending is not None:
            item = Item(paths.tail(path), False, pending.size, pending.since, pending.since, pending.id, pending.hashes)
        assert item is not None
        is_folder = item.is_folder
        entry = pb.CloudDriveFile(
            id=item.id,
            name=paths.tail(path),
            fullPathName=path,
            size=item.size,
            fileType=pb.CloudDriveFile.Directory if is_folder else pb.CloudDriveFile.File,
            CloudAPI=account,
            isDirectory=is_folder,
            isCloudRoot=inner == "/",
            isCloudDirectory=is_folder,
            isCloudFile=not is_folder,
            canSearch=is_folder,
            hasDetailProperties=True,
            canDeletePermanently=cloud.options.can_delete_permanently,
            CanSyncFileChangesFromCloud=is_folder and cloud.options.has_events,
            canOfflineDownload=is_folder and cloud.options.offline_quota > 0,
            canAddShareLink=is_folder and cloud.options.takes_shares,
            supportOfflineDownloadManagement=cloud.options.offline_quota > 0,
            readOnly=cloud.options.read_only,
            fileHashes={kind: text for kind, text in item.hashes.items() if kind in cloud.options.knows},
        )
        if path in self.listing_seconds:
            entry.dirCacheTimeToLiveSecs = self.listing_seconds[path]
        entry.createTime.FromNanoseconds(int(item.created * 1e9))
        entry.writeTime.FromNanoseconds(int(item.modified * 1e9))
        for say_more in self.describers:
            say_more(entry)
        return entry

    def account_of(self, cloud: Cloud) -> pb.CloudAPI:
        """The cloud account as listings show it."""
        options = cloud.options
        return pb.CloudAPI(
            name=options.kind,
            userName=options.account_id,
            nickName=options.name,
            isLocked=cloud.locked,
            isCloudEventListenerRunning=cloud.listening,
            supportQpsLimit=True,
            path=f"/{options.name}",
            readOnly=options.read_only,
        )

    def add_pending(self, path: str, size: int, hashes: dict[int, str] | None = None) -> Pending:
        """Show an entry whose bytes are on their way."""
        self.pending[path] = Pending(str(uuid.uuid4()), size, self.clock(), hashes or {})
        return self.pending[path]

    def drop_pending(self, path: str, only: Pending | None = None) -> None:
        """Stop showing it; with ``only`` unless another has taken its place."""
        if only is None or self.pending.get(path) is only:
            self.pending.pop(path, None)

    def move_pending(self, old: str, new: str) -> None:
        """What is pending at or below ``old`` is at or below ``new`` now."""
        for path in [path for path in self.pending if paths.is_below(path, old)]:
            self.pending[new + path.removeprefix(old)] = self.pending.pop(path)

    def hide(self, path: str, *, lookups: int | None = None, seconds: float | None = None) -> None:
        """Let the index lag: the entry is missing for some look-ups, or for some time (protocol.md §3.4)."""
        self.hidden[path] = lookups if lookups is not None else self.clock() + (seconds or 0.0)

    def is_hidden(self, path: str) -> bool:
        """Whether the index does not show the entry yet; each question counts as a look-up."""
        left = self.hidden.get(path)
        if left is None:
            return False
        if isinstance(left, int):
            if left > 0:
                self.hidden[path] = left - 1
                return True
        elif self.clock() < left:
            return True
        del self.hidden[path]
        return False

    def close(self) -> None:
        """Let go of the storages; files on disk stay."""
        for cloud in self.clouds.values():
            cloud.storage.close()

    # Pushes

    def listen(self, token: str | None = None) -> asyncio.Queue[pb.CloudDrivePushMessage]:
        """A new listener, signed in with this token; the oldest messages of one that does not read are dropped."""
        queue: asyncio.Queue[pb.CloudDrivePushMessage] = asyncio.Queue(self.options.listener_messages)
        self._listeners[queue] = token
        return queue

    def unlisten(self, queue: asyncio.Queue[pb.CloudDrivePushMessage]) -> None:
        """Forget a listener."""
        self._listeners.pop(queue, None)

    def push(self, message: pb.CloudDrivePushMessage, *, only: Container[str] | None = None) -> None:
        """Tell every listener; with ``only`` those who signed in with one of these tokens."""
        for queue, token in self._listeners.items():
            if only is not None and (token is None or token not in only):
                continue
            if queue.full():
                queue.get_nowait()
            queue.put_nowait(message)

    def tell_exit(self, reason: str, text: str, *, only: Container[str] | None = None) -> None:
        """Tell listeners why their session ends (protocol.md §13.2)."""
        told = pb.ExitedMessage(exitReason=pb.ExitedMessage.ExitReason.Value(reason), message=text)
        self.push(pb.CloudDrivePushMessage(messageType=pb.CloudDrivePushMessage.FORCE_EXIT, exitedMessage=told), only=only)

    def announce(self, change: str, path: str, *, is_folder: bool, new_path: str | None = None, entry: Any = None) -> None:
        """A change in the tree (protocol.md §13.3)."""
        if change == "MODIFY" and is_newer(MODIFY_SINCE, self.options.version):
            change = "CREATE"
        kinds = pb.FileSystemChange.ChangeType
        details = pb.FileSystemChange(changeType=kinds.Value(change), isDirectory=is_folder, path=path)
        if new_path is not None:
            details.newPath = new_path
        if entry is not None:
            details.theFile.CopyFrom(entry)
        self.push(pb.CloudDrivePushMessage(messageType=pb.CloudDrivePushMessage.FILE_SYSTEM_CHANGE, fileSystemChange=details))

    def counters(self, kind: str, tasks: list[UploadTask] | None = None) -> pb.CloudDrivePushMessage:
        """A counter message: DOWNLOADER_COUNT, UPLOADER_COUNT or COPY_TASK_COUNT."""
        status = pb.TransferTaskStatus(
            uploadCount=self.tasks.live_count(),
            downloadCount=len(self.readers),
            copyTaskCount=self.copies,
            clouddriveVersion=self.options.version,
            uploadFileStatusChanges=[task.to_proto() for task in tasks or ()],
        )
        kinds = pb.CloudDrivePushMessage.MessageType
        return pb.CloudDrivePushMessage(messageType=kinds.Value(kind), transferTaskStatus=status)

    def _readers_changed(self) -> None:
        if self._listeners:
            self.push(self.counters("DOWNLOADER_COUNT"))

    def _task_changed(self, task: UploadTask) -> None:
        if self._listeners:
            self.push(self.counters("UPLOADER_COUNT", [task]))
