"""The blocking client: the same words as ``AsyncClient``, without ``await``. Generated from its source: do not edit.

Every call runs on one background event loop and waits for it; see ``client/_portal.py``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

from clouddrive2.api.accounts import AsyncAccounts, Codes
from clouddrive2.api.archives import ArchiveFolders, AsyncArchives
from clouddrive2.api.backups import AsyncBackups, BackupRows, Issues
from clouddrive2.api.cache import AsyncCache
from clouddrive2.api.cloud_logins import GOOGLE_SESSION_SECONDS, AsyncCloudLogins, QrCloud, TokenCloud
from clouddrive2.api.cloud_sync import AsyncCloudSync, Kept
from clouddrive2.api.clouds import (
    FTP_PORT,
    SFTP_PORT,
    SMB_PORT,
    AccountRows,
    AsyncClouds,
    Memberships,
    Names,
    Promotions,
    Servers,
)
from clouddrive2.api.destinations import OnConflict
from clouddrive2.api.devices import AsyncDevices, DeviceList
from clouddrive2.api.encrypted import AsyncEncrypted
from clouddrive2.api.events import AsyncEvents
from clouddrive2.api.files import AsyncFiles, Entries, Paths
from clouddrive2.api.mounts import AsyncMounts, MountPoints
from clouddrive2.api.offline import AddedLinks, AsyncOffline, Downloads, Which
from clouddrive2.api.plans import AsyncPlans, BalanceLog, PlanList
from clouddrive2.api.raw import AsyncRaw
from clouddrive2.api.service import AsyncService
from clouddrive2.api.sessions import AsyncSessions, SessionList
from clouddrive2.api.settings import AsyncSettings
from clouddrive2.api.system import AsyncSystem
from clouddrive2.api.tokens import AsyncTokens, Life, TokenList
from clouddrive2.api.transfers import AsyncTransfers
from clouddrive2.api.webdav import AsyncWebdav
from clouddrive2.api.webhooks import AsyncWebhooks, WebhookList
from clouddrive2.client._portal import BlockingIterator, call, entered, fed, iterate, run, taken
from clouddrive2.client.aio import AsyncClient
from clouddrive2.config import ServerConfig, TransportChoice, UploadConfig
from clouddrive2.models.accounts import AccountDeletion, AccountStatus, TwoFactorSetup
from clouddrive2.models.archives import ArchiveFolder, ArchiveProbe, SolidMode
from clouddrive2.models.backups import (
    Backup,
    BackupPreview,
    CompletionRule,
    ConflictPolicy,
    DeleteRule,
    FileRule,
    IssueAction,
    ReplaceRule,
    RuleTest,
)
from clouddrive2.models.bandwidth import Bandwidth
from clouddrive2.models.cache import (
    CacheDatabase,
    DiskCache,
    DiskCacheFolder,
    Eviction,
    Prefetched,
    PrefetchPriority,
    PrefetchState,
    VacuumProgress,
)
from clouddrive2.models.cloud_sync import CloudSyncEnd, CloudSyncPreview, CloudSyncResult, CloudSyncStatus
from clouddrive2.models.clouds import ChangeCounts, CloudAccount, CloudSettings, GoogleSignIn, OAuthState, Proxy, QrLogin
from clouddrive2.models.encrypted import EncryptionState
from clouddrive2.models.events import Event
from clouddrive2.models.files import Downloaded, DownloadLink, Entry, FolderDetails, Space
from clouddrive2.models.mounts import MountPoint, MountStatus
from clouddrive2.models.offline import OfflineDownload, OfflineQuota
from clouddrive2.models.plans import ActivationCode, Coupon, Plan
from clouddrive2.models.service import LogFile, OpenHandle, RunningInfo, ServiceAbilities, Update, WebServer
from clouddrive2.models.sessions import AccountDevice, AccountSession
from clouddrive2.models.settings import SettingsChange, SettingValue, SystemSettings
from clouddrive2.models.system import Capabilities, Connection, RuntimeInfo, SystemInfo, TokenDetails
from clouddrive2.models.tasks import CopyTask, Download, MergeTask, TaskCounts
from clouddrive2.models.tokens import Token
from clouddrive2.models.transfers import Operator, Transfer, TransferStatus
from clouddrive2.models.uploads import BatchItem, IfExists, PendingUpload, RouteStep, Uploaded, UploadProgress, Verify, Wait
from clouddrive2.models.webdav import DavServer, DavUser
from clouddrive2.models.webhooks import Webhook, WebhookConfig
from clouddrive2.proto import clouddrive_pb2 as pb
from clouddrive2.upload.batch import UploadBatch as AsyncUploadBatch
from clouddrive2.upload.job import UploadJob as AsyncUploadJob
from clouddrive2.upload.stream import UploadStream as AsyncUploadStream
from clouddrive2.upload.uploads import AsyncUploads

__all__ = [
    "Accounts",
    "Archives",
    "Backups",
    "Cache",
    "Client",
    "CloudLogins",
    "CloudSync",
    "Clouds",
    "Devices",
    "Encrypted",
    "Events",
    "Files",
    "Mounts",
    "Offline",
    "Plans",
    "Raw",
    "Service",
    "Sessions",
    "Settings",
    "System",
    "Tokens",
    "Transfers",
    "UploadBatch",
    "UploadJob",
    "UploadStream",
    "Uploads",
    "Webdav",
    "Webhooks",
]


class Files:
    """``client.files``. Paths are absolute cloud paths such as ``/115/Movies``; a trailing slash does not matter.

    Names are sent and shown exactly as they are: no change of letter case, none of Unicode form (protocol.md §3.2).
    """

    def __init__(self, asynchronous: AsyncFiles) -> None:
        self._async = asynchronous

    def list(self, path: str, *, refresh: bool = False) -> BlockingIterator[Entry]:
        """The entries of a folder, as they arrive, in the server's order.

        Args:
            path: The folder. A file is listed as nothing.
            refresh: Ask the cloud instead of the server's cache (slow, and limited by the cloud).

        Raises:
            NotFound: There is no such folder.
            Timeout: The server is still starting and shows nothing yet; it was asked again as long as ``Timeouts.start`` says.
            clouddrive2.Error: Any error, also after some entries, means that those entries are not all.
        """
        return iterate(self._async.list, path, refresh=refresh)

    def walk(self, path: str, *, refresh: bool = False) -> BlockingIterator[tuple[str, Entries, Entries]]:
        """Folder by folder from ``path`` downwards: its path, its folders, its other entries, each sorted by name.

        A folder comes before what is in it, and its first subfolder with everything below before the second one. One
        folder's entries are held at a time, and the paths of those still to come.

        Args:
            path: The folder to begin with.
            refresh: As for :meth:`list`.

        Raises:
            NotFound: It does not exist, or a folder vanished on the way.
        """
        return iterate(self._async.walk, path, refresh=refresh)

    def stat(self, path: str, *, refresh: bool = False) -> Entry:
        """One entry.

        Args:
            path: Which.
            refresh: Look past the server's cache, by a forced listing of the folder it is in (protocol.md §4.2).

        Raises:
            NotFound: It does not exist.
            Timeout: The server is still starting, as for :meth:`list`.
        """
        return run(self._async.stat, path, refresh=refresh)

    def exists(self, path: str) -> bool:
        """Whether there is an entry. An error is not taken for its absence, nor is a server that is still starting."""
        return run(self._async.exists, path)

    def mkdir(self, path: str, *, parents: bool = False, exist_ok: bool = False) -> Entry:
        """Create a folder.

        Args:
            path: Its path.
            parents: Create missing folders above it too, from the top.
            exist_ok: An existing folder will do; the call may be repeated then.

        Raises:
            AlreadyExists: Something is there (a file, or a folder without ``exist_ok``), or a file is above it.
            NotFound: The folder above is missing and ``parents`` is false, or there is no such cloud.
            PermissionDenied: The token may not, or the cloud is read-only.
            Unsupported: The server does not create folders (protocol.md §5.2); a mount can.
        """
        return run(self._async.mkdir, path, parents=parents, exist_ok=exist_ok)

    def rename(self, path: str, new_name: str) -> str:
        """Give an entry another name in the same folder; its new path. Looks first, because clouds differ on taken names.

        Raises:
            AlreadyExists: The name is taken.
            NotFound: There is no such entry.
        """
        return run(self._async.rename, path, new_name)

    def move(self, path: str | Iterable[str], to: str, *, on_conflict: OnConflict = "fail", across_clouds: bool = False) -> Paths:
        """Move entries into a folder; their new paths, as far as the server tells. A move never renames (protocol.md §5.4).

        Args:
            path: One path or several.
            to: The folder that receives them.
            on_conflict: What happens when a name is taken there. ``fail`` looks before anything moves; a name that is taken
                after the look is skipped, not overwritten.
            across_clouds: Allow another cloud as the destination; the server copies the bytes then, in a task of its own.

        Raises:
            AlreadyExists: With ``fail``, a name is taken.
            NotFound: The folder does not exist.
            ConfigError: Into another cloud without ``across_clouds``, into itself, or to where it is.
        """
        return run(self._async.move, taken(path), to, on_conflict=on_conflict, across_clouds=across_clouds)

    def copy(self, path: str | Iterable[str], to: str, *, on_conflict: OnConflict = "fail") -> Paths:
        """Copy entries into a folder; the new paths. Folders and copies to another cloud go on in a task of the server.

        Arguments and errors as for :meth:`move`, without ``across_clouds`` (protocol.md §5.5).
        """
        return run(self._async.copy, taken(path), to, on_conflict=on_conflict)

    def delete(self, path: str | Iterable[str], *, permanently: bool = False, missing_ok: bool = False) -> None:
        """Delete entries, folders with all they hold; into the cloud's recycle bin where it has one.

        Args:
            path: One path or several; they go one after the other, and the first failure ends the call.
            permanently: Past the recycle bin, where the cloud can.
            missing_ok: What is gone already will do; the call may be repeated then.

        Raises:
            NotFound: One does not exist, and ``missing_ok`` is false.
        """
        run(self._async.delete, taken(path), permanently=permanently, missing_ok=missing_ok)

    def search(self, path: str, text: str, *, fuzzy: bool = False) -> BlockingIterator[Entry]:
        """Entries below a folder whose name contains a text; how exactly is the cloud's affair (protocol.md §4.3).

        Args:
            path: Where to search.
            text: What for.
            fuzzy: Allow loose matches.
        """
        return iterate(self._async.search, path, text, fuzzy=fuzzy)

    def space(self, path: str = "/") -> Space:
        """Room in the cloud that owns a path; for ``/`` whatever the server adds up (protocol.md §4.4)."""
        return run(self._async.space, path)

    def details(self, path: str) -> FolderDetails:
        """How many entries are below a folder, and their bytes, in one call that is left to the cloud (``clouddrive.proto``).

        Args:
            path: The folder, with everything below it. Of a file the answer is the server's affair.

        Raises:
            NotFound: There is no such folder.
            Unsupported: Its cloud does not count, or the server lacks the call; :meth:`walk` finds out everywhere.
            Timeout: The server is still starting, as for :meth:`list`; or counting takes longer than ``Timeouts.slow``.

        May be repeated. Needs ``allow_view_properties``; and ``allow_list`` when there is nothing, to look whether the folder
        can be counted at all.
        """
        return run(self._async.details, path)

    def download_url(self, path: str, *, direct: bool = False, base_url: str | None = None) -> DownloadLink:
        """Where the bytes of a file come from, for another program. Fetch a fresh one per use; keep it secret.

        Args:
            path: The file.
            direct: A link to the cloud itself where it gives one; its headers must be sent along (protocol.md §6.2).
            base_url: Where that program reaches the server; by default where this client does.

        Raises:
            NotFound: There is no such file.
        """
        return run(self._async.download_url, path, direct=direct, base_url=base_url)

    def read(self, path: str, *, start: int = 0, length: int | None = None) -> BlockingIterator[bytes]:
        """The bytes of a file, as they arrive, in pieces of any size. A broken connection is taken up where it broke.

        Args:
            path: The file.
            start: First byte.
            length: How many at most; ``None`` for all that follow.

        Raises:
            NotFound: There is no such file.
            InvalidRequest: ``start`` is behind its end.
            OperationFailed: It changed meanwhile, so that the pieces do not belong together.
            ConnectError, Timeout: The connection broke and could not be taken up.
        """
        return iterate(self._async.read, path, start=start, length=length)

    def read_bytes(self, path: str, *, start: int = 0, length: int | None = None) -> bytes:
        """The bytes of a file at once; for small files. Arguments and errors as for :meth:`read`."""
        return run(self._async.read_bytes, path, start=start, length=length)

    def download(
        self,
        path: str,
        to: str | Path,
        *,
        overwrite: bool = False,
        resume: bool = True,
        connections: int = 4,
        verify: Verify | str = Verify.AUTO,
        on_progress: Callable[[int, int], object] | None = None,
    ) -> Downloaded:
        """Bring a file here. It gets its name only when it is complete, of the right size, and of the cloud's hash if known.

        Args:
            path: The file in the drive.
            to: Local file, or an existing folder that receives it under its name.
            overwrite: Replace an existing local file, in one step at the end.
            resume: Go on with what an earlier, interrupted download of the same content left, and leave the part when this
                one is interrupted or killed: two hidden files beside the target.
            connections: How many at most, each with a piece of 16 MiB at a time. A server without ranges gets one.
            verify: What has to agree: ``auto`` compares the hash where the cloud knows one, ``hash`` insists on it, ``size``
                and ``none`` save the hashing.
            on_progress: Called with bytes here and bytes in all, at most ten times a second.

        Returns:
            The local file, and what was compared. Its time is that of the file in the drive.

        Raises:
            AlreadyExists: The local file exists and ``overwrite`` is false, or another program downloads it just now.
            NotFound: There is no such file in the drive, or no such folder here.
            HashMismatch, NotVerified: What came is not what the drive says it has; it is not kept. Or ``hash`` is asked for
                and the cloud knows none; nothing is fetched then.
            InvalidRequest: It is a folder, or the local file system refuses the name.
            ConnectError, Timeout: The connection broke and could not be taken up.
            OperationFailed: There is no room here, or another local failure.

        May be repeated: a call that was interrupted goes on with what is there.
        """
        return run(
            self._async.download,
            path,
            to,
            overwrite=overwrite,
            resume=resume,
            connections=connections,
            verify=verify,
            on_progress=on_progress,
        )


class System:
    """``client.system``."""

    def __init__(self, asynchronous: AsyncSystem) -> None:
        self._async = asynchronous

    def info(self) -> SystemInfo:
        """State of the server. Works without a token. May be repeated."""
        return run(self._async.info)

    def runtime(self) -> RuntimeInfo:
        """Product and version.

        Raises:
            PermissionDenied: The token may not see it.
        """
        return run(self._async.runtime)

    def capabilities(self) -> Capabilities:
        """State and version, read once per client; a failure is not remembered, but shared by those who ask meanwhile."""
        return run(self._async.capabilities)

    def check_sign_in(self) -> None:
        """Ask something that only those who are signed in get an answer to.

        Raises:
            Unauthenticated: Not signed in.
            PermissionDenied: Signed in, with a token that may not see the account.
        """
        run(self._async.check_sign_in)

    def token_info(self, token: str | None = None) -> TokenDetails:
        """What a token may do; by default the one in use.

        Raises:
            Unauthenticated: There is no token, or the server does not know it.
            Unsupported: The server is too old to tell.
        """
        return run(self._async.token_info, token)


class Transfers:
    """``client.transfers``."""

    def __init__(self, asynchronous: AsyncTransfers) -> None:
        self._async = asynchronous

    def counts(self) -> TaskCounts:
        """How much the server is working on. May be repeated.

        Raises:
            PermissionDenied: The token may not see transfer tasks.
        """
        return run(self._async.counts)

    def uploads(
        self, *, containing: str = "", operator: Operator | None = None, status: TransferStatus | None = None
    ) -> BlockingIterator[Transfer]:
        """The server's upload list, page by page (protocol.md §10.1).

        Args:
            containing: Only rows whose path contains this text.
            operator: Only rows made by this.
            status: Only rows that stand here.

        Raises:
            PermissionDenied: The token may not see transfer tasks.
        """
        return iterate(self._async.uploads, containing=containing, operator=operator, status=status)

    def pause(self, keys: Iterable[str]) -> None:
        """Pause uploads by key; unknown keys are ignored by the server. May be repeated."""
        run(self._async.pause, [*keys])

    def resume(self, keys: Iterable[str]) -> None:
        """Let paused uploads go on. May be repeated."""
        run(self._async.resume, [*keys])

    def cancel(self, keys: Iterable[str]) -> None:
        """Cancel uploads. May be repeated."""
        run(self._async.cancel, [*keys])

    def pause_all(self) -> None:
        """Pause every upload. May be repeated."""
        run(self._async.pause_all)

    def resume_all(self) -> None:
        """Let every paused upload go on. May be repeated."""
        run(self._async.resume_all)

    def cancel_all(self) -> None:
        """Cancel every upload; also those of other programs. May be repeated."""
        run(self._async.cancel_all)

    def downloads(self) -> list[Download]:
        """The files the server has open for readers. They are no jobs: there is nothing to pause (protocol.md §10.2).

        May be repeated.

        Raises:
            PermissionDenied: The token may not see transfer tasks.
        """
        return run(self._async.downloads)

    def copies(self) -> list[CopyTask]:
        """The server's copy tasks, also those that have ended and were not removed (protocol.md §10.3). May be repeated.

        A task that is not listed has not failed: the server, or somebody, may have removed it. The destination tells.

        Raises:
            PermissionDenied: The token may not see transfer tasks.
        """
        return run(self._async.copies)

    def pause_copies(self, keys: Iterable[str]) -> int:
        """Pause copy tasks by key; how many. May be repeated.

        Raises:
            NotFound: There is no such task.
        """
        return run(self._async.pause_copies, [*keys])

    def resume_copies(self, keys: Iterable[str]) -> int:
        """Let paused copy tasks go on; how many. May be repeated. Errors as for :meth:`pause_copies`."""
        return run(self._async.resume_copies, [*keys])

    def cancel_copies(self, keys: Iterable[str]) -> None:
        """Stop copy tasks by key; what is copied already stays. Errors as for :meth:`pause_copies`."""
        run(self._async.cancel_copies, [*keys])

    def restart_copies(self, keys: Iterable[str]) -> None:
        """Begin copy tasks anew, also such that have ended; files that are there already are skipped.

        Errors as for :meth:`pause_copies`.
        """
        run(self._async.restart_copies, [*keys])

    def remove_copies(self, keys: Iterable[str]) -> int:
        """Take copy tasks off the list, stopping those that run; how many. Errors as for :meth:`pause_copies`."""
        return run(self._async.remove_copies, [*keys])

    def pause_all_copies(self) -> int:
        """Pause every copy task; how many. May be repeated."""
        return run(self._async.pause_all_copies)

    def resume_all_copies(self) -> int:
        """Let every paused copy task go on; how many. May be repeated."""
        return run(self._async.resume_all_copies)

    def remove_all_copies(self) -> int:
        """Take every copy task off the list, stopping those that run; how many."""
        return run(self._async.remove_all_copies)

    def remove_completed_copies(self) -> None:
        """Take the copy tasks off the list that are completed. May be repeated."""
        run(self._async.remove_completed_copies)

    def merges(self) -> list[MergeTask]:
        """The server's merge tasks (protocol.md §10.4). May be repeated.

        Raises:
            PermissionDenied: The token may not see transfer tasks.
            Unsupported: The server is older than 0.9.9.
        """
        return run(self._async.merges)

    def cancel_merges(self, keys: Iterable[str]) -> None:
        """Stop merge tasks by key; what is merged already stays.

        Raises:
            NotFound: There is no such task.
        """
        run(self._async.cancel_merges, [*keys])


class Events:
    """``client.events``.

    Args:
        caller: Makes the calls.
        transfers: Knows the counts and the upload list.
    """

    def __init__(self, asynchronous: AsyncEvents) -> None:
        self._async = asynchronous

    def watch(self, *, poll_seconds: float = 5.0) -> BlockingIterator[Event]:
        """Everything the server tells, from now on and without an end.

        The first event is :class:`Reconnected`. When the connection breaks it is made again, with growing pauses, signed in
        anew where that is needed, for as long as it takes; then comes another :class:`Reconnected`, because nothing of what
        happened meanwhile is told later. So whoever follows something reads it at each of them. Kinds of messages that are
        newer than this package are left out.

        A server without push messages, or older than them, is asked for counts, uploads and mount points instead.

        Leaving the loop ends the call; any number of watchers may run at once.

        Args:
            poll_seconds: Pause between two questions to a server that has no push messages.

        Raises:
            Unreachable: The server could not be reached at the very beginning.
            PermissionDenied: The token lacks ``allow_push_message``.
            Unauthenticated: The credentials are no longer accepted.
        """
        return iterate(self._async.watch, poll_seconds=poll_seconds)


class Mounts:
    """``client.mounts``.

    Args:
        caller: Makes the calls.
        system: Tells whether the server takes uploads.
        table: The system's mount table.
        stat: Looks a local path up.
        clock: Tells how old an answer is.
        look_seconds: How long a local folder may take to be looked at before it counts as one that hangs.
    """

    def __init__(self, asynchronous: AsyncMounts) -> None:
        self._async = asynchronous

    def list(self) -> MountPoints:
        """Every mount point of the server. May be repeated.

        Raises:
            PermissionDenied: The token may not see them.
        """
        return run(self._async.list)

    def status(self, path: str = "/", *, max_age: float = 0.0) -> MountStatus:
        """How files get to a place in the drive from this machine: through a mount, by an upload, or not at all.

        A mount counts only when the server says that it is mounted and the local folder is a file system of its own:
        an unmounted mount point is an ordinary folder (protocol.md §9.3). May be repeated.

        Args:
            path: A cloud path; it need not exist.
            max_age: What the server said of its mount points so many seconds ago will do, and what was found on this machine for
                a place in the same folder.

        Raises:
            Unreachable: The server does not answer.
        """
        return run(self._async.status, path, max_age=max_age)

    def add(
        self,
        mount_point: str,
        source_folder: str = "/",
        *,
        read_only: bool = False,
        auto_mount: bool = False,
        local_only: bool = False,
        uid: int = 0,
        gid: int = 0,
        permissions: str = "",
        name: str = "",
    ) -> MountPoint:
        """Configure a mount point; mounted at once or not, as its ``mounted`` says. See :class:`MountPoint`.

        Args:
            mount_point: Folder or drive letter on the server's machine.
            source_folder: Cloud folder to show there.
            read_only: Take no writes.
            auto_mount: Mount it whenever the server starts.
            local_only: Visible only to the user who mounts it (Windows).
            uid, gid: Owner of everything in it.
            permissions: Mode of its folders, such as ``755``.
            name: Label of the volume.

        Raises:
            AlreadyExists: There is one at this place.
            PermissionDenied: The token may not, or the plan allows no more of them.
            OperationFailed: The server refuses, and says why.
        """
        return run(
            self._async.add,
            mount_point,
            source_folder,
            read_only=read_only,
            auto_mount=auto_mount,
            local_only=local_only,
            uid=uid,
            gid=gid,
            permissions=permissions,
            name=name,
        )

    def update(
        self,
        mount_point: str,
        *,
        new_mount_point: str | None = None,
        source_folder: str | None = None,
        read_only: bool | None = None,
        auto_mount: bool | None = None,
        local_only: bool | None = None,
        uid: int | None = None,
        gid: int | None = None,
        permissions: str | None = None,
        name: str | None = None,
    ) -> MountPoint:
        """Change a mount point; what is not given stays. Arguments as for :meth:`add`.

        Raises:
            NotFound: There is none at this place.
            OperationFailed: The server refuses, and says why.
        """
        return run(
            self._async.update,
            mount_point,
            new_mount_point=new_mount_point,
            source_folder=source_folder,
            read_only=read_only,
            auto_mount=auto_mount,
            local_only=local_only,
            uid=uid,
            gid=gid,
            permissions=permissions,
            name=name,
        )

    def mount(self, mount_point: str) -> MountPoint:
        """Mount a configured mount point on the server's machine. May be repeated.

        Raises:
            NotFound: There is none at this place.
            OperationFailed: It is not mounted afterwards; says why.
        """
        return run(self._async.mount, mount_point)

    def unmount(self, mount_point: str) -> None:
        """Unmount it; its configuration stays. May be repeated.

        Raises:
            NotFound: There is none at this place.
            OperationFailed: It is in use, or the server has another reason.
        """
        run(self._async.unmount, mount_point)

    def remove(self, mount_point: str) -> None:
        """Forget a mount point; files in the drive stay.

        Raises:
            NotFound: There is none at this place.
            OperationFailed: It is in use, or the server has another reason.
        """
        run(self._async.remove, mount_point)

    def browse(self, folder: str = "/", *, folders_only: bool = True) -> BlockingIterator[str]:
        """Names in a folder of the **server's** machine, for choosing where to mount. May be repeated.

        Args:
            folder: On that machine, in its own spelling.
            folders_only: Leave files out.

        Raises:
            NotFound: It does not exist.
            PermissionDenied: The token may not look around there (``allow_list_local``).
        """
        return iterate(self._async.browse, folder, folders_only=folders_only)

    def make_local_folder(self, folder: str, name: str) -> str:
        """Create a folder on the server's machine; its path there. Since version 1.0.0.

        It is not sent twice: after a lost connection look with :meth:`browse`.

        Args:
            folder: Where, in that machine's own spelling.
            name: What to call it.

        Raises:
            AlreadyExists: The name is taken.
            NotFound: There is no such folder.
            PermissionDenied: The token may not (``allow_list_local``).
        """
        return run(self._async.make_local_folder, folder, name)


class Tokens:
    """``client.tokens``. Everything here needs the permission ``token_management``, or the account itself.

    Servers that do not know API tokens answer :class:`clouddrive2.Unsupported`.
    """

    def __init__(self, asynchronous: AsyncTokens) -> None:
        self._async = asynchronous

    def create(
        self,
        name: str,
        *,
        allow: Iterable[str],
        root_folder: str = "/",
        expires_in: Life = "never",
        log_calls: bool | None = None,
        log_file_data: bool | None = None,
    ) -> Token:
        """A new token. Its text stands in :attr:`Token.token`; keep it as a password.

        It is never sent twice. When the answer is lost the token may exist all the same: look with :meth:`list`.

        Args:
            name: What people call it.
            allow: Permissions, as ``list`` or ``allow_list``, and presets: ``reader``, ``uploader``, ``admin``.
            root_folder: The folder it is confined to. To whoever uses it that folder is ``/`` (protocol.md §2.5).
            expires_in: Its life; whole seconds count.
            log_calls, log_file_data: What the server writes to its log of this token's calls; ``None`` leaves it to the
                server, which writes both.

        Raises:
            ConfigError: An unknown permission, a life of less than a second, or a path with ``..``.
            PermissionDenied: The token in use may not manage tokens.
        """
        return run(
            self._async.create,
            name,
            allow=[*allow],
            root_folder=root_folder,
            expires_in=expires_in,
            log_calls=log_calls,
            log_file_data=log_file_data,
        )

    def list(self) -> TokenList:
        """Every token that works now, with its text. May be repeated.

        Raises:
            PermissionDenied: The token in use may not manage tokens.
        """
        return run(self._async.list)

    def find(self, which: str) -> Token:
        """The token with this id, name or text. May be repeated.

        Raises:
            NotFound: There is none.
            InvalidRequest: Several have this name; their ids tell them apart.
        """
        return run(self._async.find, which)

    def modify(
        self,
        token: Token | str,
        *,
        name: str | None = None,
        allow: Iterable[str] | None = None,
        root_folder: str | None = None,
        expires_in: Life | None = None,
        log_calls: bool | None = None,
        log_file_data: bool | None = None,
    ) -> Token:
        """The token as it is afterwards; what is not given stays. May be repeated.

        ``allow`` takes the place of all permissions this package knows. The server replaces them as a whole, so they are
        read first, and those of a newer server, which have no name here, stay as they are (protocol.md §17).

        Args:
            token: A token, or its id, name or text.
            name, allow, root_folder, log_calls, log_file_data: As for :meth:`create`.
            expires_in: Its life from now.

        Raises:
            ConfigError: Nothing to change was given, or as for :meth:`create`.
            NotFound: There is no such token.
            InvalidRequest: Several have this name.
        """
        return run(
            self._async.modify,
            token,
            name=name,
            allow=allow,
            root_folder=root_folder,
            expires_in=expires_in,
            log_calls=log_calls,
            log_file_data=log_file_data,
        )

    def revoke(self, token: Token | str) -> None:
        """End a token at once; whoever uses it is signed out.

        Args:
            token: A token, or its id, name or text.

        Raises:
            NotFound: There is no such token, perhaps since an earlier try whose answer was lost.
            InvalidRequest: Several have this name.
        """
        run(self._async.revoke, token)


class Settings:
    """``client.settings``."""

    def __init__(self, asynchronous: AsyncSettings) -> None:
        self._async = asynchronous

    def get(self) -> SystemSettings:
        """All settings the server has. May be repeated.

        Raises:
            PermissionDenied: The token may not see them (``allow_get_system_settings``).
            Unsupported: The server is too old.
        """
        return run(self._async.get)

    def preview(self, changes: Mapping[str, SettingValue | list[str]]) -> SettingsChange:
        """What :meth:`update` would do; the server's settings are read, and stay as they are. May be repeated.

        Args:
            changes: As for :meth:`update`.

        Raises:
            ConfigError: An unknown name, or a value of a wrong type.
            PermissionDenied: The token may not see settings.
        """
        return run(self._async.preview, changes)

    def update(self, changes: Mapping[str, SettingValue | list[str]]) -> SettingsChange:
        """Change settings, and say what was different. May be repeated.

        The settings are read first, and nothing is sent that stays as it is: a setting written back could be wrong by then,
        and an update channel this package does not know would be lost. Two groups the server writes as a whole, the sizes
        and numbers of log files and the limits of backup scans; when one of a group changes the others go along with the
        values they have. Whoever changes another of a group in that moment is overruled.

        A server that is too old for a setting passes over it without a word: :meth:`get` shows what it has.

        Args:
            changes: New values by name, ``upload_delay_secs`` or as in the contract ``uploadDelaySecs``. ``None`` takes a
                limit away: of the sizes of logs, and of the marks of the backup queue. A proxy is ``system``, ``none``,
                ``http://host:port`` or ``socks5://name:password@host:port``.

        Raises:
            ConfigError: An unknown name, or a value of a wrong type; nothing was changed.
            PermissionDenied: The token may not see or not change settings.
        """
        return run(self._async.update, changes)


class Accounts:
    """``client.accounts``. Nothing here that changes something is repeated after a lost answer."""

    def __init__(self, asynchronous: AsyncAccounts) -> None:
        self._async = asynchronous

    def status(self) -> AccountStatus:
        """Name, plan and credit. May be repeated.

        Raises:
            PermissionDenied: The token may not see the account.
        """
        return run(self._async.status)

    def sign_in_server(self, username: str, password: str, *, code: str | None = None) -> None:
        """Sign the server itself in to an account, as a fresh one has to be before it can do anything.

        Needs no token. The client goes on as whom it was made; give it the same name and password.

        Args:
            username, password: The account's.
            code: Its second factor, when it has one.

        Raises:
            Refused: They are wrong, or a code is needed: :class:`Unauthenticated` with a code, else :class:`OperationFailed`.
        """
        run(self._async.sign_in_server, username, password, code=code)

    def sign_out_server(self) -> None:
        """Sign the server out of its account: its clouds and mounts go, and every client is signed out, this one too.

        :meth:`sign_in_server` brings them back.

        Raises:
            PermissionDenied: The token may not change the account.
        """
        run(self._async.sign_out_server)

    def change_password(self, old: str, new: str, *, code: str | None = None) -> None:
        """Another password. Every session ends, the caller's own too; API tokens stay.

        A client that was made with the old one cannot go on; make another.

        Args:
            old, new: Both in clear; the server hashes them.
            code: The second factor, when the account has one.

        Raises:
            OperationFailed: The old one or the code is wrong, or the new one will not do.
            PermissionDenied: The token may not change the account.
        """
        run(self._async.change_password, old, new, code=code)

    def send_email_change(self, email: str, password: str) -> None:
        """Mail a code to the address the account shall have; :meth:`change_email` takes it.

        Raises:
            PermissionDenied: The password is wrong, or the token may not change the account.
            InvalidRequest: That is no address.
        """
        run(self._async.send_email_change, email, password)

    def change_email(self, email: str, password: str, mailed: str, *, code: str | None = None) -> None:
        """Another address, which is the name to sign in with from now on.

        Args:
            email: As given to :meth:`send_email_change`.
            password: The account's.
            mailed: What the mail says.
            code: The second factor, when the account has one.

        Raises:
            InvalidRequest: The mailed code is wrong, or holds no longer.
            PermissionDenied: Password or code are wrong, or the token may not change the account.
        """
        run(self._async.change_email, email, password, mailed, code=code)

    def send_email_confirmation(self) -> None:
        """Mail a code to the account's address; :meth:`confirm_email` takes it."""
        run(self._async.send_email_confirmation)

    def confirm_email(self, mailed: str) -> None:
        """Show that the address is right.

        Raises:
            InvalidRequest: The code is wrong, or holds no longer.
        """
        run(self._async.confirm_email, mailed)

    def send_password_reset(self, email: str) -> None:
        """Mail a code to an account whose password is forgotten; :meth:`reset_password` takes it. Needs no token.

        Whether there is such an account need not be told.
        """
        run(self._async.send_password_reset, email)

    def reset_password(self, mailed: str, new: str) -> None:
        """A new password for one that is forgotten; every session ends. Needs no token.

        Raises:
            InvalidRequest: The code is wrong, or holds no longer; or the new password will not do.
        """
        run(self._async.reset_password, mailed, new)

    def has_two_factor(self) -> bool:
        """Whether signing in needs a second factor. May be repeated."""
        return run(self._async.has_two_factor)

    def set_up_two_factor(self, password: str) -> TwoFactorSetup:
        """Begin a second factor; it counts once :meth:`enable_two_factor` has seen a code.

        Args:
            password: The account's.

        Raises:
            PermissionDenied: The password is wrong, or the token may not.
        """
        return run(self._async.set_up_two_factor, password)

    def enable_two_factor(self, code: str) -> Codes:
        """Confirm it by a code of the authenticator; the recovery codes, shown only now, each good for one sign-in.

        Raises:
            InvalidRequest: The code is wrong, or nothing was begun.
        """
        return run(self._async.enable_two_factor, code)

    def disable_two_factor(self, code: str) -> None:
        """Sign in without a second factor again.

        Raises:
            InvalidRequest: The code is wrong.
        """
        run(self._async.disable_two_factor, code)

    def new_recovery_codes(self, code: str) -> Codes:
        """Other recovery codes in place of those there are.

        Raises:
            InvalidRequest: The code is wrong.
        """
        return run(self._async.new_recovery_codes, code)

    def recovery_codes(self, code: str) -> Codes:
        """The recovery codes that are left.

        Args:
            code: Of the authenticator; a recovery code is used up by this.

        Raises:
            InvalidRequest: The code is wrong.
        """
        return run(self._async.recovery_codes, code)

    def send_two_factor_removal(self, email: str) -> None:
        """Mail a code to an account whose authenticator is lost; :meth:`remove_two_factor` takes it. Needs no token.

        Servers older than 1.0.9 answer :class:`clouddrive2.Unsupported`.
        """
        run(self._async.send_two_factor_removal, email)

    def remove_two_factor(self, mailed: str, password: str) -> None:
        """Sign in without a second factor again, as the authenticator is lost. Needs no token.

        Raises:
            InvalidRequest: The mailed code is wrong, or holds no longer.
            PermissionDenied: The password is wrong.
            Unsupported: The server is older than 1.0.9.
        """
        run(self._async.remove_two_factor, mailed, password)

    def send_deletion(self) -> AccountDeletion:
        """Mail a code for :meth:`delete`, and say what would go with the account. Nothing is deleted by this.

        While a code holds, the same one is mailed again. Servers older than 1.0.14 answer :class:`clouddrive2.Unsupported`.

        Raises:
            OperationFailed: A subscription still renews; its store ends it.
            PermissionDenied: The token may not change the account.
        """
        return run(self._async.send_deletion)

    def delete(self, name: str, mailed: str, password: str, *, code: str | None = None, forfeit_balance: bool = False) -> None:
        """Delete the account for good. Nothing brings it back; every client of every server of it is signed out.

        Args:
            name: The account's name, so that it cannot be another than the caller means.
            mailed: What the mail of :meth:`send_deletion` says.
            password: The account's.
            code: Of the authenticator, when the account has a second factor; a recovery code will not do.
            forfeit_balance: Give up the credit there is; without it an account with credit stays.

        Raises:
            ConfigError: The server is signed in to an account of another name; nothing was sent.
            InvalidRequest: The mailed code is wrong, or holds no longer.
            OperationFailed: There is credit, and it is not given up.
            PermissionDenied: Password or code are wrong, or the token may not see or change the account.
        """
        run(self._async.delete, name, mailed, password, code=code, forfeit_balance=forfeit_balance)


class Sessions:
    """``client.sessions``. Servers older than 0.9.14 answer :class:`clouddrive2.Unsupported`.

    API tokens are none of these: ``client.tokens`` has them.
    """

    def __init__(self, asynchronous: AsyncSessions) -> None:
        self._async = asynchronous

    def list(self) -> SessionList:
        """Every session that has not ended; which one is the caller's own the server does not tell. May be repeated.

        Raises:
            PermissionDenied: The token may not see the account.
        """
        return run(self._async.list)

    def revoke(self, session: AccountSession | str) -> None:
        """End one: whoever uses it is signed out, and needs the password to come back.

        Args:
            session: A session, or its id.

        Raises:
            NotFound: There is none, perhaps since an earlier try whose answer was lost.
            PermissionDenied: The token may not change the account.
        """
        run(self._async.revoke, session)

    def revoke_others(self) -> None:
        """End every session but the caller's own; with an API token, which has none, every one.

        Raises:
            PermissionDenied: The token may not change the account.
        """
        run(self._async.revoke_others)


class Devices:
    """``client.devices``."""

    def __init__(self, asynchronous: AsyncDevices) -> None:
        self._async = asynchronous

    def list(self) -> DeviceList:
        """Every device that is signed in now, this server among them. May be repeated.

        Raises:
            PermissionDenied: The token may not see the account.
        """
        return run(self._async.list)

    def sign_out(self, device: AccountDevice | str) -> None:
        """Sign a device out of the account: its clouds and mounts go until somebody signs it in again.

        Of this server, too: every client of it is signed out then. ``client.service.machine_id()`` may be its id.

        Args:
            device: A device, or its id.

        Raises:
            NotFound: There is none, perhaps since an earlier try whose answer was lost.
            PermissionDenied: The token may not change the account.
        """
        run(self._async.sign_out, device)


class Plans:
    """``client.plans``. Everything here may be repeated, and needs a token that may see the account.

    Raises:
        PermissionDenied: It may not.
    """

    def __init__(self, asynchronous: AsyncPlans) -> None:
        self._async = asynchronous

    def list(self) -> PlanList:
        """What is on offer."""
        return run(self._async.list)

    def balance_log(self) -> BalanceLog:
        """How the account's credit came to be; the credit itself is in ``client.accounts.status()``."""
        return run(self._async.balance_log)

    def coupon(self, plan: Plan | str, code: str) -> Coupon:
        """What a coupon takes off a plan; it is not used up by this.

        Args:
            plan: A plan, or its id.
            code: The coupon's.

        Raises:
            Refused: It is none, or not for this plan.
        """
        return run(self._async.coupon, plan, code)

    def activation_code(self, code: str) -> ActivationCode:
        """What an activation code is good for; it is not used up by this.

        Raises:
            Refused: It is none.
        """
        return run(self._async.activation_code, code)

    def referral_code(self) -> str:
        """What the account's owner gives to others."""
        return run(self._async.referral_code)


class CloudSync:
    """``client.cloud_sync``. The maker's service holds a copy of the list; every server that takes part has the same one.

    Servers older than 1.1.0 answer :class:`clouddrive2.Unsupported`.
    """

    def __init__(self, asynchronous: AsyncCloudSync) -> None:
        self._async = asynchronous

    def status(self) -> CloudSyncStatus:
        """Whether the list is kept the same. May be repeated.

        Raises:
            PermissionDenied: The token may not see the account.
        """
        return run(self._async.status)

    def preview(self) -> CloudSyncPreview:
        """How the list here and the copy differ. Changes nothing, and may be repeated.

        Raises:
            PermissionDenied: The token may not see the account.
        """
        return run(self._async.preview)

    def enable(self, preview: CloudSyncPreview, *, keep: Kept) -> CloudSyncResult:
        """Keep the list the same from now on; one of both replaces the other as a whole.

        Args:
            preview: What :meth:`preview` said, and a person has seen. Nothing happens if the copy has changed since.
            keep: ``copy`` replaces the list of this server: cloud accounts that are only here go. ``here`` replaces the copy,
                and so the lists of all other servers that take part.

        Raises:
            ConfigError: There is no copy to keep: every cloud account would go.
            OperationFailed: The copy has changed since the preview; make another one.
            PermissionDenied: The token may not change the account, or the plan does not cover all of the accounts.
        """
        return run(self._async.enable, preview, keep=keep)

    def disable(self, *, remove_copy: bool = False) -> CloudSyncEnd:
        """Keep the list of this server to itself from now on; its cloud accounts stay.

        Args:
            remove_copy: Remove the copy, too; other servers that take part lose it.

        Raises:
            PermissionDenied: The token may not change the account.
        """
        return run(self._async.disable, remove_copy=remove_copy)


class Backups:
    """``client.backups``. A backup is named by its source.

    Args:
        caller: Makes the calls.
        sleep: Waits between two looks at a preview.
    """

    def __init__(self, asynchronous: AsyncBackups) -> None:
        self._async = asynchronous

    def list(self) -> BackupRows:
        """Every backup and what it is doing. May be repeated.

        Raises:
            PermissionDenied: The token may not see them.
        """
        return run(self._async.list)

    def status(self, source: str) -> Backup:
        """One backup. May be repeated.

        Raises:
            NotFound: There is none of this source.
        """
        return run(self._async.status, source)

    def can_add(self) -> bool:
        """Whether the plan allows one more. May be repeated."""
        return run(self._async.can_add)

    def add(
        self,
        source: str,
        destinations: Iterable[str],
        *,
        delete: DeleteRule = DeleteRule.KEEP,
        replace: ReplaceRule = ReplaceRule.OVERWRITE,
        completion: CompletionRule = CompletionRule.NONE,
        rules: Sequence[FileRule] = (),
        watch: bool = False,
        interval: int = 0,
        delete_extra: bool = False,
        scan: bool = True,
        two_way: bool = False,
        conflicts: ConflictPolicy = ConflictPolicy.KEEP_BOTH,
        hard_delete: bool = False,
    ) -> Backup:
        """Set up a backup. On the wire the rule for deletions begins with the harshest; here with the mildest.

        Args:
            source: Folder on the server's machine, or in the drive.
            destinations: Folders in the drive.
            delete: What happens there to what is gone from the source.
            replace: What happens there to what differs.
            completion: What happens to the source once a file is backed up.
            rules: Which files take part; all by default. Path rules since 1.1.2.
            watch: Take changes as they happen.
            interval: Seconds between full scans; 0 for none.
            delete_extra: A full scan removes from the destinations what the source does not have.
            scan: Begin at once.
            two_way: Both sides take over the other's changes. Since 1.1.0; look at :meth:`preview` first.
            conflicts: Who wins (two-way).
            hard_delete: Agrees that :attr:`DeleteRule.DELETE` deletes for good (two-way).

        Raises:
            InvalidRequest: The server's own text.
            AlreadyExists: There is one of this source.
            Unsupported: The server knows no two-way backups.
        """
        return run(
            self._async.add,
            source,
            [*destinations],
            delete=delete,
            replace=replace,
            completion=completion,
            rules=rules,
            watch=watch,
            interval=interval,
            delete_extra=delete_extra,
            scan=scan,
            two_way=two_way,
            conflicts=conflicts,
            hard_delete=hard_delete,
        )

    def update(
        self,
        source: str,
        *,
        delete: DeleteRule | None = None,
        replace: ReplaceRule | None = None,
        completion: CompletionRule | None = None,
        rules: Sequence[FileRule] | None = None,
        watch: bool | None = None,
        interval: int | None = None,
        delete_extra: bool | None = None,
        conflicts: ConflictPolicy | None = None,
    ) -> Backup:
        """Change a backup; what is not given stays, also what this version does not know (protocol.md §14.1). May be repeated.

        Raises:
            NotFound: There is none of this source.
            InvalidRequest: The server's own text.
        """
        return run(
            self._async.update,
            source,
            delete=delete,
            replace=replace,
            completion=completion,
            rules=rules,
            watch=watch,
            interval=interval,
            delete_extra=delete_extra,
            conflicts=conflicts,
        )

    def remove(self, source: str) -> None:
        """Forget a backup; what it has brought stays.

        Raises:
            NotFound: There is none of this source.
        """
        run(self._async.remove, source)

    def enable(self, source: str) -> Backup:
        """Let it run. May be repeated."""
        return run(self._async.enable, source)

    def disable(self, source: str) -> Backup:
        """Let it rest. May be repeated."""
        return run(self._async.disable, source)

    def restart(self, source: str) -> None:
        """Begin a full scan now."""
        run(self._async.restart, source)

    def add_destination(self, source: str, destination: str) -> Backup:
        """One more place to bring it to."""
        return run(self._async.add_destination, source, destination)

    def remove_destination(self, source: str, destination: str) -> Backup:
        """One place less; what was brought there stays."""
        return run(self._async.remove_destination, source, destination)

    def test_rules(
        self, source: str, rules: Sequence[FileRule], path: str, *, is_folder: bool | None = None, size: int | None = None
    ) -> RuleTest:
        """What would become of a path under rules that need not be saved. Since 1.1.2. May be repeated.

        Args:
            source: Folder the rules are for.
            rules: Them.
            path: The path to try.
            is_folder, size: What it is, when it does not exist.
        """
        return run(self._async.test_rules, source, rules, path, is_folder=is_folder, size=size)

    def preview(
        self,
        source: str,
        destinations: Iterable[str] | None = None,
        *,
        samples: int = 100,
        delete: DeleteRule = DeleteRule.KEEP,
        conflicts: ConflictPolicy = ConflictPolicy.KEEP_BOTH,
    ) -> BackupPreview:
        """What a two-way backup would do, before anything moves. Since 1.1.0. Leaving early cancels it on the server.

        Args:
            source: Of a backup that is there; or, with ``destinations``, of one that is not.
            destinations: Where it would go.
            samples: How many differences to name.
            delete, conflicts: As for :meth:`add`.

        Raises:
            Unsupported: The server knows no two-way backups.
            OperationFailed: It failed, or somebody cancelled it.
        """
        return run(self._async.preview, source, destinations, samples=samples, delete=delete, conflicts=conflicts)

    def issues(self, source: str) -> Issues:
        """What a two-way backup leaves to a person. Since 1.1.0. May be repeated."""
        return run(self._async.issues, source)

    def resolve(
        self, source: str, issues: Iterable[int], action: IssueAction, *, replica: str | None = None, confirmed: bool = False
    ) -> None:
        """Settle issues. Since 1.1.0.

        Args:
            source: Of the backup.
            issues: Their numbers.
            action: What to do.
            replica: The side meant, where the action needs one.
            confirmed: Agrees to what deletes or overwrites.

        Raises:
            InvalidRequest: ``replica`` or ``confirmed`` is needed.
            OperationFailed: The server refuses, and says why.
        """
        run(self._async.resolve, source, issues, action, replica=replica, confirmed=confirmed)

    def undo(self, source: str, *, generation: int = 0, confirmed: bool) -> None:
        """Take back one of the last five passes of a two-way backup. Since 1.1.0.

        Args:
            source: Of the backup.
            generation: Which pass; 0 for the last.
            confirmed: Must be true.
        """
        run(self._async.undo, source, generation=generation, confirmed=confirmed)

    def reset(self, source: str) -> None:
        """Build the index of a two-way backup anew; nothing is deleted. Since 1.1.0."""
        run(self._async.reset, source)


class Clouds:
    """``client.clouds``.

    Where an account is wanted, one from :meth:`list` will do, or a path in its folder, or the folder's name. The calls that
    add one give what is new afterwards; ``None`` when nothing is, as the account was there before and has been renewed.
    Logins by QR code and with tokens are in ``client.cloud_logins``.
    """

    def __init__(self, asynchronous: AsyncClouds) -> None:
        self._async = asynchronous

    def list(self) -> AccountRows:
        """Every cloud account. May be repeated. Source: ``protocol.md §12.1``.

        Raises:
            PermissionDenied: The token may not see them.
        """
        return run(self._async.list)

    def get(self, account: CloudAccount | str) -> CloudAccount:
        """One account as it is now. May be repeated.

        Raises:
            NotFound: There is none in this folder.
        """
        return run(self._async.get, account)

    def can_add(self) -> bool:
        """Whether the plan allows one more. May be repeated."""
        return run(self._async.can_add)

    def settings(self, account: CloudAccount | str) -> CloudSettings:
        """How the server works with an account. May be repeated. Source: ``protocol.md §12.1``.

        Raises:
            NotFound: There is none in this folder.
        """
        return run(self._async.settings, account)

    def update(
        self,
        account: CloudAccount | str,
        *,
        download_threads: int | None = None,
        upload_threads: int | None = None,
        read_kib: tuple[int, int, int] | None = None,
        buffer_mib: int | None = None,
        queries_per_second: float | None = None,
        ipv4_only: bool | None = None,
        insecure: bool | None = None,
        user_agent: str | None = None,
        http_download: bool | None = None,
        direct_links: bool | None = None,
        direct_download_urls: bool | None = None,
        threaded_copies: bool | None = None,
        api_proxy: Proxy | None = None,
        data_proxy: Proxy | None = None,
    ) -> CloudSettings:
        """Change settings of an account; what is not given stays, also what this version does not know. May be repeated.

        See :class:`CloudSettings` for the arguments; ``user_agent=""`` goes back to the server's own. The whole message is read,
        changed and written back (``protocol.md §12.1``): a change somebody else makes in between is lost.

        Raises:
            NotFound: There is no account in this folder.
            InvalidRequest: More than the cloud allows.
        """
        return run(
            self._async.update,
            account,
            download_threads=download_threads,
            upload_threads=upload_threads,
            read_kib=read_kib,
            buffer_mib=buffer_mib,
            queries_per_second=queries_per_second,
            ipv4_only=ipv4_only,
            insecure=insecure,
            user_agent=user_agent,
            http_download=http_download,
            direct_links=direct_links,
            direct_download_urls=direct_download_urls,
            threaded_copies=threaded_copies,
            api_proxy=api_proxy,
            data_proxy=data_proxy,
        )

    def remove(self, account: CloudAccount | str, *, permanently: bool = False) -> None:
        """Take an account out of the server; its files stay in the cloud. Not repeated after a lost answer.

        Args:
            account: Which one.
            permanently: Forget its settings and login, too.

        Raises:
            NotFound: There is none in this folder.
            OperationFailed: The server refuses, and says why.
        """
        run(self._async.remove, account, permanently=permanently)

    def add_local_folder(self, folder: str, *, name: str = "") -> CloudAccount | None:
        """Show a folder of the **server's** machine as a cloud.

        Args:
            folder: Its path there.
            name: What to call it, from version 1.0.17 on; by default the folder's own name.

        Raises:
            OperationFailed: There is no such folder, or the server has another reason.
            AlreadyExists: It is shown already.
        """
        return run(self._async.add_local_folder, folder, name=name)

    def add_webdav(
        self,
        url: str,
        username: str,
        password: str,
        *,
        sync: bool = True,
        api_proxy: Proxy | None = None,
        data_proxy: Proxy | None = None,
    ) -> CloudAccount | None:
        """Add a WebDAV server. Since 0.9.8.

        Args:
            url: Its address.
            username, password: Who to be there.
            sync: Take part in the account-data sync between the account's servers.
            api_proxy, data_proxy: For listing, and for content.

        Raises:
            OperationFailed: It does not answer, or lets nobody in; the server's own text.
            Unsupported: The server is too old.
        """
        return run(self._async.add_webdav, url, username, password, sync=sync, api_proxy=api_proxy, data_proxy=data_proxy)

    def add_s3(
        self,
        bucket: str,
        access_key_id: str,
        secret_access_key: str,
        *,
        region: str = "us-east-1",
        endpoint: str | None = None,
        path_style: bool = False,
        signature_version: int = 4,
        sync: bool = True,
        api_proxy: Proxy | None = None,
        data_proxy: Proxy | None = None,
    ) -> CloudAccount | None:
        """Add a bucket of an S3 storage. Since 0.9.22. See :meth:`add_webdav` for what is not said here.

        Args:
            bucket: Its name.
            access_key_id, secret_access_key: The key.
            region: Wanted even where it means nothing.
            endpoint: Address of a storage that is not Amazon's.
            path_style: The bucket's name stands in the path, not in the host.
            signature_version: 4, or 2 for old storages.
            sync, api_proxy, data_proxy: As there.
        """
        return run(
            self._async.add_s3,
            bucket,
            access_key_id,
            secret_access_key,
            region=region,
            endpoint=endpoint,
            path_style=path_style,
            signature_version=signature_version,
            sync=sync,
            api_proxy=api_proxy,
            data_proxy=data_proxy,
        )

    def add_sftp(
        self,
        host: str,
        username: str,
        password: str = "",
        *,
        port: int = SFTP_PORT,
        private_key: str | None = None,
        passphrase: str | None = None,
        root: str = "/",
        sync: bool = True,
        api_proxy: Proxy | None = None,
        data_proxy: Proxy | None = None,
    ) -> CloudAccount | None:
        """Add a server reached by SFTP. Since 1.0.6. See :meth:`add_webdav` for what is not said here.

        Args:
            host, port: Where it is.
            username, password: Who to be there.
            private_key: Text of a key in PEM form instead of a password.
            passphrase: What the key is locked with.
            root: Folder to show.
            sync, api_proxy, data_proxy: As there.
        """
        return run(
            self._async.add_sftp,
            host,
            username,
            password,
            port=port,
            private_key=private_key,
            passphrase=passphrase,
            root=root,
            sync=sync,
            api_proxy=api_proxy,
            data_proxy=data_proxy,
        )

    def add_ftp(
        self,
        host: str,
        username: str,
        password: str,
        *,
        port: int = FTP_PORT,
        tls: bool = False,
        root: str = "/",
        sync: bool = True,
        api_proxy: Proxy | None = None,
        data_proxy: Proxy | None = None,
    ) -> CloudAccount | None:
        """Add a server reached by FTP. Since 1.0.6. See :meth:`add_sftp`; ``tls`` encrypts."""
        return run(
            self._async.add_ftp,
            host,
            username,
            password,
            port=port,
            tls=tls,
            root=root,
            sync=sync,
            api_proxy=api_proxy,
            data_proxy=data_proxy,
        )

    def add_smb(
        self,
        server: str,
        share: str,
        username: str,
        password: str,
        *,
        port: int = SMB_PORT,
        workgroup: str | None = None,
        root: str = "/",
        sync: bool = True,
        api_proxy: Proxy | None = None,
        data_proxy: Proxy | None = None,
    ) -> CloudAccount | None:
        """Add a share of a file server in the network (SMB). Since 1.0.6. See :meth:`add_sftp` and :meth:`smb_shares`."""
        return run(
            self._async.add_smb,
            server,
            share,
            username,
            password,
            port=port,
            workgroup=workgroup,
            root=root,
            sync=sync,
            api_proxy=api_proxy,
            data_proxy=data_proxy,
        )

    def add_clouddrive(
        self,
        url: str,
        token: str,
        *,
        insecure: bool = False,
        sync: bool = True,
        api_proxy: Proxy | None = None,
        data_proxy: Proxy | None = None,
    ) -> CloudAccount | None:
        """Add another CloudDrive2 server, as an API token of that one sees it. See :meth:`add_webdav`.

        Args:
            url: Its address.
            token: An API token made there.
            insecure: Accept any certificate.
            sync, api_proxy, data_proxy: As there.
        """
        return run(
            self._async.add_clouddrive, url, token, insecure=insecure, sync=sync, api_proxy=api_proxy, data_proxy=data_proxy
        )

    def smb_servers(self) -> Servers:
        """File servers in the server's network. Since 1.0.6. May be repeated; may take a while."""
        return run(self._async.smb_servers)

    def smb_shares(
        self, server: str, username: str = "", password: str = "", *, port: int = SMB_PORT, workgroup: str | None = None
    ) -> Names:
        """Names of the shares of a file server. Since 1.0.6. May be repeated; may take a while.

        Raises:
            NotFound: There is no such server.
        """
        return run(self._async.smb_shares, server, username, password, port=port, workgroup=workgroup)

    def memberships(self, path: str) -> Memberships:
        """What the account of a folder is at its cloud. May be repeated.

        Raises:
            NotFound: There is no such folder.
            PermissionDenied: The token may not see it.
        """
        return run(self._async.memberships, path)

    def promotions(self, account: CloudAccount | str | None = None) -> Promotions:
        """Offers of one cloud's vendor, or of all. May be repeated.

        Raises:
            NotFound: There is no account in this folder.
        """
        return run(self._async.promotions, account)

    def start_listening(self, account: CloudAccount | str) -> CloudAccount:
        """Let the server hear of changes made elsewhere in this cloud, as they happen; the account as it is then.

        Raises:
            NotFound: There is no account in this folder.
            OperationFailed: The cloud cannot do that.
        """
        return run(self._async.start_listening, account)

    def stop_listening(self, account: CloudAccount | str) -> CloudAccount:
        """The contrary of :meth:`start_listening`."""
        return run(self._async.stop_listening, account)

    def sync_changes(self, path: str) -> ChangeCounts:
        """Take over now what was changed elsewhere in this cloud. May take a while.

        Raises:
            NotFound: There is no such folder.
            OperationFailed: The cloud cannot do that.
        """
        return run(self._async.sync_changes, path)


class CloudLogins:
    """``client.cloud_logins``.

    The calls that end with a new account give it; ``None`` when none is new, as the account was there and has been renewed.
    None of them is repeated after a lost answer: look with ``client.clouds.list()``.

    Args:
        caller: Makes the calls.
        clock: Seconds, for the time a login may take.
    """

    def __init__(self, asynchronous: AsyncCloudLogins) -> None:
        self._async = asynchronous

    def by_qr(
        self,
        cloud: QrCloud,
        *,
        platform: str | None = None,
        open_api: bool = False,
        timeout: float = 300.0,
        api_proxy: Proxy | None = None,
        data_proxy: Proxy | None = None,
    ) -> BlockingIterator[QrLogin]:
        """Sign in by scanning a code with the cloud's own app: the codes to show, and what becomes of them.

        A later code takes the place of an earlier one, which has expired. The last step is ``DONE``. Leaving earlier
        aborts the login. Source: ``protocol.md §12.3``.

        Args:
            cloud: Which cloud; ``guangyapan`` since 1.0.11.
            platform: Which of its apps the server poses as (115 only).
            open_api: Use the cloud's open interface (Aliyun only).
            timeout: Seconds until it is given up.
            api_proxy, data_proxy: For listing, and for content. Not for 115.

        Raises:
            SignInRefused: The cloud refuses, or the server ended the login without an account.
            Timeout: Nobody scanned it in time.
            Unsupported: The server is too old.
        """
        return iterate(
            self._async.by_qr,
            cloud,
            platform=platform,
            open_api=open_api,
            timeout=timeout,
            api_proxy=api_proxy,
            data_proxy=data_proxy,
        )

    def by_tokens(
        self,
        cloud: TokenCloud,
        refresh_token: str,
        access_token: str = "",
        *,
        expires_in: int = 0,
        api_proxy: Proxy | None = None,
        data_proxy: Proxy | None = None,
    ) -> CloudAccount | None:
        """Sign in with a pair of OAuth tokens.

        Args:
            cloud: Which cloud.
            refresh_token, access_token: The pair.
            expires_in: Seconds the access token is still good for.
            api_proxy, data_proxy: For listing, and for content.

        Raises:
            OperationFailed: The cloud refuses; its own text.
        """
        return run(
            self._async.by_tokens,
            cloud,
            refresh_token,
            access_token,
            expires_in=expires_in,
            api_proxy=api_proxy,
            data_proxy=data_proxy,
        )

    def by_aliyun_refresh_token(self, refresh_token: str, *, open_api: bool = False) -> CloudAccount | None:
        """Sign in to Aliyun Drive with a refresh token alone.

        Args:
            refresh_token: From its web page.
            open_api: Use the cloud's open interface.

        Raises:
            OperationFailed: The cloud refuses; its own text.
        """
        return run(self._async.by_aliyun_refresh_token, refresh_token, open_api=open_api)

    def by_google_refresh_token(
        self,
        client_id: str,
        client_secret: str,
        refresh_token: str,
        *,
        api_proxy: Proxy | None = None,
        data_proxy: Proxy | None = None,
    ) -> CloudAccount | None:
        """Sign in to Google Drive with a refresh token of one's own client.

        Raises:
            OperationFailed: Google refuses; its own text.
        """
        return run(
            self._async.by_google_refresh_token,
            client_id,
            client_secret,
            refresh_token,
            api_proxy=api_proxy,
            data_proxy=data_proxy,
        )

    def by_cookies(self, cookies: str) -> CloudAccount | None:
        """Sign in to 115 with the cookies of a browser.

        Args:
            cookies: What the browser extension EditThisCookie exports: JSON, a list of cookies.

        Raises:
            InvalidRequest: It is no such export.
            OperationFailed: The cloud refuses; its own text.
        """
        return run(self._async.by_cookies, cookies)

    def start_google(
        self,
        client_id: str,
        client_secret: str,
        *,
        return_url: str | None = None,
        api_proxy: Proxy | None = None,
        data_proxy: Proxy | None = None,
    ) -> GoogleSignIn:
        """Begin a login to Google Drive with one's own client: the page to open. Since 1.1.0.

        Args:
            client_id, client_secret: Of the client made in Google's console.
            return_url: Where the browser goes afterwards.
            api_proxy, data_proxy: For listing, and for content.

        Raises:
            SignInRefused: With a ``reason``.
            Unsupported: The server is too old.
        """
        return run(
            self._async.start_google, client_id, client_secret, return_url=return_url, api_proxy=api_proxy, data_proxy=data_proxy
        )

    def finish_google(
        self, sign_in: GoogleSignIn, *, redirected_url: str = "", timeout: float = GOOGLE_SESSION_SECONDS
    ) -> CloudAccount | None:
        """Wait until the person has agreed in the browser. Since 1.1.0.

        Args:
            sign_in: From :meth:`start_google`.
            redirected_url: Where the browser was sent, pasted from its address line, when it runs on another machine.
            timeout: Seconds until it is given up; the server keeps it for 20 minutes.

        Raises:
            SignInRefused: With a ``reason``.
            Timeout: Nobody agreed in time.
        """
        return run(self._async.finish_google, sign_in, redirected_url=redirected_url, timeout=timeout)

    def oauth_state(
        self, kind: str, return_url: str, *, device_id: str | None = None, code_verifier: str | None = None
    ) -> OAuthState:
        """A signed ``state`` for a login page that redirects to the server. Since 1.0.9; ``code_verifier`` since 1.0.11.

        Args:
            kind: The cloud's word for itself, as the login page wants it.
            return_url: Where the browser goes afterwards.
            device_id: Which of the account's devices gets the answer.
            code_verifier: For PKCE.

        Raises:
            OperationFailed: The server refuses, and says why.
        """
        return run(self._async.oauth_state, kind, return_url, device_id=device_id, code_verifier=code_verifier)


class Offline:
    """``client.offline``. A path says which cloud is meant: any folder in it will do.

    Every method raises ``NotFound`` for a path that is not there, ``PermissionDenied`` when the token may not, ``Unsupported``
    when the server does not know the call, and ``OperationFailed`` with the cloud's own words when it refuses.
    """

    def __init__(self, asynchronous: AsyncOffline) -> None:
        self._async = asynchronous

    def add(self, links: str | Iterable[str], to: str, *, check_after: int = 0) -> AddedLinks:
        """Let a cloud download from links into one of its folders. The call returns when the cloud has taken them.

        One that is there already is no failure, so the same links may be added again, for example after a lost connection.

        Args:
            links: Magnet, ed2k, http and whatever else the cloud takes; a text may have one per line. Empty ones do not count.
            to: The folder. It must be there, and its cloud must have offline downloads.
            check_after: Seconds after which the server lists the folder anew; 0 for never.

        Returns:
            What became of each link, in their order.

        Raises:
            ConfigError: No link at all.
            NotFound: There is no such folder.
            PermissionDenied: The token may not add any (``allow_add_offline_download``), or the plan has none.
            Unreachable: The server is away; those before may have been added.
        """
        return run(self._async.add, taken(links), to, check_after=check_after)

    def list(self, path: str) -> BlockingIterator[OfflineDownload]:
        """Every download of a cloud, page by page, in the cloud's order. May be repeated.

        Args:
            path: Anything in the cloud.

        Raises:
            NotFound: There is no such path.
            PermissionDenied: The token may not list them (``allow_list_offline_downloads``).
        """
        return iterate(self._async.list, path)

    def in_folder(self, path: str) -> Downloads:
        """The downloads that concern a path, as the server sees it; unlike :meth:`list` without pages. May be repeated.

        Args:
            path: A folder.

        Raises:
            NotFound: There is no such path.
            PermissionDenied: The token may not list them.
        """
        return run(self._async.in_folder, path)

    def quota(self, path: str) -> OfflineQuota:
        """How many downloads the cloud's account may have, and has left. May be repeated.

        Args:
            path: Anything in the cloud.
        """
        return run(self._async.quota, path)

    def remove(self, path: str, hashes: Iterable[str], *, delete_files: bool = False) -> None:
        """Take downloads out of the list; what has not ended is stopped. Those that are not there do not count.

        Args:
            path: Anything in the cloud.
            hashes: Of the downloads, in any letter case.
            delete_files: Delete what was downloaded, too. That cannot be undone.

        Raises:
            PermissionDenied: The token may not change them (``allow_modify_offline_downloads``).
        """
        run(self._async.remove, path, [*hashes], delete_files=delete_files)

    def restart(self, path: str, hash: str) -> None:
        """Begin a failed download anew.

        Args:
            path: Anything in the cloud.
            hash: Of the download, in any letter case.

        Raises:
            NotFound: There is no such download.
            PermissionDenied: The token may not change them.
        """
        run(self._async.restart, path, hash)

    def clear(self, path: str, which: Which = "finished", *, delete_files: bool = False) -> None:
        """Take downloads out of the list by their state. May be repeated.

        Args:
            path: Anything in the cloud.
            which: ``finished``, ``failed``, ``downloading`` or ``all``.
            delete_files: Delete what was downloaded, too. That cannot be undone.

        Raises:
            PermissionDenied: The token may not change them.
        """
        run(self._async.clear, path, which, delete_files=delete_files)

    def save_share(self, link: str, to: str, *, password: str = "") -> None:
        """Save everything that somebody shares into a folder of a cloud; takes up to a minute.

        What comes is seen after a fresh listing of the folder. It is not sent twice: after a lost connection look first.

        Args:
            link: The share's address.
            to: The folder; its cloud must take shares.
            password: The share's, where it is not in the link.

        Raises:
            NotFound: There is no such folder, or no such share any more.
            OperationFailed: A wrong password, or the cloud does not take it.
            PermissionDenied: The token may not (``allow_shared_links``).
        """
        run(self._async.save_share, link, to, password=password)


class Archives:
    """``client.archives``. An archive of a cloud is opened as a read-only folder; ``client.files`` lists and reads it then.

    Since 1.1.1; older servers have none of it (:class:`clouddrive2.Unsupported`). They have to be turned on in the settings
    (``archive_folders_enabled``) and be in the account's plan. The folder's path is the server's to choose: use the one that
    comes back.
    """

    def __init__(self, asynchronous: AsyncArchives) -> None:
        self._async = asynchronous

    def list(self) -> ArchiveFolders:
        """Every archive folder that was opened and not removed, loaded or not. May be repeated.

        Raises:
            PermissionDenied: The token may not list them (``allow_get_archive_folders``).
            Unsupported: The server is older than 1.1.1.
        """
        return run(self._async.list)

    def probe(self, path: str) -> ArchiveProbe:
        """Whether a file would open as a folder. May be repeated.

        A file that is no archive, or none at all, is no error: the answer says what is the matter.

        Args:
            path: The file.

        Raises:
            PermissionDenied: The token may not (``allow_get_archive_folders``).
            Unsupported: The server is older than 1.1.1.
        """
        return run(self._async.probe, path)

    def open(
        self,
        path: str,
        *,
        password: str | None = None,
        auto_load: bool | None = None,
        cover: str | None = None,
        solid_mode: SolidMode | None = None,
    ) -> ArchiveFolder:
        """Show an archive as a folder; waits 10 s at most for the list of its members.

        An archive that takes longer comes back as ``INDEXING``: see :meth:`list` later. One that was opened before is loaded
        again, with what is given here changed. It is not sent twice by itself, but you may: nothing is doubled.

        Args:
            path: The archive; of one in several volumes the first.
            password: Of its members.
            auto_load: Whether it is shown again after a restart of the server.
            cover: Path of a picture for it.
            solid_mode: What the server does about members that can be read only by unpacking others before them: ``never``
                shows them, keeps them in ``memory``, or in its ``cache``.

        Returns:
            The folder. Look at its state: a wrong password, for example, is told there.

        Raises:
            NotFound: There is no such archive.
            InvalidRequest: It is not the first volume, or lies in an archive folder.
            PermissionDenied: The token may not (``allow_modify_archive_folders``), or the plan has none.
            Unsupported: They are turned off in the settings, or the server is older than 1.1.1.
        """
        return run(self._async.open, path, password=password, auto_load=auto_load, cover=cover, solid_mode=solid_mode)

    def update(
        self,
        folder: str,
        *,
        password: str | None = None,
        auto_load: bool | None = None,
        cover: str | None = None,
        solid_mode: SolidMode | None = None,
    ) -> ArchiveFolder:
        """Change an archive folder; what is not given stays. May be repeated.

        Args:
            folder: Its path, as :class:`ArchiveFolder` has it.
            password: Another one; empty for none.
            auto_load: Whether it is shown again after a restart of the server.
            cover: Path of a picture; empty for none.
            solid_mode: As for :meth:`open`.

        Raises:
            NotFound: There is no such archive folder.
            PermissionDenied: The token may not (``allow_modify_archive_folders``).
        """
        return run(self._async.update, folder, password=password, auto_load=auto_load, cover=cover, solid_mode=solid_mode)

    def load(self, folder: str) -> ArchiveFolder:
        """Show an archive folder again that was unloaded, as :meth:`open` does.

        Args:
            folder: Its path, as :class:`ArchiveFolder` has it.

        Raises:
            NotFound: There is no such archive folder.
            PermissionDenied: The token may not (``allow_modify_archive_folders``), or the plan has none.
            Unsupported: They are turned off in the settings.
        """
        return run(self._async.load, folder)

    def unload(self, folder: str) -> None:
        """Take an archive folder out of the tree; it stays in the list.

        Args:
            folder: Its path, as :class:`ArchiveFolder` has it.

        Raises:
            NotFound: There is no such archive folder.
            PermissionDenied: The token may not (``allow_modify_archive_folders``).
        """
        run(self._async.unload, folder)

    def remove(self, folder: str) -> None:
        """Forget an archive folder, with its password; the archive itself stays.

        Args:
            folder: Its path, as :class:`ArchiveFolder` has it.

        Raises:
            NotFound: There is no such archive folder.
            PermissionDenied: The token may not (``allow_modify_archive_folders``).
        """
        run(self._async.remove, folder)


class Encrypted:
    """``client.encrypted``. While a folder is unlocked it is like any other for everybody who may use the server.

    The password cannot be changed, and nothing helps when it is lost.
    """

    def __init__(self, asynchronous: AsyncEncrypted) -> None:
        self._async = asynchronous

    def create(self, path: str, password: str, *, save_password: bool = False) -> Entry:
        """Create an encrypted folder; it is unlocked. It is not sent twice: after a lost connection look with :meth:`state`.

        Args:
            path: Its path; the folder above must be there, and its cloud must have encrypted folders.
            password: Of the new folder.
            save_password: Let the server keep it; otherwise a restart of the server locks the folder.

        Raises:
            ConfigError: The password is empty.
            AlreadyExists: Something is there.
            NotFound: The folder above is missing.
            OperationFailed: The cloud has no encrypted folders.
            PermissionDenied: The token may not (``allow_create_folder`` and ``allow_create_encrypt``).
        """
        return run(self._async.create, path, password, save_password=save_password)

    def state(self, path: str) -> EncryptionState:
        """Whether an entry is encrypted, and locked. May be repeated.

        Args:
            path: Which.

        Raises:
            NotFound: It does not exist; what is in a locked folder is not seen.
        """
        return run(self._async.state, path)

    def unlock(self, path: str, password: str, *, save_password: bool = False) -> None:
        """Open an encrypted folder. One that is open already stays so, so that you may repeat it.

        Args:
            path: The folder.
            password: Its password.
            save_password: Let the server keep the password, so that the folder is open after a restart, too.

        Raises:
            ConfigError: The password is empty.
            NotFound: There is no such folder.
            OperationFailed: The password is wrong, or the folder is not encrypted.
            PermissionDenied: The token may not (``allow_unlock_encrypted``).
        """
        run(self._async.unlock, path, password, save_password=save_password)

    def lock(self, path: str) -> None:
        """Close an encrypted folder, for everybody. You may repeat it.

        Args:
            path: The folder.

        Raises:
            NotFound: There is no such folder.
            OperationFailed: It is not encrypted.
            PermissionDenied: The token may not (``allow_lock_encrypted``).
        """
        run(self._async.lock, path)


class Cache:
    """``client.cache``. Looking needs ``allow_get_system_settings``, changing ``allow_modify_system_settings``, reading ahead
    ``allow_read``; without them calls raise :class:`clouddrive2.PermissionDenied`. Servers older than a call raise
    :class:`clouddrive2.Unsupported`.
    """

    def __init__(self, asynchronous: AsyncCache) -> None:
        self._async = asynchronous

    def listing_time(self, path: str) -> timedelta | None:
        """How long the server trusts its memory of a folder's listing; ``None`` for ever. May be repeated.

        Raises:
            NotFound: There is no such folder.
        """
        return run(self._async.listing_time, path)

    def set_listing_time(self, path: str, time: timedelta | Literal["forever", "default"]) -> None:
        """Give a folder a time of its own, or take it back. May be repeated.

        Args:
            path: The folder.
            time: Whole seconds; ``"forever"``; or ``"default"``, what ``dir_cache_time_to_live_secs`` says.

        Raises:
            ConfigError: Less than a second, which the server would take for ever.
            NotFound: There is no such folder.
        """
        run(self._async.set_listing_time, path, time)

    def expire(self, path: str) -> None:
        """Let the server forget its listings of a folder and of everything below. May be repeated.

        Raises:
            NotFound: There is no such folder.
        """
        run(self._async.expire, path)

    def database(self) -> CacheDatabase:
        """Size of the database of listings. May be repeated."""
        return run(self._async.database)

    def vacuum(self) -> None:
        """Begin to compact the database of listings; :meth:`vacuum_progress` tells how it goes.

        Raises:
            Refused: It is being compacted already.
        """
        run(self._async.vacuum)

    def vacuum_progress(self) -> VacuumProgress:
        """How the last compacting goes or went. May be repeated."""
        return run(self._async.vacuum_progress)

    def disk(self) -> DiskCache:
        """State of the cache of file content. May be repeated. Since 0.9.18."""
        return run(self._async.disk)

    def purge_disk(self) -> None:
        """Drop all content from it. Since 0.9.18."""
        run(self._async.purge_disk)

    def set_eviction(self, eviction: Eviction) -> None:
        """What it drops first. May be repeated. Since 0.9.19.

        Raises:
            ConfigError: ``Eviction.UNKNOWN``.
        """
        run(self._async.set_eviction, eviction)

    def disk_folders(self) -> list[DiskCacheFolder]:
        """Folders with rules of their own. May be repeated. Since 1.0.0."""
        return run(self._async.disk_folders)

    def set_disk_folder(self, folder: DiskCacheFolder) -> None:
        """Give a folder these rules, in place of any it has. May be repeated. Since 1.0.0.

        Raises:
            ConfigError: Extensions in both lists, or sizes that no file can have.
            NotFound: There is no such folder.
        """
        run(self._async.set_disk_folder, folder)

    def remove_disk_folder(self, path: str) -> None:
        """Take a folder's own rules away: it follows the folders above again. Since 1.0.0.

        Raises:
            NotFound: It has none, perhaps since an earlier try whose answer was lost.
        """
        run(self._async.remove_disk_folder, path)

    def prefetch(
        self,
        path: str,
        ranges: Iterable[tuple[int, int]],
        *,
        priority: PrefetchPriority = PrefetchPriority.NORMAL,
        lives: timedelta | None = None,
        replace_existing: bool = False,
    ) -> Prefetched:
        """Ask the server to read ranges of a file ahead; a hint, which it may pass over. Since 1.0.7.

        Args:
            path: The file.
            ranges: Pairs of first byte and length in bytes.
            priority: Compared with other files.
            lives: How long the hint holds; ``None`` leaves it to the server.
            replace_existing: Forget earlier hints for this file.

        Raises:
            ConfigError: No range, or one of no bytes.
            NotFound: There is no such file.
        """
        return run(self._async.prefetch, path, ranges, priority=priority, lives=lives, replace_existing=replace_existing)

    def cancel_prefetch(self, path: str, hint_ids: Iterable[int] = ()) -> None:
        """Take hints for a file back. May be repeated. Since 1.0.7.

        Args:
            path: The file.
            hint_ids: Which; all of them by default.
        """
        run(self._async.cancel_prefetch, path, hint_ids)

    def prefetches(self) -> PrefetchState:
        """Hints that hold now, and counts. Needs ``allow_view_runtime_info``. May be repeated. Since 1.0.7."""
        return run(self._async.prefetches)

    def close_reader(self, path: str) -> None:
        """Let the server end its reading of a file now instead of two seconds later. May be repeated. Since 1.0.7."""
        run(self._async.close_reader, path)


class Webhooks:
    """``client.webhooks``. No source names the permission; ``allow_get_system_settings`` and ``allow_modify_system_settings`` are
    likely. Without the account's membership the server takes configurations and sends nothing.
    """

    def __init__(self, asynchronous: AsyncWebhooks) -> None:
        self._async = asynchronous

    def template(self) -> str:
        """The server's own example of a configuration. May be repeated."""
        return run(self._async.template)

    def list(self) -> WebhookList:
        """Every configuration. May be repeated."""
        return run(self._async.list)

    def get(self, name: str) -> Webhook:
        """One configuration. May be repeated.

        Raises:
            NotFound: There is none of this name.
        """
        return run(self._async.get, name)

    def add(self, name: str, config: WebhookConfig | str) -> Webhook:
        """A new configuration, as the server has it afterwards: look at :attr:`Webhook.is_valid`.

        It is not sent twice. When the answer is lost, look with :meth:`get`.

        Args:
            name: Of its file.
            config: What it says, or TOML.

        Raises:
            ConfigError: The name is none, or the text is no TOML.
            AlreadyExists: The name is taken.
        """
        return run(self._async.add, name, config)

    def change(self, name: str, config: WebhookConfig | str) -> Webhook:
        """Another content for a configuration, as the server has it afterwards. May be repeated.

        Args:
            name: Of its file.
            config: What it says, or TOML.

        Raises:
            ConfigError: The text is no TOML.
            NotFound: There is none of this name.
        """
        return run(self._async.change, name, config)

    def remove(self, name: str) -> None:
        """Remove a configuration; nothing more is sent by it.

        Raises:
            NotFound: There is none of this name, perhaps since an earlier try whose answer was lost.
        """
        run(self._async.remove, name)


class Webdav:
    """``client.webdav``. Looking needs ``allow_get_dav_config``, changing ``allow_modify_dav_config``; without them calls raise
    :class:`clouddrive2.PermissionDenied`. Servers that are too old raise :class:`clouddrive2.Unsupported`.
    """

    def __init__(self, asynchronous: AsyncWebdav) -> None:
        self._async = asynchronous

    def server(self) -> DavServer:
        """Its settings, with all users and their passwords. May be repeated."""
        return run(self._async.server)

    def configure(
        self,
        *,
        enabled: bool | None = None,
        account: bool | None = None,
        account_root: str | None = None,
        account_read_only: bool | None = None,
        anonymous: bool | None = None,
        anonymous_root: str | None = None,
        anonymous_read_only: bool | None = None,
        access_log: bool | None = None,
    ) -> DavServer:
        """The settings as they are afterwards; what is not given stays. May be repeated.

        Args: as the attributes of :class:`DavServer`.

        Raises:
            ConfigError: A path with ``..``.
        """
        return run(
            self._async.configure,
            enabled=enabled,
            account=account,
            account_root=account_root,
            account_read_only=account_read_only,
            anonymous=anonymous,
            anonymous_root=anonymous_root,
            anonymous_read_only=anonymous_read_only,
            access_log=access_log,
        )

    def user(self, name: str) -> DavUser:
        """One user, with the password. May be repeated.

        Raises:
            NotFound: There is none of this name.
        """
        return run(self._async.user, name)

    def add_user(
        self,
        name: str,
        password: str,
        *,
        root_folder: str = "/",
        read_only: bool = False,
        enabled: bool = True,
        guest: bool = False,
    ) -> DavUser:
        """A new user. It is not sent twice; when the answer is lost, look with :meth:`user`.

        Args:
            name: Without a colon, which HTTP puts between name and password.
            password: Not empty.
            root_folder: The folder he sees.
            read_only, enabled, guest: As the attributes of :class:`DavUser`.

        Raises:
            ConfigError: Name or password are none.
            AlreadyExists: The name is taken.
        """
        return run(
            self._async.add_user, name, password, root_folder=root_folder, read_only=read_only, enabled=enabled, guest=guest
        )

    def modify_user(
        self,
        name: str,
        *,
        password: str | None = None,
        root_folder: str | None = None,
        read_only: bool | None = None,
        enabled: bool | None = None,
        guest: bool | None = None,
    ) -> DavUser:
        """The user as he is afterwards; what is not given stays. May be repeated.

        Args: as for :meth:`add_user`.

        Raises:
            ConfigError: Nothing to change was given, or an empty password.
            NotFound: There is none of this name.
        """
        return run(
            self._async.modify_user,
            name,
            password=password,
            root_folder=root_folder,
            read_only=read_only,
            enabled=enabled,
            guest=guest,
        )

    def remove_user(self, name: str) -> None:
        """Remove a user.

        Raises:
            NotFound: There is none of this name, perhaps since an earlier try whose answer was lost.
        """
        run(self._async.remove_user, name)


class Service:
    """``client.service``. Looking needs ``allow_view_runtime_info``, steering ``allow_service_control``, the web server
    ``allow_get_system_settings`` and ``allow_modify_system_settings``; without them calls raise
    :class:`clouddrive2.PermissionDenied`. Servers that are too old raise :class:`clouddrive2.Unsupported`.
    """

    def __init__(self, asynchronous: AsyncService) -> None:
        self._async = asynchronous

    def running(self) -> RunningInfo:
        """What it uses and does now. May be repeated."""
        return run(self._async.running)

    def abilities(self) -> ServiceAbilities:
        """Whether it can restart and update itself; in a container it often cannot. May be repeated. Since 1.0.0."""
        return run(self._async.abilities)

    def machine_id(self) -> str:
        """What names the machine to the vendor. May be repeated."""
        return run(self._async.machine_id)

    def open_handles(self) -> list[OpenHandle]:
        """Files and folders that are open. May be repeated."""
        return run(self._async.open_handles)

    def logs(self) -> list[LogFile]:
        """Files of its log. May be repeated."""
        return run(self._async.logs)

    def check_update(self) -> Update:
        """Ask the vendor whether there is a newer version. May be repeated."""
        return run(self._async.check_update)

    def download_update(self) -> None:
        """Begin to fetch the newer version; :class:`clouddrive2.UpdateChanged` among the events tells how it goes.

        Raises:
            Refused: There is none.
        """
        run(self._async.download_update)

    def apply_update(self) -> None:
        """Install what was fetched. The server restarts, and connections end.

        Raises:
            Refused: Nothing was fetched.
        """
        run(self._async.apply_update)

    def restart(self) -> None:
        """Restart it. Connections end; uploads are taken up again afterwards."""
        run(self._async.restart)

    def shutdown(self) -> None:
        """End it. Nothing here can start it again."""
        run(self._async.shutdown)

    def web_server(self) -> WebServer:
        """Its ports and certificate. May be repeated."""
        return run(self._async.web_server)

    def configure_web_server(
        self,
        *,
        http_port: int | None = None,
        https_port: int | None = None,
        https: bool | None = None,
        certificate: str | None = None,
        key: str | None = None,
    ) -> WebServer:
        """The web server's settings as they are afterwards; what is not given stays. The server listens by them at once, so
        connections may end, this client's too (protocol.md §1.1): one whose own port has moved has to be made anew.

        Args:
            http_port, https_port: 1 to 65535.
            https: Whether it speaks TLS.
            certificate, key: PEM texts, which the server stores; both or none.

        Raises:
            ConfigError: A port that is none, or a certificate without its key.
            Refused: A port cannot be had, or the certificate is none; nothing has changed.
        """
        return run(
            self._async.configure_web_server,
            http_port=http_port,
            https_port=https_port,
            https=https,
            certificate=certificate,
            key=key,
        )

    def generate_certificate(self, *, restart_listeners: bool = False) -> None:
        """Let the server make a certificate for itself, in place of the one it has.

        Args:
            restart_listeners: Use it at once; connections end.
        """
        run(self._async.generate_certificate, restart_listeners=restart_listeners)


class UploadJob:
    """A running upload. Made by ``client.uploads.start``."""

    def __init__(self, asynchronous: AsyncUploadJob) -> None:
        self._async = asynchronous

    @property
    def source(self) -> str:
        """The local file, as given."""
        return self._async.source

    def snapshot(self) -> UploadProgress:
        """Where it stands now."""
        return call(self._async.snapshot)

    def progress(self) -> BlockingIterator[UploadProgress]:
        """Snapshots as it goes on, at most ten a second; ends with the upload, and never raises for its failure."""
        return iterate(self._async.progress)

    def result(self) -> Uploaded:
        """Wait for the end.

        Raises:
            SourceChanged, UploadFailed, UploadCancelled, HashMismatch, NotVerified, OutcomeUnknown: It did not succeed.
            clouddrive2.Error: Any other reason, for example a missing permission.
        """
        return run(self._async.result)

    def pause(self) -> None:
        """Let the server pause; returns when it says so. Does nothing outside the transfer."""
        run(self._async.pause)

    def resume(self) -> None:
        """Let a paused upload go on."""
        run(self._async.resume)

    def cancel(self) -> None:
        """End it for good: the server forgets it, nothing stays under its name. Returns when it is over."""
        run(self._async.cancel)

    def stop(self) -> None:
        """Stop here and now; the same upload, started again, takes it up."""
        run(self._async.stop)


class UploadBatch:
    """Made by ``client.uploads.batch``. Leaving its block waits for all; an error of one file does not stop the others.

    Attributes:
        jobs: The uploads running now.
    """

    def __init__(self, asynchronous: AsyncUploadBatch) -> None:
        self._async = asynchronous

    def add(self, source: str | Path, to: str) -> None:
        """Queue one file; it starts when its turn comes.

        Args:
            source: The local file.
            to: As for ``client.uploads.upload``.
        """
        call(self._async.add, source, to)

    def outcomes(self) -> list[BatchItem]:
        """How each file ended, in the order they were added; waits for all that were."""
        return run(self._async.outcomes)


class UploadStream:
    """A file on its way. Made by ``client.uploads.stream``; end it with :meth:`close` or :meth:`abort`."""

    def __init__(self, asynchronous: AsyncUploadStream) -> None:
        self._async = asynchronous

    def write(self, data: bytes) -> None:
        """Send some more; pieces of 2 MiB are made of what comes.

        Raises:
            UploadFailed: The connection broke: nobody knows how much arrived, so the file is given up.
            clouddrive2.Error: The server refused; the file is given up.
        """
        run(self._async.write, data)

    def close(self) -> Uploaded:
        """The file is complete: give it its name, wait until its cloud has it, and compare.

        Raises:
            AlreadyExists: The name was taken meanwhile.
            UploadFailed, HashMismatch, NotVerified, OutcomeUnknown: It did not arrive, or is not what was sent.
        """
        return run(self._async.close)

    def abort(self) -> None:
        """Give the file up: nothing of it stays, what stood under the name does. May be called twice, and after the end."""
        run(self._async.abort)


class Uploads:
    """``client.uploads``. Nothing is opened before the first upload."""

    def __init__(self, asynchronous: AsyncUploads) -> None:
        self._async = asynchronous

    def upload(
        self,
        source: str | Path,
        to: str,
        *,
        if_exists: IfExists | str = IfExists.AUTO,
        verify: Verify | str = Verify.AUTO,
        known_hashes: bool | Mapping[int, str] = False,
        routes: Sequence[str] = (),
        wait: Wait | str = Wait.CLOUD,
        instant_only: bool = False,
        move: bool = False,
        exact_path: bool = False,
        on_progress: Callable[[UploadProgress], object] | None = None,
    ) -> Uploaded:
        """Put one file into the drive and wait until it is there.

        Args:
            source: A local file.
            to: Where to: a folder (existing, or written with a trailing slash) or the complete path of the new file.
                Missing folders are made.
            if_exists: What to do when something is there; see :class:`IfExists`.
            verify: How sure to be; see :class:`Verify`.
            known_hashes: ``True`` hashes the file first and sends the hashes ahead, so that a cloud that has the content
                needs no data; or hashes known already, by type number (1 MD5, 2 SHA-1, 3 PikPakSha1).
            routes: Take the first of these routes that can carry the file, and the next one when it cannot go on: ``mount``,
                ``remote``, ``write``, ``grpc-web``, ``webdav``. By default all of them, in that order.
            wait: How long to go on for; see :class:`Wait`.
            instant_only: Hash the file, and end with NotInstant before any data is sent when the cloud does not have it.
            move: Delete the local file once the drive's entry is verified, by its hash where the cloud shows one; on anything
                less it stays, and the result's reason says why.
            exact_path: ``to`` is the complete path of the new file, also when a folder is there: that is AlreadyExists then.
            on_progress: Called with snapshots, at most ten a second.

        Returns:
            Where it is and how that was verified.

        Raises:
            AlreadyExists: Something else is there, and ``if_exists`` does not say what to do.
            SourceChanged, UploadFailed, UploadCancelled, NotInstant, HashMismatch, NotVerified, OutcomeUnknown: See
                ``errors.py``.

        May be repeated: a call that was killed is taken up again where the server still knows it. Ctrl-C
        stops here and leaves it to such a call.
        """
        return run(
            self._async.upload,
            source,
            to,
            if_exists=if_exists,
            verify=verify,
            known_hashes=known_hashes,
            routes=routes,
            wait=wait,
            instant_only=instant_only,
            move=move,
            exact_path=exact_path,
            on_progress=on_progress,
        )

    def start(
        self,
        source: str | Path,
        to: str,
        *,
        if_exists: IfExists | str = IfExists.AUTO,
        verify: Verify | str = Verify.AUTO,
        known_hashes: bool | Mapping[int, str] = False,
        routes: Sequence[str] = (),
        wait: Wait | str = Wait.CLOUD,
        instant_only: bool = False,
        move: bool = False,
        exact_path: bool = False,
    ) -> UploadJob:
        """Begin an upload and return at once with its handle. Arguments as for :meth:`upload`."""
        return UploadJob(
            run(
                self._async.start,
                source,
                to,
                if_exists=if_exists,
                verify=verify,
                known_hashes=known_hashes,
                routes=routes,
                wait=wait,
                instant_only=instant_only,
                move=move,
                exact_path=exact_path,
            )
        )

    def stream(self, path: str, *, overwrite: bool = False) -> UploadStream:
        """Begin a file whose bytes are written as they come, by the server's file API, without a local file (protocol.md §7).

        Args:
            path: Its complete path. Missing folders are made.
            overwrite: Replace a file that is there, when the new one is complete and verified.

        Returns:
            The file to write to. Nothing is under the name before it is closed. A program that is killed leaves a file with a
            partial name, ``film.cd2-<token>.mkv``.

        Raises:
            AlreadyExists: Something is there.
            Unsupported: The server has no calls to write files.
        """
        return UploadStream(run(self._async.stream, path, overwrite=overwrite))

    def plan(self, source: str | Path, to: str, *, routes: Sequence[str] = ()) -> list[RouteStep]:
        """The routes in order of preference with the reason for each; nothing is sent.

        Args:
            source, to, routes: As for :meth:`upload`.

        Raises:
            NotFound: The source does not exist.
        """
        return run(self._async.plan, source, to, routes=routes)

    def look(self, path: str, *, routes: Sequence[str] = ()) -> Entry | None:
        """What stands at a path, seen as an upload there would see it: over WebDAV where no call gets through.

        Args:
            path: A cloud path.
            routes: As for :meth:`upload`.

        Returns:
            The entry, or ``None`` when nothing is there. May be repeated.
        """
        return run(self._async.look, path, routes=routes)

    def make_folder(self, path: str, *, routes: Sequence[str] = ()) -> None:
        """Make a folder and those above it, unless they are there, by the way an upload into it would take.

        Args:
            path: A cloud path.
            routes: As for :meth:`upload`.

        Raises:
            AlreadyExists: A file has the name.

        May be repeated.
        """
        run(self._async.make_folder, path, routes=routes)

    @contextmanager
    def batch(
        self,
        *,
        files_at_once: int | None = None,
        if_exists: IfExists | str = IfExists.AUTO,
        verify: Verify | str = Verify.AUTO,
        known_hashes: bool = False,
        routes: Sequence[str] = (),
        wait: Wait | str = Wait.CLOUD,
        instant_only: bool = False,
        move: bool = False,
    ) -> Iterator[UploadBatch]:
        """Many uploads, some at once; leaving the block waits for all.

        Args:
            files_at_once: How many; by default as configured.
            if_exists, verify, known_hashes, routes, wait, instant_only, move: As for :meth:`upload`, for every file.
        """
        with entered(
            self._async.batch,
            files_at_once=files_at_once,
            if_exists=if_exists,
            verify=verify,
            known_hashes=known_hashes,
            routes=routes,
            wait=wait,
            instant_only=instant_only,
            move=move,
        ) as held:
            yield UploadBatch(held)

    def hashes(self, source: str | Path, kinds: Iterable[int]) -> dict[int, str]:
        """Hashes of a local file, by type number; read only when an earlier run did not hash it as it is now.

        Args:
            source: The file.
            kinds: Which: 1 MD5, 2 SHA-1, 3 PikPakSha1.

        Raises:
            NotFound: It does not exist.
            SourceChanged: It changes while it is read.
        """
        return run(self._async.hashes, source, kinds)

    def pending(self) -> list[PendingUpload]:
        """Uploads to this server that were begun on this machine and did not end; uploading them again takes them up."""
        return run(self._async.pending)


class Raw:
    """``client.raw``: message in, message out, with the same token, deadlines, repeating and errors as everything else.

    Methods are named as the RPCs. ``timeout`` is in seconds; ``None`` takes the one the RPC has in ``transport/policy.py``.
    Streams are iterators; leaving one early ends the call. All raise :class:`clouddrive2.Error` and its kinds.
    """

    def __init__(self, asynchronous: AsyncRaw) -> None:
        self._async = asynchronous

    def GetSystemInfo(self, *, timeout: float | None = None) -> pb.CloudDriveSystemInfo:
        """Tells whether the server is signed in and ready, and what it can do (protocol.md §2.4).

        Works without a token. May be repeated.
        """
        return run(self._async.GetSystemInfo, timeout=timeout)

    def GetToken(self, request: pb.GetTokenRequest, *, timeout: float | None = None) -> pb.JWTToken:
        """Exchanges the account's name and password for a bearer token (protocol.md §2.2).

        Works without a token. May be repeated.
        """
        return run(self._async.GetToken, request, timeout=timeout)

    def Login(self, request: pb.UserLoginRequest, *, timeout: float | None = None) -> pb.FileOperationResult:
        """Signs the server itself in to its account service; gives no token, call GetToken after it.

        Works without a token. Not repeated when the answer is lost.
        """
        return run(self._async.Login, request, timeout=timeout)

    def LoginWithThirdPartyAccount(
        self, request: pb.LoginWithThirdPartyAccountRequest, *, timeout: float | None = None
    ) -> pb.JWTToken:
        """Signs the server in with the OAuth tokens of a cloud account and gives a bearer token.

        Works without a token. Since 0.9.18. Not repeated when the answer is lost.
        """
        return run(self._async.LoginWithThirdPartyAccount, request, timeout=timeout)

    def Register(self, request: pb.UserRegisterRequest, *, timeout: float | None = None) -> pb.FileOperationResult:
        """Creates an account at the account service.

        Works without a token. Not repeated when the answer is lost.
        """
        return run(self._async.Register, request, timeout=timeout)

    def SendResetAccountEmail(self, request: pb.SendResetAccountEmailRequest, *, timeout: float | None = None) -> None:
        """Mails the code that ResetAccount asks for.

        Works without a token. Not repeated when the answer is lost.
        """
        run(self._async.SendResetAccountEmail, request, timeout=timeout)

    def ResetAccount(self, request: pb.ResetAccountRequest, *, timeout: float | None = None) -> None:
        """Sets a new password with the mailed code.

        Works without a token. Not repeated when the answer is lost.
        """
        run(self._async.ResetAccount, request, timeout=timeout)

    def GetApiTokenInfo(self, request: pb.StringValue, *, timeout: float | None = None) -> pb.TokenInfo:
        """Tells what an API token may do and where; old servers do not know it (protocol.md §2.5).

        Works without a token. May be repeated.
        """
        return run(self._async.GetApiTokenInfo, request, timeout=timeout)

    def LoginWith2FA(self, request: pb.LoginWith2FARequest, *, timeout: float | None = None) -> pb.JWTToken:
        """Signs the server in with password and second factor, and gives a bearer token in the same step.

        Works without a token. Since 0.9.14. Not repeated when the answer is lost.
        """
        return run(self._async.LoginWith2FA, request, timeout=timeout)

    def SendConfirmEmail(self, *, timeout: float | None = None) -> None:
        """Mails the code that ConfirmEmail asks for.

        Not repeated when the answer is lost.
        """
        run(self._async.SendConfirmEmail, timeout=timeout)

    def ConfirmEmail(self, request: pb.ConfirmEmailRequest, *, timeout: float | None = None) -> None:
        """Confirms the account's mail address with the mailed code.

        Not repeated when the answer is lost.
        """
        run(self._async.ConfirmEmail, request, timeout=timeout)

    def GetAccountStatus(self, *, timeout: float | None = None) -> pb.AccountStatusResult:
        """Describes the account: plan, roles, balance, bound devices.

        Needs ``allow_get_account_info``. May be repeated.
        """
        return run(self._async.GetAccountStatus, timeout=timeout)

    def Check2FAStatus(self, *, timeout: float | None = None) -> pb.TwoFactorAuthStatusResult:
        """Tells whether two-factor sign-in is on.

        Since 0.9.14. May be repeated.
        """
        return run(self._async.Check2FAStatus, timeout=timeout)

    def Setup2FA(self, request: pb.Setup2FARequest, *, timeout: float | None = None) -> pb.TwoFactorAuthSetupResult:
        """Begins two-factor set-up and gives the secret to enrol (protocol.md §2.9).

        Since 0.9.14. Not repeated when the answer is lost.
        """
        return run(self._async.Setup2FA, request, timeout=timeout)

    def Enable2FA(self, request: pb.TwoFactorAuthCodeRequest, *, timeout: float | None = None) -> pb.TwoFactorAuthEnableResult:
        """Finishes two-factor set-up and gives the recovery codes, shown only once.

        Since 0.9.14. Not repeated when the answer is lost.
        """
        return run(self._async.Enable2FA, request, timeout=timeout)

    def Disable2FA(self, request: pb.TwoFactorAuthCodeRequest, *, timeout: float | None = None) -> pb.TwoFactorAuthMessageResult:
        """Turns two-factor sign-in off.

        Since 0.9.14. Not repeated when the answer is lost.
        """
        return run(self._async.Disable2FA, request, timeout=timeout)

    def GetRecoveryCodes(
        self, request: pb.TwoFactorAuthCodeRequest, *, timeout: float | None = None
    ) -> pb.TwoFactorAuthRecoveryCodesResult:
        """Lists the recovery codes that are left.

        Since 0.9.14. Not repeated when the answer is lost.
        """
        return run(self._async.GetRecoveryCodes, request, timeout=timeout)

    def RegenerateRecoveryCodes(
        self, request: pb.TwoFactorAuthCodeRequest, *, timeout: float | None = None
    ) -> pb.TwoFactorAuthRecoveryCodesResult:
        """Replaces all recovery codes by new ones.

        Since 0.9.14. Not repeated when the answer is lost.
        """
        return run(self._async.RegenerateRecoveryCodes, request, timeout=timeout)

    def SendDisable2FAEmail(self, request: pb.SendDisable2FAEmailRequest, *, timeout: float | None = None) -> None:
        """Mails the code for turning two-factor sign-in off when the authenticator is lost.

        Works without a token. Since 1.0.9. Not repeated when the answer is lost.
        """
        run(self._async.SendDisable2FAEmail, request, timeout=timeout)

    def Disable2FAByEmail(self, request: pb.Disable2FAByEmailRequest, *, timeout: float | None = None) -> None:
        """Turns two-factor sign-in off with the mailed code and the password.

        Works without a token. Since 1.0.9. Not repeated when the answer is lost.
        """
        run(self._async.Disable2FAByEmail, request, timeout=timeout)

    def UnbindDevice(self, request: pb.UnbindDeviceRequest, *, timeout: float | None = None) -> None:
        """Releases the device that is bound to the account.

        Since 1.0.9. Not repeated when the answer is lost.
        """
        run(self._async.UnbindDevice, request, timeout=timeout)

    def GetSessions(self, *, timeout: float | None = None) -> pb.GetSessionsResponse:
        """Lists the account's sign-in sessions on all devices.

        Since 0.9.14. May be repeated.
        """
        return run(self._async.GetSessions, timeout=timeout)

    def RevokeSession(self, request: pb.RevokeSessionRequest, *, timeout: float | None = None) -> None:
        """Ends one sign-in session.

        Since 0.9.14. Not repeated when the answer is lost.
        """
        run(self._async.RevokeSession, request, timeout=timeout)

    def RevokeOtherSessions(self, *, timeout: float | None = None) -> None:
        """Ends every sign-in session but this one.

        Since 0.9.14. Not repeated when the answer is lost.
        """
        run(self._async.RevokeOtherSessions, timeout=timeout)

    def Logout(self, request: pb.UserLogoutRequest, *, timeout: float | None = None) -> pb.FileOperationResult:
        """Signs the server out of its account.

        Not repeated when the answer is lost.
        """
        return run(self._async.Logout, request, timeout=timeout)

    def ChangePassword(self, request: pb.ChangePasswordRequest, *, timeout: float | None = None) -> pb.FileOperationResult:
        """Changes the account's password.

        Needs ``allow_modify_account``. Not repeated when the answer is lost.
        """
        return run(self._async.ChangePassword, request, timeout=timeout)

    def SendChangeEmailCode(self, request: pb.SendChangeEmailCodeRequest, *, timeout: float | None = None) -> None:
        """Mails the code that ChangeEmail asks for to the new address.

        Not repeated when the answer is lost.
        """
        run(self._async.SendChangeEmailCode, request, timeout=timeout)

    def ChangeEmail(self, request: pb.ChangeEmailRequest, *, timeout: float | None = None) -> None:
        """Changes the account's mail address with the mailed code.

        Needs ``allow_modify_account``. Not repeated when the answer is lost.
        """
        run(self._async.ChangeEmail, request, timeout=timeout)

    def ChangeEmailAndPassword(self, request: pb.ChangeEmailAndPasswordRequest, *, timeout: float | None = None) -> None:
        """Sets mail address and password together.

        Not repeated when the answer is lost.
        """
        run(self._async.ChangeEmailAndPassword, request, timeout=timeout)

    def SendDeleteAccountEmail(self, *, timeout: float | None = None) -> pb.DeleteAccountPreflightResult:
        """Mails the code for deleting the account and says what would be lost.

        Needs ``allow_modify_account``. Since 1.0.14. Not repeated when the answer is lost.
        """
        return run(self._async.SendDeleteAccountEmail, timeout=timeout)

    def DeleteAccount(self, request: pb.DeleteAccountRequest, *, timeout: float | None = None) -> None:
        """Deletes the account for good and signs every client out (protocol.md §2.9).

        Needs ``allow_modify_account``. Since 1.0.14. Not repeated when the answer is lost.
        """
        run(self._async.DeleteAccount, request, timeout=timeout)

    def GetCloudSyncStatus(self, *, timeout: float | None = None) -> pb.CloudSyncStatus:
        """Tells whether the list of cloud accounts is kept in step with the account service.

        Needs ``allow_get_account_info``. Since 1.1.0. May be repeated.
        """
        return run(self._async.GetCloudSyncStatus, timeout=timeout)

    def PreviewCloudSync(self, *, timeout: float | None = None) -> pb.CloudSyncPreview:
        """Compares the local list of cloud accounts with the stored one; changes nothing (protocol.md §18.5).

        Needs ``allow_get_account_info``. Since 1.1.0. May be repeated.
        """
        return run(self._async.PreviewCloudSync, timeout=timeout)

    def EnableCloudSync(self, request: pb.EnableCloudSyncRequest, *, timeout: float | None = None) -> pb.CloudSyncResult:
        """Turns account-data sync on; one side's list replaces the other's. Preview first (protocol.md §18.5).

        Needs ``allow_modify_account``. Since 1.1.0. Not repeated when the answer is lost.
        """
        return run(self._async.EnableCloudSync, request, timeout=timeout)

    def DisableCloudSync(self, request: pb.DisableCloudSyncRequest, *, timeout: float | None = None) -> pb.DisableCloudSyncResult:
        """Turns account-data sync off.

        Needs ``allow_modify_account``. Since 1.1.0. Not repeated when the answer is lost.
        """
        return run(self._async.DisableCloudSync, request, timeout=timeout)

    def GetSubFiles(self, request: pb.ListSubFileRequest, *, timeout: float | None = None) -> BlockingIterator[pb.SubFilesReply]:
        """Lists a folder in several replies; a listing that fails half way counts for nothing (protocol.md §4.1).

        Needs ``allow_list``. May be repeated.
        """
        return iterate(self._async.GetSubFiles, request, timeout=timeout)

    def GetSearchResults(self, request: pb.SearchRequest, *, timeout: float | None = None) -> BlockingIterator[pb.SubFilesReply]:
        """Searches below a folder, in several replies; the cloud decides what matches (protocol.md §4.3).

        Needs ``allow_search``. May be repeated.
        """
        return iterate(self._async.GetSearchResults, request, timeout=timeout)

    def FindFileByPath(self, request: pb.FindFileByPathRequest, *, timeout: float | None = None) -> pb.CloudDriveFile:
        """Looks one entry up; NOT_FOUND when there is none (protocol.md §4.2).

        Needs ``allow_list``. May be repeated.
        """
        return run(self._async.FindFileByPath, request, timeout=timeout)

    def CreateFolder(self, request: pb.CreateFolderRequest, *, timeout: float | None = None) -> pb.CreateFolderResult:
        """Creates one folder level; the parent must exist (protocol.md §5.2).

        Needs ``allow_create_folder``. Not repeated when the answer is lost.
        """
        return run(self._async.CreateFolder, request, timeout=timeout)

    def CreateEncryptedFolder(
        self, request: pb.CreateEncryptedFolderRequest, *, timeout: float | None = None
    ) -> pb.CreateFolderResult:
        """Creates a folder whose content is stored encrypted (protocol.md §5.7).

        Needs ``allow_create_folder``, ``allow_create_encrypt``. Not repeated when the answer is lost.
        """
        return run(self._async.CreateEncryptedFolder, request, timeout=timeout)

    def UnlockEncryptedFile(
        self, request: pb.UnlockEncryptedFileRequest, *, timeout: float | None = None
    ) -> pb.FileOperationResult:
        """Opens an encrypted folder with its password.

        Needs ``allow_unlock_encrypted``. Not repeated when the answer is lost.
        """
        return run(self._async.UnlockEncryptedFile, request, timeout=timeout)

    def LockEncryptedFile(self, request: pb.FileRequest, *, timeout: float | None = None) -> pb.FileOperationResult:
        """Locks an encrypted folder again.

        Needs ``allow_lock_encrypted``. Not repeated when the answer is lost.
        """
        return run(self._async.LockEncryptedFile, request, timeout=timeout)

    def RenameFile(self, request: pb.RenameFileRequest, *, timeout: float | None = None) -> pb.FileOperationResult:
        """Gives an entry a new bare name; never moves it (protocol.md §5.3).

        Needs ``allow_rename``. Not repeated when the answer is lost.
        """
        return run(self._async.RenameFile, request, timeout=timeout)

    def RenameFiles(self, request: pb.RenameFilesRequest, *, timeout: float | None = None) -> pb.FileOperationResult:
        """Renames several entries; a partial failure is one text for all.

        Needs ``allow_rename``. Not repeated when the answer is lost.
        """
        return run(self._async.RenameFiles, request, timeout=timeout)

    def MoveFile(self, request: pb.MoveFileRequest, *, timeout: float | None = None) -> pb.FileOperationResult:
        """Moves entries into a folder; may go on as a merge task (protocol.md §5.4).

        Needs ``allow_move``. Not repeated when the answer is lost.
        """
        return run(self._async.MoveFile, request, timeout=timeout)

    def CopyFile(self, request: pb.CopyFileRequest, *, timeout: float | None = None) -> pb.FileOperationResult:
        """Copies entries into a folder; may go on as a copy task (protocol.md §5.5).

        Needs ``allow_copy``. Not repeated when the answer is lost.
        """
        return run(self._async.CopyFile, request, timeout=timeout)

    def DeleteFile(self, request: pb.FileRequest, *, timeout: float | None = None) -> pb.FileOperationResult:
        """Deletes an entry with everything below, to the recycle bin where the cloud has one (protocol.md §5.6).

        Needs ``allow_delete``. Not repeated when the answer is lost.
        """
        return run(self._async.DeleteFile, request, timeout=timeout)

    def DeleteFilePermanently(self, request: pb.FileRequest, *, timeout: float | None = None) -> pb.FileOperationResult:
        """Deletes an entry past the recycle bin, only where `canDeletePermanently`.

        Needs ``allow_delete_permanently``. Not repeated when the answer is lost.
        """
        return run(self._async.DeleteFilePermanently, request, timeout=timeout)

    def DeleteFiles(self, request: pb.MultiFileRequest, *, timeout: float | None = None) -> pb.FileOperationResult:
        """Deletes several entries, to the recycle bin where the cloud has one.

        Needs ``allow_delete``. Not repeated when the answer is lost.
        """
        return run(self._async.DeleteFiles, request, timeout=timeout)

    def DeleteFilesPermanently(self, request: pb.MultiFileRequest, *, timeout: float | None = None) -> pb.FileOperationResult:
        """Deletes several entries past the recycle bin.

        Needs ``allow_delete_permanently``. Not repeated when the answer is lost.
        """
        return run(self._async.DeleteFilesPermanently, request, timeout=timeout)

    def GetFileDetailProperties(self, request: pb.FileRequest, *, timeout: float | None = None) -> pb.FileDetailProperties:
        """Counts what is below a folder, only where `hasDetailProperties`.

        Needs ``allow_view_properties``. May be repeated.
        """
        return run(self._async.GetFileDetailProperties, request, timeout=timeout)

    def GetSpaceInfo(self, request: pb.FileRequest, *, timeout: float | None = None) -> pb.SpaceInfo:
        """Tells the space of the cloud that owns the path (protocol.md §4.4).

        Needs ``allow_get_space_info``. May be repeated.
        """
        return run(self._async.GetSpaceInfo, request, timeout=timeout)

    def GetCloudMemberships(self, request: pb.FileRequest, *, timeout: float | None = None) -> pb.CloudMemberships:
        """Lists the memberships of the cloud account that owns the path.

        Needs ``allow_get_memberships``. May be repeated.
        """
        return run(self._async.GetCloudMemberships, request, timeout=timeout)

    def GetMetaData(self, request: pb.FileRequest, *, timeout: float | None = None) -> pb.FileMetaData:
        """Gives an entry's metadata as free text pairs.

        May be repeated.
        """
        return run(self._async.GetMetaData, request, timeout=timeout)

    def GetOriginalPath(self, request: pb.FileRequest, *, timeout: float | None = None) -> pb.StringResult:
        """Gives the real place of a search result.

        May be repeated.
        """
        return run(self._async.GetOriginalPath, request, timeout=timeout)

    def GetDownloadUrlPath(
        self, request: pb.GetDownloadUrlPathRequest, *, timeout: float | None = None
    ) -> pb.DownloadUrlPathInfo:
        """Gives the template of a download link, which is a secret (protocol.md §6.1).

        May be repeated.
        """
        return run(self._async.GetDownloadUrlPath, request, timeout=timeout)

    def CreateFile(self, request: pb.CreateFileRequest, *, timeout: float | None = None) -> pb.CreateFileResult:
        """Opens a new file for writing and gives a handle; the name must be free (protocol.md §7.1).

        Needs ``allow_create_file``. Not repeated when the answer is lost.
        """
        return run(self._async.CreateFile, request, timeout=timeout)

    def WriteToFile(self, request: pb.WriteFileRequest, *, timeout: float | None = None) -> pb.WriteFileResult:
        """Writes one piece through a handle.

        Needs ``allow_create_file``. Not repeated when the answer is lost.
        """
        return run(self._async.WriteToFile, request, timeout=timeout)

    def WriteToFileStream(self, requests: Iterable[pb.WriteFileRequest], *, timeout: float | None = None) -> pb.WriteFileResult:
        """Writes many pieces in one client stream; not available over gRPC-Web.

        Needs ``allow_create_file``. Not repeated when the answer is lost.
        """
        return run(self._async.WriteToFileStream, fed(requests), timeout=timeout)

    def CloseFile(self, request: pb.CloseFileRequest, *, timeout: float | None = None) -> pb.FileOperationResult:
        """Closes a handle, which only queues the upload to the cloud (protocol.md §7.2).

        Not repeated when the answer is lost.
        """
        return run(self._async.CloseFile, request, timeout=timeout)

    def PrefetchFileRanges(
        self, request: pb.PrefetchFileRangesRequest, *, timeout: float | None = None
    ) -> pb.PrefetchFileRangesReply:
        """Hints which ranges will be read soon (protocol.md §6.4).

        Since 1.0.7. Not repeated when the answer is lost.
        """
        return run(self._async.PrefetchFileRanges, request, timeout=timeout)

    def CancelFilePrefetch(self, request: pb.CancelFilePrefetchRequest, *, timeout: float | None = None) -> None:
        """Withdraws prefetch hints of a file.

        Since 1.0.7. May be repeated.
        """
        run(self._async.CancelFilePrefetch, request, timeout=timeout)

    def CloseFileReader(self, request: pb.FileRequest, *, timeout: float | None = None) -> None:
        """Frees the server's reader of a file at once.

        Since 1.0.7. May be repeated.
        """
        run(self._async.CloseFileReader, request, timeout=timeout)

    def GetActivePrefetchHints(self, *, timeout: float | None = None) -> pb.GetActivePrefetchHintsReply:
        """Lists the prefetch hints in force.

        Since 1.0.7. May be repeated.
        """
        return run(self._async.GetActivePrefetchHints, timeout=timeout)

    def ProbeArchive(self, request: pb.FileRequest, *, timeout: float | None = None) -> pb.ArchiveProbe:
        """Says whether a file can be opened as an archive folder; no error for files that cannot.

        Needs ``allow_get_archive_folders``. Since 1.1.1. May be repeated.
        """
        return run(self._async.ProbeArchive, request, timeout=timeout)

    def OpenArchiveFolder(self, request: pb.OpenArchiveFolderRequest, *, timeout: float | None = None) -> pb.ArchiveFolder:
        """Opens an archive as a read-only folder, waiting at most 10 s for its index (protocol.md §5.7).

        Needs ``allow_modify_archive_folders``. Since 1.1.1. Not repeated when the answer is lost.
        """
        return run(self._async.OpenArchiveFolder, request, timeout=timeout)

    def GetArchiveFolders(self, *, timeout: float | None = None) -> pb.ArchiveFolderList:
        """Lists the saved archive folders.

        Needs ``allow_get_archive_folders``. Since 1.1.1. May be repeated.
        """
        return run(self._async.GetArchiveFolders, timeout=timeout)

    def UpdateArchiveFolder(self, request: pb.UpdateArchiveFolderRequest, *, timeout: float | None = None) -> pb.ArchiveFolder:
        """Changes the options of a saved archive folder; what is absent stays.

        Needs ``allow_modify_archive_folders``. Since 1.1.1. May be repeated.
        """
        return run(self._async.UpdateArchiveFolder, request, timeout=timeout)

    def LoadArchiveFolder(self, request: pb.FileRequest, *, timeout: float | None = None) -> pb.ArchiveFolder:
        """Shows a saved archive folder in the tree again.

        Needs ``allow_modify_archive_folders``. Since 1.1.1. Not repeated when the answer is lost.
        """
        return run(self._async.LoadArchiveFolder, request, timeout=timeout)

    def UnloadArchiveFolder(self, request: pb.FileRequest, *, timeout: float | None = None) -> None:
        """Takes an archive folder out of the tree and keeps its record.

        Needs ``allow_modify_archive_folders``. Since 1.1.1. Not repeated when the answer is lost.
        """
        run(self._async.UnloadArchiveFolder, request, timeout=timeout)

    def RemoveArchiveFolder(self, request: pb.FileRequest, *, timeout: float | None = None) -> None:
        """Forgets an archive folder; the archive itself stays.

        Needs ``allow_modify_archive_folders``. Since 1.1.1. Not repeated when the answer is lost.
        """
        run(self._async.RemoveArchiveFolder, request, timeout=timeout)

    def StartRemoteUpload(self, request: pb.StartRemoteUploadRequest, *, timeout: float | None = None) -> pb.RemoteUploadStarted:
        """Announces a file that the server will pull; open RemoteUploadChannel first (protocol.md §8.2).

        Not repeated when the answer is lost.
        """
        return run(self._async.StartRemoteUpload, request, timeout=timeout)

    def RemoteUploadControl(self, request: pb.RemoteUploadControlRequest, *, timeout: float | None = None) -> None:
        """Cancels, pauses or resumes an upload; the new state comes over the channel (protocol.md §8.7).

        May be repeated.
        """
        run(self._async.RemoteUploadControl, request, timeout=timeout)

    def RemoteUploadChannel(
        self, request: pb.RemoteUploadChannelRequest, *, timeout: float | None = None
    ) -> BlockingIterator[pb.RemoteUploadChannelReply]:
        """Opens the one stream on which the server asks for data and hashes (protocol.md §8.6).

        May be repeated.
        """
        return iterate(self._async.RemoteUploadChannel, request, timeout=timeout)

    def RemoteReadData(self, request: pb.RemoteReadDataUpload, *, timeout: float | None = None) -> pb.RemoteReadDataReply:
        """Answers a read request with a piece of the file (protocol.md §8.3).

        May be repeated.
        """
        return run(self._async.RemoteReadData, request, timeout=timeout)

    def RemoteHashProgress(
        self, request: pb.RemoteHashProgressUpload, *, timeout: float | None = None
    ) -> pb.RemoteHashProgressReply:
        """Reports how far a hash is, or its value (protocol.md §8.4).

        May be repeated.
        """
        return run(self._async.RemoteHashProgress, request, timeout=timeout)

    def CanAddMoreMountPoints(self, *, timeout: float | None = None) -> pb.FileOperationResult:
        """Tells whether the plan allows another mount point.

        Needs ``allow_get_mounts``. May be repeated.
        """
        return run(self._async.CanAddMoreMountPoints, timeout=timeout)

    def GetMountPoints(self, *, timeout: float | None = None) -> pb.GetMountPointsResult:
        """Lists the mount points and whether each is mounted.

        Needs ``allow_get_mounts``. May be repeated.
        """
        return run(self._async.GetMountPoints, timeout=timeout)

    def AddMountPoint(self, request: pb.MountOption, *, timeout: float | None = None) -> pb.MountPointResult:
        """Adds a mount point; look at `isMounted` afterwards (protocol.md §9.2).

        Needs ``allow_modify_mounts``. Not repeated when the answer is lost.
        """
        return run(self._async.AddMountPoint, request, timeout=timeout)

    def RemoveMountPoint(self, request: pb.MountPointRequest, *, timeout: float | None = None) -> pb.MountPointResult:
        """Removes a mount point.

        Needs ``allow_modify_mounts``. Not repeated when the answer is lost.
        """
        return run(self._async.RemoveMountPoint, request, timeout=timeout)

    def Mount(self, request: pb.MountPointRequest, *, timeout: float | None = None) -> pb.MountPointResult:
        """Mounts a configured mount point.

        Needs ``allow_modify_mounts``. Not repeated when the answer is lost.
        """
        return run(self._async.Mount, request, timeout=timeout)

    def Unmount(self, request: pb.MountPointRequest, *, timeout: float | None = None) -> pb.MountPointResult:
        """Unmounts a mount point; its folder stays and then is an ordinary one (protocol.md §9.3).

        Needs ``allow_modify_mounts``. Not repeated when the answer is lost.
        """
        return run(self._async.Unmount, request, timeout=timeout)

    def UpdateMountPoint(self, request: pb.UpdateMountPointRequest, *, timeout: float | None = None) -> pb.MountPointResult:
        """Replaces the options of a mount point.

        Needs ``allow_modify_mounts``. Not repeated when the answer is lost.
        """
        return run(self._async.UpdateMountPoint, request, timeout=timeout)

    def GetAvailableDriveLetters(self, *, timeout: float | None = None) -> pb.GetAvailableDriveLettersResult:
        """Lists the free drive letters of a Windows server.

        Needs ``allow_list_local``. May be repeated.
        """
        return run(self._async.GetAvailableDriveLetters, timeout=timeout)

    def HasDriveLetters(self, *, timeout: float | None = None) -> pb.HasDriveLettersResult:
        """Tells whether the server's platform has drive letters.

        Needs ``allow_list_local``. May be repeated.
        """
        return run(self._async.HasDriveLetters, timeout=timeout)

    def CanMountBothLocalAndCloud(self, *, timeout: float | None = None) -> pb.BoolResult:
        """Tells whether local and cloud mounts can exist side by side.

        May be repeated.
        """
        return run(self._async.CanMountBothLocalAndCloud, timeout=timeout)

    def LocalGetSubFiles(
        self, request: pb.LocalGetSubFilesRequest, *, timeout: float | None = None
    ) -> BlockingIterator[pb.LocalGetSubFilesResult]:
        """Lists names in the server's own file system, for pickers.

        Needs ``allow_list_local``. May be repeated.
        """
        return iterate(self._async.LocalGetSubFiles, request, timeout=timeout)

    def LocalCreateFolder(
        self, request: pb.LocalCreateFolderRequest, *, timeout: float | None = None
    ) -> pb.LocalCreateFolderResult:
        """Creates a folder in the server's own file system.

        Since 1.0.0. Not repeated when the answer is lost.
        """
        return run(self._async.LocalCreateFolder, request, timeout=timeout)

    def GetAllTasksCount(self, *, timeout: float | None = None) -> pb.GetAllTasksCountResult:
        """Counts the running tasks of all kinds.

        Needs ``allow_get_transfer_tasks``. May be repeated.
        """
        return run(self._async.GetAllTasksCount, timeout=timeout)

    def GetDownloadFileCount(self, *, timeout: float | None = None) -> pb.GetDownloadFileCountResult:
        """Counts the files open for reading.

        Needs ``allow_get_transfer_tasks``. May be repeated.
        """
        return run(self._async.GetDownloadFileCount, timeout=timeout)

    def GetDownloadFileList(self, *, timeout: float | None = None) -> pb.GetDownloadFileListResult:
        """Lists the files open for reading; these are readers, not jobs (protocol.md §10.2).

        Needs ``allow_get_transfer_tasks``. May be repeated.
        """
        return run(self._async.GetDownloadFileList, timeout=timeout)

    def GetUploadFileCount(self, *, timeout: float | None = None) -> pb.GetUploadFileCountResult:
        """Counts the uploads in the list.

        Needs ``allow_get_transfer_tasks``. May be repeated.
        """
        return run(self._async.GetUploadFileCount, timeout=timeout)

    def GetUploadFileList(
        self, request: pb.GetUploadFileListRequest, *, timeout: float | None = None
    ) -> pb.GetUploadFileListResult:
        """Lists uploads by page, counted from 0 (protocol.md §10.1).

        Needs ``allow_get_transfer_tasks``. May be repeated.
        """
        return run(self._async.GetUploadFileList, request, timeout=timeout)

    def CancelAllUploadFiles(self, *, timeout: float | None = None) -> None:
        """Cancels every upload.

        Needs ``allow_modify_transfer_tasks``. Not repeated when the answer is lost.
        """
        run(self._async.CancelAllUploadFiles, timeout=timeout)

    def CancelUploadFiles(self, request: pb.MultpleUploadFileKeyRequest, *, timeout: float | None = None) -> None:
        """Cancels uploads by key; a remote upload's key is its upload id.

        Needs ``allow_modify_transfer_tasks``. May be repeated.
        """
        run(self._async.CancelUploadFiles, request, timeout=timeout)

    def PauseAllUploadFiles(self, *, timeout: float | None = None) -> None:
        """Pauses every upload.

        Needs ``allow_modify_transfer_tasks``. May be repeated.
        """
        run(self._async.PauseAllUploadFiles, timeout=timeout)

    def PauseUploadFiles(self, request: pb.MultpleUploadFileKeyRequest, *, timeout: float | None = None) -> None:
        """Pauses uploads by key.

        Needs ``allow_modify_transfer_tasks``. May be repeated.
        """
        run(self._async.PauseUploadFiles, request, timeout=timeout)

    def ResumeAllUploadFiles(self, *, timeout: float | None = None) -> None:
        """Resumes every paused upload.

        Needs ``allow_modify_transfer_tasks``. May be repeated.
        """
        run(self._async.ResumeAllUploadFiles, timeout=timeout)

    def ResumeUploadFiles(self, request: pb.MultpleUploadFileKeyRequest, *, timeout: float | None = None) -> None:
        """Resumes uploads by key.

        Needs ``allow_modify_transfer_tasks``. May be repeated.
        """
        run(self._async.ResumeUploadFiles, request, timeout=timeout)

    def GetCopyTasks(self, *, timeout: float | None = None) -> pb.GetCopyTaskResult:
        """Lists the copy tasks (protocol.md §10.3).

        Needs ``allow_get_transfer_tasks``. May be repeated.
        """
        return run(self._async.GetCopyTasks, timeout=timeout)

    def GetMergeTasks(self, *, timeout: float | None = None) -> pb.GetMergeTasksResult:
        """Lists the merge tasks (protocol.md §10.4).

        Needs ``allow_get_transfer_tasks``. May be repeated.
        """
        return run(self._async.GetMergeTasks, timeout=timeout)

    def CancelMergeTask(self, request: pb.CancelMergeTaskRequest, *, timeout: float | None = None) -> None:
        """Cancels the merge task of a source and a destination.

        Not repeated when the answer is lost.
        """
        run(self._async.CancelMergeTask, request, timeout=timeout)

    def CancelCopyTask(self, request: pb.CopyTaskRequest, *, timeout: float | None = None) -> None:
        """Cancels the copy task of a source and a destination.

        Needs ``allow_modify_transfer_tasks``. Not repeated when the answer is lost.
        """
        run(self._async.CancelCopyTask, request, timeout=timeout)

    def PauseCopyTask(self, request: pb.PauseCopyTaskRequest, *, timeout: float | None = None) -> None:
        """Pauses a copy task, or resumes it with `pause` false.

        Needs ``allow_modify_transfer_tasks``. May be repeated.
        """
        run(self._async.PauseCopyTask, request, timeout=timeout)

    def RestartCopyTask(self, request: pb.CopyTaskRequest, *, timeout: float | None = None) -> None:
        """Starts a copy task again.

        Not repeated when the answer is lost.
        """
        run(self._async.RestartCopyTask, request, timeout=timeout)

    def RemoveCompletedCopyTasks(self, *, timeout: float | None = None) -> None:
        """Takes the completed copy tasks off the list.

        Not repeated when the answer is lost.
        """
        run(self._async.RemoveCompletedCopyTasks, timeout=timeout)

    def RemoveAllCopyTasks(self, *, timeout: float | None = None) -> pb.BatchOperationResult:
        """Takes all copy tasks off the list.

        Not repeated when the answer is lost.
        """
        return run(self._async.RemoveAllCopyTasks, timeout=timeout)

    def RemoveCopyTasks(self, request: pb.CopyTaskBatchRequest, *, timeout: float | None = None) -> pb.BatchOperationResult:
        """Takes copy tasks off the list by key.

        Not repeated when the answer is lost.
        """
        return run(self._async.RemoveCopyTasks, request, timeout=timeout)

    def PauseAllCopyTasks(self, request: pb.PauseAllCopyTasksRequest, *, timeout: float | None = None) -> pb.BatchOperationResult:
        """Pauses all copy tasks, or resumes them with `pause` false.

        Needs ``allow_modify_transfer_tasks``. May be repeated.
        """
        return run(self._async.PauseAllCopyTasks, request, timeout=timeout)

    def PauseCopyTasks(self, request: pb.PauseCopyTasksRequest, *, timeout: float | None = None) -> pb.BatchOperationResult:
        """Pauses copy tasks by key, or resumes them with `pause` false.

        Needs ``allow_modify_transfer_tasks``. May be repeated.
        """
        return run(self._async.PauseCopyTasks, request, timeout=timeout)

    def ResumeAllCopyTasks(self, *, timeout: float | None = None) -> pb.BatchOperationResult:
        """Resumes all copy tasks.

        Needs ``allow_modify_transfer_tasks``. May be repeated.
        """
        return run(self._async.ResumeAllCopyTasks, timeout=timeout)

    def ResumeCopyTasks(self, request: pb.CopyTaskBatchRequest, *, timeout: float | None = None) -> pb.BatchOperationResult:
        """Resumes copy tasks by key.

        Needs ``allow_modify_transfer_tasks``. May be repeated.
        """
        return run(self._async.ResumeCopyTasks, request, timeout=timeout)

    def AddOfflineFiles(self, request: pb.AddOfflineFileRequest, *, timeout: float | None = None) -> pb.FileOperationResult:
        """Asks a cloud to fetch links into a folder (protocol.md §11).

        Needs ``allow_add_offline_download``. Not repeated when the answer is lost.
        """
        return run(self._async.AddOfflineFiles, request, timeout=timeout)

    def RemoveOfflineFiles(
        self, request: pb.RemoveOfflineFilesRequest, *, timeout: float | None = None
    ) -> pb.FileOperationResult:
        """Removes offline downloads, with their files if wanted.

        Needs ``allow_modify_offline_downloads``. Not repeated when the answer is lost.
        """
        return run(self._async.RemoveOfflineFiles, request, timeout=timeout)

    def ListOfflineFilesByPath(self, request: pb.FileRequest, *, timeout: float | None = None) -> pb.OfflineFileListResult:
        """Lists the offline downloads of the cloud that owns the path.

        Needs ``allow_list_offline_downloads``. May be repeated.
        """
        return run(self._async.ListOfflineFilesByPath, request, timeout=timeout)

    def ListAllOfflineFiles(
        self, request: pb.OfflineFileListAllRequest, *, timeout: float | None = None
    ) -> pb.OfflineFileListAllResult:
        """Lists the offline downloads of a cloud account, by page.

        Needs ``allow_list_offline_downloads``. May be repeated.
        """
        return run(self._async.ListAllOfflineFiles, request, timeout=timeout)

    def GetOfflineQuotaInfo(self, request: pb.OfflineQuotaRequest, *, timeout: float | None = None) -> pb.OfflineQuotaInfo:
        """Tells how many offline downloads an account has left.

        Needs ``allow_list_offline_downloads``. May be repeated.
        """
        return run(self._async.GetOfflineQuotaInfo, request, timeout=timeout)

    def ClearOfflineFiles(self, request: pb.ClearOfflineFileRequest, *, timeout: float | None = None) -> None:
        """Removes offline downloads by state.

        Needs ``allow_modify_offline_downloads``. Not repeated when the answer is lost.
        """
        run(self._async.ClearOfflineFiles, request, timeout=timeout)

    def RestartOfflineTask(self, request: pb.RestartOfflineFileRequest, *, timeout: float | None = None) -> None:
        """Starts a failed offline download again.

        Needs ``allow_modify_offline_downloads``. Not repeated when the answer is lost.
        """
        run(self._async.RestartOfflineTask, request, timeout=timeout)

    def AddSharedLink(self, request: pb.AddSharedLinkRequest, *, timeout: float | None = None) -> None:
        """Saves a shared link into a folder; may take a minute (protocol.md §11).

        Needs ``allow_shared_links``. Not repeated when the answer is lost.
        """
        run(self._async.AddSharedLink, request, timeout=timeout)

    def CanAddMoreCloudApis(self, *, timeout: float | None = None) -> pb.FileOperationResult:
        """Tells whether the plan allows another cloud account.

        Needs ``allow_get_cloud_apis``. May be repeated.
        """
        return run(self._async.CanAddMoreCloudApis, timeout=timeout)

    def GetAllCloudApis(self, *, timeout: float | None = None) -> pb.CloudAPIList:
        """Lists the cloud accounts (protocol.md §12.1).

        Needs ``allow_get_cloud_apis``. May be repeated.
        """
        return run(self._async.GetAllCloudApis, timeout=timeout)

    def GetCloudAPIConfig(self, request: pb.GetCloudAPIConfigRequest, *, timeout: float | None = None) -> pb.CloudAPIConfig:
        """Reads the settings of a cloud account.

        Needs ``allow_get_cloud_apis``. May be repeated.
        """
        return run(self._async.GetCloudAPIConfig, request, timeout=timeout)

    def SetCloudAPIConfig(self, request: pb.SetCloudAPIConfigRequest, *, timeout: float | None = None) -> None:
        """Replaces the settings of a cloud account; read, change, write back whole.

        Needs ``allow_modify_cloud_apis``. May be repeated.
        """
        run(self._async.SetCloudAPIConfig, request, timeout=timeout)

    def RemoveCloudAPI(self, request: pb.RemoveCloudAPIRequest, *, timeout: float | None = None) -> pb.FileOperationResult:
        """Removes a cloud account from the server.

        Needs ``allow_modify_cloud_apis``. Not repeated when the answer is lost.
        """
        return run(self._async.RemoveCloudAPI, request, timeout=timeout)

    def APILogin115Editthiscookie(
        self, request: pb.Login115EditthiscookieRequest, *, timeout: float | None = None
    ) -> pb.APILoginResult:
        """Adds a 115 account by exported cookies.

        Needs ``allow_modify_cloud_apis``. Not repeated when the answer is lost.
        """
        return run(self._async.APILogin115Editthiscookie, request, timeout=timeout)

    def APILogin115QRCode(
        self, request: pb.Login115QrCodeRequest, *, timeout: float | None = None
    ) -> BlockingIterator[pb.QRCodeScanMessage]:
        """Adds a 115 account by a scanned code (protocol.md §12.3).

        Needs ``allow_modify_cloud_apis``. Not repeated when the answer is lost.
        """
        return iterate(self._async.APILogin115QRCode, request, timeout=timeout)

    def APILogin115OpenOAuth(self, request: pb.Login115OpenOAuthRequest, *, timeout: float | None = None) -> pb.APILoginResult:
        """Adds a 115 account of its open platform by OAuth tokens.

        Needs ``allow_modify_cloud_apis``. Not repeated when the answer is lost.
        """
        return run(self._async.APILogin115OpenOAuth, request, timeout=timeout)

    def APILogin115OpenQRCode(
        self, request: pb.Login115OpenQRCodeRequest, *, timeout: float | None = None
    ) -> BlockingIterator[pb.QRCodeScanMessage]:
        """Adds a 115 account of its open platform by a scanned code.

        Needs ``allow_modify_cloud_apis``. Not repeated when the answer is lost.
        """
        return iterate(self._async.APILogin115OpenQRCode, request, timeout=timeout)

    def APILoginAliyundriveOAuth(
        self, request: pb.LoginAliyundriveOAuthRequest, *, timeout: float | None = None
    ) -> pb.APILoginResult:
        """Adds an Aliyun Drive account by OAuth tokens.

        Needs ``allow_modify_cloud_apis``. Not repeated when the answer is lost.
        """
        return run(self._async.APILoginAliyundriveOAuth, request, timeout=timeout)

    def APILoginAliyundriveRefreshtoken(
        self, request: pb.LoginAliyundriveRefreshtokenRequest, *, timeout: float | None = None
    ) -> pb.APILoginResult:
        """Adds an Aliyun Drive account by a refresh token.

        Needs ``allow_modify_cloud_apis``. Not repeated when the answer is lost.
        """
        return run(self._async.APILoginAliyundriveRefreshtoken, request, timeout=timeout)

    def APILoginAliyunDriveQRCode(
        self, request: pb.LoginAliyundriveQRCodeRequest, *, timeout: float | None = None
    ) -> BlockingIterator[pb.QRCodeScanMessage]:
        """Adds an Aliyun Drive account by a scanned code.

        Needs ``allow_modify_cloud_apis``. Not repeated when the answer is lost.
        """
        return iterate(self._async.APILoginAliyunDriveQRCode, request, timeout=timeout)

    def APILoginBaiduPanOAuth(self, request: pb.LoginBaiduPanOAuthRequest, *, timeout: float | None = None) -> pb.APILoginResult:
        """Adds a Baidu account by OAuth tokens.

        Needs ``allow_modify_cloud_apis``. Not repeated when the answer is lost.
        """
        return run(self._async.APILoginBaiduPanOAuth, request, timeout=timeout)

    def APILoginOneDriveOAuth(self, request: pb.LoginOneDriveOAuthRequest, *, timeout: float | None = None) -> pb.APILoginResult:
        """Adds a OneDrive account by OAuth tokens.

        Needs ``allow_modify_cloud_apis``. Not repeated when the answer is lost.
        """
        return run(self._async.APILoginOneDriveOAuth, request, timeout=timeout)

    def ApiLoginGoogleDriveOAuth(
        self, request: pb.LoginGoogleDriveOAuthRequest, *, timeout: float | None = None
    ) -> pb.APILoginResult:
        """Adds a Google Drive account by OAuth tokens.

        Needs ``allow_modify_cloud_apis``. Not repeated when the answer is lost.
        """
        return run(self._async.ApiLoginGoogleDriveOAuth, request, timeout=timeout)

    def ApiLoginGoogleDriveRefreshToken(
        self, request: pb.LoginGoogleDriveRefreshTokenRequest, *, timeout: float | None = None
    ) -> pb.APILoginResult:
        """Adds a Google Drive account by a refresh token of one's own OAuth client.

        Needs ``allow_modify_cloud_apis``. Not repeated when the answer is lost.
        """
        return run(self._async.ApiLoginGoogleDriveRefreshToken, request, timeout=timeout)

    def ApiLoginGoogleDriveStart(
        self, request: pb.LoginGoogleDriveStartRequest, *, timeout: float | None = None
    ) -> pb.LoginGoogleDriveStartResult:
        """Begins a Google sign-in with one's own OAuth client (protocol.md §12.2).

        Needs ``allow_modify_cloud_apis``. Since 1.1.0. Not repeated when the answer is lost.
        """
        return run(self._async.ApiLoginGoogleDriveStart, request, timeout=timeout)

    def ApiLoginGoogleDriveFinish(
        self, request: pb.LoginGoogleDriveFinishRequest, *, timeout: float | None = None
    ) -> pb.LoginGoogleDriveFinishResult:
        """Waits for the Google sign-in to end; call again while `done` is false.

        Needs ``allow_modify_cloud_apis``. Since 1.1.0. Not repeated when the answer is lost.
        """
        return run(self._async.ApiLoginGoogleDriveFinish, request, timeout=timeout)

    def ApiLoginXunleiOAuth(self, request: pb.LoginXunleiOAuthRequest, *, timeout: float | None = None) -> pb.APILoginResult:
        """Adds a Xunlei account by OAuth tokens.

        Needs ``allow_modify_cloud_apis``. Not repeated when the answer is lost.
        """
        return run(self._async.ApiLoginXunleiOAuth, request, timeout=timeout)

    def ApiLoginXunleiOpenOAuth(
        self, request: pb.LoginXunleiOpenOAuthRequest, *, timeout: float | None = None
    ) -> pb.APILoginResult:
        """Adds a Xunlei account of its open platform by OAuth tokens.

        Needs ``allow_modify_cloud_apis``. Not repeated when the answer is lost.
        """
        return run(self._async.ApiLoginXunleiOpenOAuth, request, timeout=timeout)

    def ApiLogin123panOAuth(self, request: pb.Login123panOAuthRequest, *, timeout: float | None = None) -> pb.APILoginResult:
        """Adds a 123pan account by OAuth tokens.

        Needs ``allow_modify_cloud_apis``. Not repeated when the answer is lost.
        """
        return run(self._async.ApiLogin123panOAuth, request, timeout=timeout)

    def APILogin189QRCode(
        self, request: pb.Login189QRCodeRequest, *, timeout: float | None = None
    ) -> BlockingIterator[pb.QRCodeScanMessage]:
        """Adds a 189 account by a scanned code.

        Needs ``allow_modify_cloud_apis``. Not repeated when the answer is lost.
        """
        return iterate(self._async.APILogin189QRCode, request, timeout=timeout)

    def APILoginGuangYaPanQRCode(
        self, request: pb.LoginGuangYaPanQRCodeRequest, *, timeout: float | None = None
    ) -> BlockingIterator[pb.QRCodeScanMessage]:
        """Adds a GuangYaPan account by a scanned code.

        Needs ``allow_modify_cloud_apis``. Since 1.0.11. Not repeated when the answer is lost.
        """
        return iterate(self._async.APILoginGuangYaPanQRCode, request, timeout=timeout)

    def APILoginGuangYaPanOAuth(
        self, request: pb.LoginGuangYaPanOAuthRequest, *, timeout: float | None = None
    ) -> pb.APILoginResult:
        """Reserved; always fails.

        Needs ``allow_modify_cloud_apis``. Since 1.0.11. Not repeated when the answer is lost.
        """
        return run(self._async.APILoginGuangYaPanOAuth, request, timeout=timeout)

    def APILoginWebDav(self, request: pb.LoginWebDavRequest, *, timeout: float | None = None) -> pb.APILoginResult:
        """Adds a WebDAV server as a cloud.

        Needs ``allow_modify_cloud_apis``. Since 0.9.8. Not repeated when the answer is lost.
        """
        return run(self._async.APILoginWebDav, request, timeout=timeout)

    def APILoginS3(self, request: pb.LoginS3Request, *, timeout: float | None = None) -> pb.APILoginResult:
        """Adds an S3 bucket as a cloud.

        Needs ``allow_modify_cloud_apis``. Since 0.9.22. Not repeated when the answer is lost.
        """
        return run(self._async.APILoginS3, request, timeout=timeout)

    def APIAddLocalFolder(self, request: pb.AddLocalFolderRequest, *, timeout: float | None = None) -> pb.APILoginResult:
        """Adds a folder of the server's machine as a cloud.

        Needs ``allow_modify_cloud_apis``. Not repeated when the answer is lost.
        """
        return run(self._async.APIAddLocalFolder, request, timeout=timeout)

    def APILoginCloudDrive(self, request: pb.LoginCloudDriveRequest, *, timeout: float | None = None) -> pb.APILoginResult:
        """Adds another CloudDrive2 server as a cloud.

        Needs ``allow_modify_cloud_apis``. Not repeated when the answer is lost.
        """
        return run(self._async.APILoginCloudDrive, request, timeout=timeout)

    def APILoginSftp(self, request: pb.LoginSftpRequest, *, timeout: float | None = None) -> pb.APILoginResult:
        """Adds an SFTP server as a cloud.

        Needs ``allow_modify_cloud_apis``. Since 1.0.6. Not repeated when the answer is lost.
        """
        return run(self._async.APILoginSftp, request, timeout=timeout)

    def APILoginFtp(self, request: pb.LoginFtpRequest, *, timeout: float | None = None) -> pb.APILoginResult:
        """Adds an FTP server as a cloud.

        Needs ``allow_modify_cloud_apis``. Since 1.0.6. Not repeated when the answer is lost.
        """
        return run(self._async.APILoginFtp, request, timeout=timeout)

    def APILoginSmb(self, request: pb.LoginSmbRequest, *, timeout: float | None = None) -> pb.APILoginResult:
        """Adds an SMB share as a cloud.

        Needs ``allow_modify_cloud_apis``. Since 1.0.6. Not repeated when the answer is lost.
        """
        return run(self._async.APILoginSmb, request, timeout=timeout)

    def DiscoverSmbServers(self, *, timeout: float | None = None) -> pb.DiscoverSmbServersResult:
        """Looks for SMB servers on the server's network.

        Since 1.0.6. May be repeated.
        """
        return run(self._async.DiscoverSmbServers, timeout=timeout)

    def DiscoverSmbShares(
        self, request: pb.DiscoverSmbSharesRequest, *, timeout: float | None = None
    ) -> pb.DiscoverSmbSharesResult:
        """Lists the shares of an SMB server.

        Since 1.0.6. May be repeated.
        """
        return run(self._async.DiscoverSmbShares, request, timeout=timeout)

    def CreateOAuthState(self, request: pb.CreateOAuthStateRequest, *, timeout: float | None = None) -> pb.CreateOAuthStateResult:
        """Makes the signed state text of an OAuth redirect.

        Since 1.0.9. Not repeated when the answer is lost.
        """
        return run(self._async.CreateOAuthState, request, timeout=timeout)

    def SyncFileChangesFromCloud(self, request: pb.FileRequest, *, timeout: float | None = None) -> pb.FileSystemChangeStatistics:
        """Fetches the changes made in the cloud by others and counts them.

        Not repeated when the answer is lost.
        """
        return run(self._async.SyncFileChangesFromCloud, request, timeout=timeout)

    def StartCloudEventListener(self, request: pb.FileRequest, *, timeout: float | None = None) -> None:
        """Starts listening for changes made in the cloud by others.

        Not repeated when the answer is lost.
        """
        run(self._async.StartCloudEventListener, request, timeout=timeout)

    def StopCloudEventListener(self, request: pb.FileRequest, *, timeout: float | None = None) -> None:
        """Stops listening for changes made in the cloud by others.

        Not repeated when the answer is lost.
        """
        run(self._async.StopCloudEventListener, request, timeout=timeout)

    def WalkThroughFolderTest(self, request: pb.FileRequest, *, timeout: float | None = None) -> pb.WalkThroughFolderResult:
        """Walks a folder and counts what it met.

        May be repeated.
        """
        return run(self._async.WalkThroughFolderTest, request, timeout=timeout)

    def PushMessage(self, *, timeout: float | None = None) -> BlockingIterator[pb.CloudDrivePushMessage]:
        """Streams what happens on the server; nothing is replayed after a gap (protocol.md §13).

        Needs ``allow_push_message``. May be repeated.
        """
        return iterate(self._async.PushMessage, timeout=timeout)

    def PushTaskChange(self, *, timeout: float | None = None) -> BlockingIterator[pb.GetAllTasksCountResult]:
        """Deprecated: streams task counters only; use PushMessage.

        Needs ``allow_push_message``. May be repeated.
        """
        return iterate(self._async.PushTaskChange, timeout=timeout)

    def BackupGetAll(self, *, timeout: float | None = None) -> pb.BackupList:
        """Lists the backups with their state (protocol.md §14).

        Needs ``allow_get_backups``. May be repeated.
        """
        return run(self._async.BackupGetAll, timeout=timeout)

    def BackupGetStatus(self, request: pb.StringValue, *, timeout: float | None = None) -> pb.BackupStatus:
        """Gives one backup with its state, by source path.

        Needs ``allow_get_backups``. May be repeated.
        """
        return run(self._async.BackupGetStatus, request, timeout=timeout)

    def BackupAdd(self, request: pb.Backup, *, timeout: float | None = None) -> None:
        """Adds a backup; its source path becomes its key.

        Needs ``allow_modify_backups``. Not repeated when the answer is lost.
        """
        run(self._async.BackupAdd, request, timeout=timeout)

    def BackupRemove(self, request: pb.StringValue, *, timeout: float | None = None) -> None:
        """Removes a backup, by source path.

        Needs ``allow_modify_backups``. Not repeated when the answer is lost.
        """
        run(self._async.BackupRemove, request, timeout=timeout)

    def BackupUpdate(self, request: pb.Backup, *, timeout: float | None = None) -> None:
        """Replaces a backup's definition; start from the message just read (protocol.md §14.1).

        Needs ``allow_modify_backups``. Not repeated when the answer is lost.
        """
        run(self._async.BackupUpdate, request, timeout=timeout)

    def BackupAddDestination(self, request: pb.BackupModifyRequest, *, timeout: float | None = None) -> None:
        """Adds destinations to a backup.

        Needs ``allow_modify_backups``. Not repeated when the answer is lost.
        """
        run(self._async.BackupAddDestination, request, timeout=timeout)

    def BackupRemoveDestination(self, request: pb.BackupModifyRequest, *, timeout: float | None = None) -> None:
        """Removes destinations from a backup.

        Needs ``allow_modify_backups``. Not repeated when the answer is lost.
        """
        run(self._async.BackupRemoveDestination, request, timeout=timeout)

    def BackupSetEnabled(self, request: pb.BackupSetEnabledRequest, *, timeout: float | None = None) -> None:
        """Turns a backup on or off.

        Needs ``allow_modify_backups``. May be repeated.
        """
        run(self._async.BackupSetEnabled, request, timeout=timeout)

    def BackupSetFileSystemWatchEnabled(self, request: pb.BackupModifyRequest, *, timeout: float | None = None) -> None:
        """Turns watching of the source folder on or off.

        Needs ``allow_modify_backups``. May be repeated.
        """
        run(self._async.BackupSetFileSystemWatchEnabled, request, timeout=timeout)

    def BackupUpdateStrategies(self, request: pb.BackupModifyRequest, *, timeout: float | None = None) -> None:
        """Deprecated: changes rules of a backup; use BackupUpdate.

        Needs ``allow_modify_backups``. Not repeated when the answer is lost.
        """
        run(self._async.BackupUpdateStrategies, request, timeout=timeout)

    def BackupRestartWalkingThrough(self, request: pb.StringValue, *, timeout: float | None = None) -> None:
        """Starts a full scan of a backup, by source path.

        Needs ``allow_modify_backups``. Not repeated when the answer is lost.
        """
        run(self._async.BackupRestartWalkingThrough, request, timeout=timeout)

    def CanAddMoreBackups(self, *, timeout: float | None = None) -> pb.FileOperationResult:
        """Tells whether the plan allows another backup.

        Needs ``allow_get_backups``. May be repeated.
        """
        return run(self._async.CanAddMoreBackups, timeout=timeout)

    def NotifyPhotoLibraryChanges(self, request: pb.PhotoLibraryChangeList, *, timeout: float | None = None) -> None:
        """Tells a backup which photos a mobile app exported (protocol.md §14.4).

        Since 0.9.18. Not repeated when the answer is lost.
        """
        run(self._async.NotifyPhotoLibraryChanges, request, timeout=timeout)

    def BackupTestFileRules(
        self, request: pb.BackupTestFileRulesRequest, *, timeout: float | None = None
    ) -> pb.BackupTestFileRulesResult:
        """Tries unsaved filter rules on one path (protocol.md §14.1).

        Needs ``allow_get_backups``. Since 1.1.2. May be repeated.
        """
        return run(self._async.BackupTestFileRules, request, timeout=timeout)

    def BackupStartTwoWaySyncPreview(
        self, request: pb.BackupSyncPreviewStartRequest, *, timeout: float | None = None
    ) -> pb.BackupSyncPreviewHandle:
        """Starts working out what a two-way sync would do (protocol.md §14.3).

        Needs ``allow_get_backups``. Since 1.1.0. Not repeated when the answer is lost.
        """
        return run(self._async.BackupStartTwoWaySyncPreview, request, timeout=timeout)

    def BackupGetTwoWaySyncPreview(
        self, request: pb.BackupSyncPreviewHandle, *, timeout: float | None = None
    ) -> pb.BackupSyncPreview:
        """Reads a preview; ask again while it is running.

        Needs ``allow_get_backups``. Since 1.1.0. May be repeated.
        """
        return run(self._async.BackupGetTwoWaySyncPreview, request, timeout=timeout)

    def BackupCancelTwoWaySyncPreview(self, request: pb.BackupSyncPreviewHandle, *, timeout: float | None = None) -> None:
        """Stops a preview.

        Needs ``allow_get_backups``. Since 1.1.0. May be repeated.
        """
        run(self._async.BackupCancelTwoWaySyncPreview, request, timeout=timeout)

    def BackupGetSyncIssues(self, request: pb.StringValue, *, timeout: float | None = None) -> pb.BackupSyncIssueList:
        """Lists the open issues of a two-way sync, by source path.

        Needs ``allow_get_backups``. Since 1.1.0. May be repeated.
        """
        return run(self._async.BackupGetSyncIssues, request, timeout=timeout)

    def BackupResolveSyncIssue(
        self, request: pb.BackupResolveSyncIssueRequest, *, timeout: float | None = None
    ) -> pb.FileOperationResult:
        """Settles issues of a two-way sync.

        Needs ``allow_modify_backups``. Since 1.1.0. Not repeated when the answer is lost.
        """
        return run(self._async.BackupResolveSyncIssue, request, timeout=timeout)

    def BackupResetSyncIndex(self, request: pb.StringValue, *, timeout: float | None = None) -> None:
        """Rebuilds the index of a two-way sync without deleting files.

        Needs ``allow_modify_backups``. Since 1.1.0. Not repeated when the answer is lost.
        """
        run(self._async.BackupResetSyncIndex, request, timeout=timeout)

    def BackupUndoSyncPass(
        self, request: pb.BackupUndoSyncPassRequest, *, timeout: float | None = None
    ) -> pb.FileOperationResult:
        """Undoes one of the last five passes of a two-way sync.

        Needs ``allow_modify_backups``. Since 1.1.0. Not repeated when the answer is lost.
        """
        return run(self._async.BackupUndoSyncPass, request, timeout=timeout)

    def AddDavUser(self, request: pb.AddDavUserRequest, *, timeout: float | None = None) -> None:
        """Adds a WebDAV user (protocol.md §15).

        Needs ``allow_modify_dav_config``. Not repeated when the answer is lost.
        """
        run(self._async.AddDavUser, request, timeout=timeout)

    def RemoveDavUser(self, request: pb.StringValue, *, timeout: float | None = None) -> None:
        """Removes a WebDAV user, by name.

        Needs ``allow_modify_dav_config``. Not repeated when the answer is lost.
        """
        run(self._async.RemoveDavUser, request, timeout=timeout)

    def ModifyDavUser(self, request: pb.ModifyDavUserRequest, *, timeout: float | None = None) -> None:
        """Changes a WebDAV user; what is absent stays.

        Needs ``allow_modify_dav_config``. May be repeated.
        """
        run(self._async.ModifyDavUser, request, timeout=timeout)

    def GetDavUser(self, request: pb.StringValue, *, timeout: float | None = None) -> pb.DavUser:
        """Gives a WebDAV user with the password, by name.

        Needs ``allow_get_dav_config``. May be repeated.
        """
        return run(self._async.GetDavUser, request, timeout=timeout)

    def GetDavServerConfig(self, *, timeout: float | None = None) -> pb.DavServerConfig:
        """Reads the WebDAV server's settings.

        Needs ``allow_get_dav_config``. May be repeated.
        """
        return run(self._async.GetDavServerConfig, timeout=timeout)

    def SetDavServerConfig(self, request: pb.ModifyDavServerConfigRequest, *, timeout: float | None = None) -> None:
        """Changes the WebDAV server's settings; what is absent stays.

        Needs ``allow_modify_dav_config``. May be repeated.
        """
        run(self._async.SetDavServerConfig, request, timeout=timeout)

    def GetWebhookConfigTemplate(self, *, timeout: float | None = None) -> pb.StringResult:
        """Gives a webhook configuration to start from, as TOML (protocol.md §16).

        May be repeated.
        """
        return run(self._async.GetWebhookConfigTemplate, timeout=timeout)

    def GetWebhookConfigs(self, *, timeout: float | None = None) -> pb.WebhookList:
        """Lists the webhook configurations.

        May be repeated.
        """
        return run(self._async.GetWebhookConfigs, timeout=timeout)

    def AddWebhookConfig(self, request: pb.WebhookRequest, *, timeout: float | None = None) -> None:
        """Adds a webhook configuration file.

        Not repeated when the answer is lost.
        """
        run(self._async.AddWebhookConfig, request, timeout=timeout)

    def RemoveWebhookConfig(self, request: pb.StringValue, *, timeout: float | None = None) -> None:
        """Removes a webhook configuration, by file name.

        Not repeated when the answer is lost.
        """
        run(self._async.RemoveWebhookConfig, request, timeout=timeout)

    def ChangeWebhookConfig(self, request: pb.WebhookRequest, *, timeout: float | None = None) -> None:
        """Replaces the text of a webhook configuration.

        May be repeated.
        """
        run(self._async.ChangeWebhookConfig, request, timeout=timeout)

    def CreateToken(self, request: pb.CreateTokenRequest, *, timeout: float | None = None) -> pb.TokenInfo:
        """Creates an API token; the reply holds its text (protocol.md §17).

        Needs ``allow_token_management``. Not repeated when the answer is lost.
        """
        return run(self._async.CreateToken, request, timeout=timeout)

    def ModifyToken(self, request: pb.ModifyTokenRequest, *, timeout: float | None = None) -> pb.TokenInfo:
        """Changes an API token; what is absent stays, permissions are replaced whole.

        Needs ``allow_token_management``. May be repeated.
        """
        return run(self._async.ModifyToken, request, timeout=timeout)

    def RemoveToken(self, request: pb.StringValue, *, timeout: float | None = None) -> None:
        """Revokes an API token, by its text.

        Needs ``allow_token_management``. Not repeated when the answer is lost.
        """
        run(self._async.RemoveToken, request, timeout=timeout)

    def ListTokens(self, *, timeout: float | None = None) -> pb.ListTokensResult:
        """Lists the API tokens with their texts.

        Needs ``allow_token_management``. May be repeated.
        """
        return run(self._async.ListTokens, timeout=timeout)

    def GetWebServerConfig(self, *, timeout: float | None = None) -> pb.WebServerConfig:
        """Reads ports and certificate of the server's listeners.

        May be repeated.
        """
        return run(self._async.GetWebServerConfig, timeout=timeout)

    def SetWebServerConfig(self, request: pb.SetWebServerConfigRequest, *, timeout: float | None = None) -> None:
        """Changes ports or certificate; the listeners restart, so this call's connection may drop.

        Not repeated when the answer is lost.
        """
        run(self._async.SetWebServerConfig, request, timeout=timeout)

    def GenerateSelfSignedCert(self, request: pb.GenerateSelfSignedCertRequest, *, timeout: float | None = None) -> None:
        """Makes a self-signed certificate for the server.

        Not repeated when the answer is lost.
        """
        run(self._async.GenerateSelfSignedCert, request, timeout=timeout)

    def GetSystemSettings(self, *, timeout: float | None = None) -> pb.SystemSettings:
        """Reads all settings (protocol.md §18.1).

        Needs ``allow_get_system_settings``. May be repeated.
        """
        return run(self._async.GetSystemSettings, timeout=timeout)

    def SetSystemSettings(self, request: pb.SystemSettings, *, timeout: float | None = None) -> None:
        """Changes the settings that are present; some go in groups (protocol.md §18.1).

        Needs ``allow_modify_system_settings``. May be repeated.
        """
        run(self._async.SetSystemSettings, request, timeout=timeout)

    def SetDirCacheTimeSecs(self, request: pb.SetDirCacheTimeRequest, *, timeout: float | None = None) -> None:
        """Sets how long a folder's listing is cached; absent puts the default back.

        Needs ``allow_modify_system_settings``. May be repeated.
        """
        run(self._async.SetDirCacheTimeSecs, request, timeout=timeout)

    def GetEffectiveDirCacheTimeSecs(
        self, request: pb.GetEffectiveDirCacheTimeRequest, *, timeout: float | None = None
    ) -> pb.GetEffectiveDirCacheTimeResult:
        """Tells how long a folder's listing is cached in the end.

        Needs ``allow_get_system_settings``. May be repeated.
        """
        return run(self._async.GetEffectiveDirCacheTimeSecs, request, timeout=timeout)

    def ForceExpireDirCache(self, request: pb.FileRequest, *, timeout: float | None = None) -> None:
        """Forgets the cached listings below a folder.

        Needs ``allow_modify_system_settings``. May be repeated.
        """
        run(self._async.ForceExpireDirCache, request, timeout=timeout)

    def VacuumDirCache(self, *, timeout: float | None = None) -> None:
        """Starts compacting the directory-cache database.

        Needs ``allow_modify_system_settings``. Not repeated when the answer is lost.
        """
        run(self._async.VacuumDirCache, timeout=timeout)

    def GetVacuumProgress(self, *, timeout: float | None = None) -> pb.VacuumProgressResult:
        """Tells how far the compacting is.

        Needs ``allow_get_system_settings``. May be repeated.
        """
        return run(self._async.GetVacuumProgress, timeout=timeout)

    def GetDirCacheDbSize(self, *, timeout: float | None = None) -> pb.GetDirCacheDbSizeResult:
        """Tells the size of the directory-cache database.

        Needs ``allow_get_system_settings``. May be repeated.
        """
        return run(self._async.GetDirCacheDbSize, timeout=timeout)

    def GetOpenFileTable(self, request: pb.GetOpenFileTableRequest, *, timeout: float | None = None) -> pb.OpenFileTable:
        """Deprecated: debugging table of open files.

        May be repeated.
        """
        return run(self._async.GetOpenFileTable, request, timeout=timeout)

    def GetDirCacheTable(self, *, timeout: float | None = None) -> pb.DirCacheTable:
        """Debugging table of the directory cache.

        May be repeated.
        """
        return run(self._async.GetDirCacheTable, timeout=timeout)

    def GetReferencedEntryPaths(self, request: pb.FileRequest, *, timeout: float | None = None) -> pb.StringList:
        """Debugging list of the entries held below a path.

        May be repeated.
        """
        return run(self._async.GetReferencedEntryPaths, request, timeout=timeout)

    def GetTempFileTable(self, *, timeout: float | None = None) -> pb.TempFileTable:
        """Debugging list of temporary files.

        May be repeated.
        """
        return run(self._async.GetTempFileTable, timeout=timeout)

    def GetRuntimeInfo(self, *, timeout: float | None = None) -> pb.RuntimeInfo:
        """Tells the server's product and version (protocol.md §18.3).

        Needs ``allow_view_runtime_info``. May be repeated.
        """
        return run(self._async.GetRuntimeInfo, timeout=timeout)

    def GetRunningInfo(self, *, timeout: float | None = None) -> pb.RunInfo:
        """Tells load, memory, counters and speeds of the server.

        Needs ``allow_view_runtime_info``. May be repeated.
        """
        return run(self._async.GetRunningInfo, timeout=timeout)

    def GetOpenFileHandles(self, *, timeout: float | None = None) -> pb.OpenFileHandleList:
        """Lists the open file handles and who holds them.

        May be repeated.
        """
        return run(self._async.GetOpenFileHandles, timeout=timeout)

    def GetFileBufferDiskCacheStats(self, *, timeout: float | None = None) -> pb.FileBufferDiskCacheStats:
        """Tells how full the disk cache of file content is.

        Since 0.9.18. May be repeated.
        """
        return run(self._async.GetFileBufferDiskCacheStats, timeout=timeout)

    def PurgeFileBufferDiskCache(self, *, timeout: float | None = None) -> None:
        """Empties the disk cache of file content.

        Since 0.9.18. Not repeated when the answer is lost.
        """
        run(self._async.PurgeFileBufferDiskCache, timeout=timeout)

    def SetDiskCacheEvictionStrategy(
        self, request: pb.SetDiskCacheEvictionStrategyRequest, *, timeout: float | None = None
    ) -> None:
        """Chooses what the disk cache drops first.

        Since 0.9.19. May be repeated.
        """
        run(self._async.SetDiskCacheEvictionStrategy, request, timeout=timeout)

    def SetFolderDiskCache(self, request: pb.SetFolderDiskCacheRequest, *, timeout: float | None = None) -> None:
        """Sets the disk-cache rules of a folder.

        Since 1.0.0. May be repeated.
        """
        run(self._async.SetFolderDiskCache, request, timeout=timeout)

    def RemoveFolderDiskCache(self, request: pb.FileRequest, *, timeout: float | None = None) -> None:
        """Removes the disk-cache rules of a folder, which then inherits again.

        Since 1.0.0. Not repeated when the answer is lost.
        """
        run(self._async.RemoveFolderDiskCache, request, timeout=timeout)

    def ListDiskCacheFolders(self, *, timeout: float | None = None) -> pb.ListDiskCacheFoldersReply:
        """Lists the folders with disk-cache rules of their own.

        Since 1.0.0. May be repeated.
        """
        return run(self._async.ListDiskCacheFolders, timeout=timeout)

    def GetServiceCapabilities(self, *, timeout: float | None = None) -> pb.ServiceCapabilities:
        """Tells whether the server can restart and update itself.

        Since 1.0.0. May be repeated.
        """
        return run(self._async.GetServiceCapabilities, timeout=timeout)

    def RestartService(self, *, timeout: float | None = None) -> None:
        """Restarts the server.

        Needs ``allow_service_control``. Not repeated when the answer is lost.
        """
        run(self._async.RestartService, timeout=timeout)

    def ShutdownService(self, *, timeout: float | None = None) -> None:
        """Shuts the server down.

        Needs ``allow_service_control``. Not repeated when the answer is lost.
        """
        run(self._async.ShutdownService, timeout=timeout)

    def HasUpdate(self, *, timeout: float | None = None) -> pb.UpdateResult:
        """Tells whether there is an update.

        May be repeated.
        """
        return run(self._async.HasUpdate, timeout=timeout)

    def CheckUpdate(self, *, timeout: float | None = None) -> pb.UpdateResult:
        """Looks for an update and describes it.

        May be repeated.
        """
        return run(self._async.CheckUpdate, timeout=timeout)

    def DownloadUpdate(self, *, timeout: float | None = None) -> None:
        """Starts downloading an update.

        Not repeated when the answer is lost.
        """
        run(self._async.DownloadUpdate, timeout=timeout)

    def UpdateSystem(self, *, timeout: float | None = None) -> None:
        """Installs the downloaded update.

        Not repeated when the answer is lost.
        """
        run(self._async.UpdateSystem, timeout=timeout)

    def TestUpdate(self, request: pb.FileRequest, *, timeout: float | None = None) -> None:
        """Tries an update out; what exactly it does is not documented.

        Not repeated when the answer is lost.
        """
        run(self._async.TestUpdate, request, timeout=timeout)

    def GetMachineId(self, *, timeout: float | None = None) -> pb.StringResult:
        """Gives the identity of the server's machine.

        May be repeated.
        """
        return run(self._async.GetMachineId, timeout=timeout)

    def GetOnlineDevices(self, *, timeout: float | None = None) -> pb.OnlineDevices:
        """Lists the devices signed in to the account.

        May be repeated.
        """
        return run(self._async.GetOnlineDevices, timeout=timeout)

    def KickoutDevice(self, request: pb.DeviceRequest, *, timeout: float | None = None) -> None:
        """Signs a device out.

        Not repeated when the answer is lost.
        """
        run(self._async.KickoutDevice, request, timeout=timeout)

    def ListLogFiles(self, *, timeout: float | None = None) -> pb.ListLogFileResult:
        """Lists the server's log files.

        May be repeated.
        """
        return run(self._async.ListLogFiles, timeout=timeout)

    def GetCloudDrive1UserData(self, *, timeout: float | None = None) -> pb.StringResult:
        """Gives the user data of CloudDrive 1.

        May be repeated.
        """
        return run(self._async.GetCloudDrive1UserData, timeout=timeout)

    def GetPromotions(self, *, timeout: float | None = None) -> pb.GetPromotionsResult:
        """Lists all promotions.

        May be repeated.
        """
        return run(self._async.GetPromotions, timeout=timeout)

    def GetPromotionsByCloud(self, request: pb.CloudAPIRequest, *, timeout: float | None = None) -> pb.GetPromotionsResult:
        """Lists the promotions of one cloud.

        May be repeated.
        """
        return run(self._async.GetPromotionsByCloud, request, timeout=timeout)

    def UpdatePromotionResult(self, *, timeout: float | None = None) -> None:
        """Updates the outcome of promotions.

        Not repeated when the answer is lost.
        """
        run(self._async.UpdatePromotionResult, timeout=timeout)

    def UpdatePromotionResultByCloud(
        self, request: pb.UpdatePromotionResultByCloudRequest, *, timeout: float | None = None
    ) -> None:
        """Updates the outcome of one cloud's promotion.

        Not repeated when the answer is lost.
        """
        run(self._async.UpdatePromotionResultByCloud, request, timeout=timeout)

    def SendPromotionAction(self, request: pb.SendPromotionActionRequest, *, timeout: float | None = None) -> None:
        """Reports an action on a promotion.

        Not repeated when the answer is lost.
        """
        run(self._async.SendPromotionAction, request, timeout=timeout)

    def GetCloudDrivePlans(self, *, timeout: float | None = None) -> pb.GetCloudDrivePlansResult:
        """Lists the plans on offer.

        May be repeated.
        """
        return run(self._async.GetCloudDrivePlans, timeout=timeout)

    def JoinPlan(self, request: pb.JoinPlanRequest, *, timeout: float | None = None) -> pb.JoinPlanResult:
        """Buys a plan, from the balance or by a payment still to be made.

        Not repeated when the answer is lost.
        """
        return run(self._async.JoinPlan, request, timeout=timeout)

    def BindCloudAccount(self, request: pb.BindCloudAccountRequest, *, timeout: float | None = None) -> None:
        """Ties the plan to a cloud account.

        Not repeated when the answer is lost.
        """
        run(self._async.BindCloudAccount, request, timeout=timeout)

    def TransferBalance(self, request: pb.TransferBalanceRequest, *, timeout: float | None = None) -> None:
        """Gives balance to another account.

        Needs ``allow_modify_account``. Not repeated when the answer is lost.
        """
        run(self._async.TransferBalance, request, timeout=timeout)

    def GetBalanceLog(self, *, timeout: float | None = None) -> pb.BalanceLogResult:
        """Lists the changes of the balance.

        Needs ``allow_get_account_info``. May be repeated.
        """
        return run(self._async.GetBalanceLog, timeout=timeout)

    def CheckActivationCode(self, request: pb.StringValue, *, timeout: float | None = None) -> pb.CheckActivationCodeResult:
        """Tells what plan an activation code stands for.

        May be repeated.
        """
        return run(self._async.CheckActivationCode, request, timeout=timeout)

    def ActivatePlan(self, request: pb.StringValue, *, timeout: float | None = None) -> pb.JoinPlanResult:
        """Uses an activation code up.

        Not repeated when the answer is lost.
        """
        return run(self._async.ActivatePlan, request, timeout=timeout)

    def CheckCouponCode(self, request: pb.CheckCouponCodeRequest, *, timeout: float | None = None) -> pb.CouponCodeResult:
        """Tells what a coupon is worth for a plan.

        May be repeated.
        """
        return run(self._async.CheckCouponCode, request, timeout=timeout)

    def GetReferralCode(self, *, timeout: float | None = None) -> pb.StringValue:
        """Gives the account's referral code.

        Needs ``allow_get_account_info``. May be repeated.
        """
        return run(self._async.GetReferralCode, timeout=timeout)

    def GetStorePurchaseQuote(
        self, request: pb.GetStorePurchaseQuoteRequest, *, timeout: float | None = None
    ) -> pb.StorePurchaseQuote:
        """Gives the price of an app-store purchase.

        Since 1.0.9. Not repeated when the answer is lost.
        """
        return run(self._async.GetStorePurchaseQuote, request, timeout=timeout)

    def VerifyStorePurchase(
        self, request: pb.VerifyStorePurchaseRequest, *, timeout: float | None = None
    ) -> pb.VerifyStorePurchaseResult:
        """Hands in the receipt of an app-store purchase.

        Since 1.0.9. Not repeated when the answer is lost.
        """
        return run(self._async.VerifyStorePurchase, request, timeout=timeout)

    def BeginPairing(self, request: pb.BeginPairingRequest, *, timeout: float | None = None) -> pb.PairingTicket:
        """Opens a ticket for pairing a controller with this TV; host only (protocol.md §18.6).

        Since 1.1.1. Not repeated when the answer is lost.
        """
        return run(self._async.BeginPairing, request, timeout=timeout)

    def CancelPairing(self, request: pb.CancelPairingRequest, *, timeout: float | None = None) -> None:
        """Voids a pairing ticket; host only.

        Since 1.1.1. Not repeated when the answer is lost.
        """
        run(self._async.CancelPairing, request, timeout=timeout)

    def CompletePairing(self, request: pb.CompletePairingRequest, *, timeout: float | None = None) -> pb.CompletePairingResult:
        """Exchanges a ticket's secret for a controller token; public, on the remote listener only.

        Works without a token. Since 1.1.1. Not repeated when the answer is lost.
        """
        return run(self._async.CompletePairing, request, timeout=timeout)

    def ListPairedControllers(self, *, timeout: float | None = None) -> pb.PairedControllerList:
        """Lists the paired controllers; host only.

        Since 1.1.1. May be repeated.
        """
        return run(self._async.ListPairedControllers, timeout=timeout)

    def RevokePairedController(self, request: pb.RevokePairedControllerRequest, *, timeout: float | None = None) -> None:
        """Revokes a paired controller.

        Since 1.1.1. Not repeated when the answer is lost.
        """
        run(self._async.RevokePairedController, request, timeout=timeout)

    def AppAgentChannel(
        self, requests: Iterable[pb.AppAgentUpstream], *, timeout: float | None = None
    ) -> BlockingIterator[pb.AppAgentDownstream]:
        """Connects the TV's app, which answers calls of the controllers; host only, newest wins.

        Since 1.1.1. Not repeated when the answer is lost.
        """
        return iterate(self._async.AppAgentChannel, fed(requests), timeout=timeout)

    def AppCall(self, request: pb.AppCallRequest, *, timeout: float | None = None) -> pb.AppCallResult:
        """Sends the TV's app an opaque request and waits at most 15 s for its answer.

        Since 1.1.1. Not repeated when the answer is lost.
        """
        return run(self._async.AppCall, request, timeout=timeout)

    def WatchApp(self, *, timeout: float | None = None) -> BlockingIterator[pb.AppEventMessage]:
        """Streams the events of the TV's app and whether it is there.

        Since 1.1.1. May be repeated.
        """
        return iterate(self._async.WatchApp, timeout=timeout)

    def GetLoginHandoff(self, *, timeout: float | None = None) -> pb.LoginHandoff:
        """Gives the sign-in of this device to the app on it; host only.

        Since 1.1.1. Not repeated when the answer is lost.
        """
        return run(self._async.GetLoginHandoff, timeout=timeout)


class Client:
    """One server, as one user.

    Nothing is sent before the first call. Use it with ``with``, or call :meth:`close`. Any number of threads
    may use it at once. Ctrl-C ends a call cleanly.

    Args:
        url: ``host``, ``host:port``, ``http://host:port`` or ``https://host:port``.
        token: API token.
        username, password: The account the server is signed in to, instead of a token.
        totp_code: Second factor: six digits, a recovery code, or a function that returns a fresh one.
        profile: Which profile of the configuration file.
        ca_file: PEM file of the authority that signed the server's certificate.
        insecure: Accept any certificate.
        mount_point: Where this machine sees the server's mount.
        mount_maps: Cloud folders and where this machine sees them, as ``{"/115": "/mnt/115"}``.
        transport: ``grpc``, ``grpc-web`` for proxies that carry nothing but HTTP/1.1, or ``auto``: see
            :class:`clouddrive2.ServerConfig`.
        timeout: Seconds for one ordinary call, instead of the defaults of :class:`clouddrive2.Timeouts`. A listing or a
            transfer may take longer, as long as it moves.
        config: Complete settings. Nothing else is read then; of the arguments above only ``timeout`` may be given.
        uploads: How uploads run.
        bandwidth: How many bytes of files per second may go up and down, over all transfers of this client, as rclone's
            ``--bwlimit`` is written: ``10M``, ``10M:1M``, ``08:00,512k 18:00,off``. See :meth:`Bandwidth.parse`.

    What is not given comes from the environment (``CLOUDDRIVE2_URL``, ``CLOUDDRIVE2_API_TOKEN`` and so on), then from the
    configuration file, then from the defaults.

    Raises:
        ConfigError: The settings cannot be used, or contradict each other.
    """

    files: Files
    """Folders and files: list, look up, create, move, copy, delete, search, download."""
    system: System
    """What the server is and what the token may do."""
    transfers: Transfers
    """Work the server is doing: uploads, downloads, copies, merges."""
    events: Events
    """What the server tells by itself."""
    mounts: Mounts
    """Mount points of the server, and whether this machine can use them."""
    tokens: Tokens
    """API tokens of the account: create, list, modify, revoke."""
    settings: Settings
    """How the server is set: read, and change what differs."""
    clouds: Clouds
    """Cloud accounts of the server: list, add, configure, remove."""
    accounts: Accounts
    """The account the server is signed in to, its password, its address, its second factor."""
    sessions: Sessions
    """Sign-ins with the account's name."""
    devices: Devices
    """CloudDrive2 servers that are signed in to the account."""
    plans: Plans
    """Plans, codes and credit, to look at."""
    cloud_sync: CloudSync
    """Keeping the list of cloud accounts the same on every server of the account."""
    backups: Backups
    """Backups the server keeps: one-way and two-way."""
    cloud_logins: CloudLogins
    """Signing in to clouds by QR code, with tokens or cookies."""
    offline: Offline
    """What clouds download by themselves from links, and what others share."""
    archives: Archives
    """Archives shown as folders."""
    encrypted: Encrypted
    """Folders that need a password."""
    cache: Cache
    """What the server remembers: listings, content of files, and what it reads ahead."""
    webhooks: Webhooks
    """Where the server sends word of changes."""
    webdav: Webdav
    """Settings and users of the server's WebDAV."""
    service: Service
    """The server as a program: running state, updates, logs, restart, web server."""
    uploads: Uploads
    """Files into the drive: verified, resumable, one or many."""
    raw: Raw
    """Every RPC of the contract, message in, message out."""

    def __init__(
        self,
        url: str | None = None,
        *,
        token: str | None = None,
        username: str | None = None,
        password: str | None = None,
        totp_code: str | Callable[[], str] | None = None,
        profile: str | None = None,
        ca_file: str | Path | None = None,
        insecure: bool | None = None,
        mount_point: str | Path | None = None,
        mount_maps: Mapping[str, str | Path] | None = None,
        transport: TransportChoice | None = None,
        timeout: float | None = None,
        config: ServerConfig | None = None,
        uploads: UploadConfig | None = None,
        bandwidth: str | Bandwidth | None = None,
    ) -> None:
        self._async = call(
            AsyncClient,
            url,
            token=token,
            username=username,
            password=password,
            totp_code=totp_code,
            profile=profile,
            ca_file=ca_file,
            insecure=insecure,
            mount_point=mount_point,
            mount_maps=mount_maps,
            transport=transport,
            timeout=timeout,
            config=config,
            uploads=uploads,
            bandwidth=bandwidth,
        )
        self.files = Files(self._async.files)
        self.system = System(self._async.system)
        self.transfers = Transfers(self._async.transfers)
        self.events = Events(self._async.events)
        self.mounts = Mounts(self._async.mounts)
        self.tokens = Tokens(self._async.tokens)
        self.settings = Settings(self._async.settings)
        self.clouds = Clouds(self._async.clouds)
        self.accounts = Accounts(self._async.accounts)
        self.sessions = Sessions(self._async.sessions)
        self.devices = Devices(self._async.devices)
        self.plans = Plans(self._async.plans)
        self.cloud_sync = CloudSync(self._async.cloud_sync)
        self.backups = Backups(self._async.backups)
        self.cloud_logins = CloudLogins(self._async.cloud_logins)
        self.offline = Offline(self._async.offline)
        self.archives = Archives(self._async.archives)
        self.encrypted = Encrypted(self._async.encrypted)
        self.cache = Cache(self._async.cache)
        self.webhooks = Webhooks(self._async.webhooks)
        self.webdav = Webdav(self._async.webdav)
        self.service = Service(self._async.service)
        self.uploads = Uploads(self._async.uploads)
        self.raw = Raw(self._async.raw)

    @property
    def config(self) -> ServerConfig:
        """The settings in use."""
        return self._async.config

    @property
    def connection(self) -> Connection:
        """What carries the calls and why; final once the first call was answered."""
        return self._async.connection

    def close(self) -> None:
        """Stop uploads (a later one takes them up), then end every call and the connection. May be called twice."""
        run(self._async.close)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def __repr__(self) -> str:
        return repr(self._async).replace("AsyncClient", "Client", 1)
