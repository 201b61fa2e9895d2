"""The emulator: one public port that speaks gRPC, gRPC-Web and HTTP, on one world (protocol.md §1)."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import TracebackType

from clouddrive2.emulator import paths
from clouddrive2.emulator.archives import Archives
from clouddrive2.emulator.backups import Backups
from clouddrive2.emulator.calls import Calls
from clouddrive2.emulator.cloud_accounts import SCRATCH, CloudAccounts, open_storage, reserved
from clouddrive2.emulator.cloud_sync import CloudSync
from clouddrive2.emulator.copying import Copies
from clouddrive2.emulator.dav.access import DavAccess
from clouddrive2.emulator.dav.app import DavApp
from clouddrive2.emulator.delivery import Deliveries
from clouddrive2.emulator.doors.asgi import dated
from clouddrive2.emulator.doors.front import Front
from clouddrive2.emulator.doors.native import NativeDoor
from clouddrive2.emulator.doors.web import WebApp
from clouddrive2.emulator.encryption import Encryption
from clouddrive2.emulator.faults import Faults
from clouddrive2.emulator.limits import check_limits
from clouddrive2.emulator.listening import Listening
from clouddrive2.emulator.logins import Logins
from clouddrive2.emulator.merging import Merges
from clouddrive2.emulator.mounting.points import MountPoints
from clouddrive2.emulator.offline import Offline
from clouddrive2.emulator.options import CloudOptions, EmulatorOptions
from clouddrive2.emulator.permissions import ALL_PERMISSIONS
from clouddrive2.emulator.registry import Registry
from clouddrive2.emulator.services.account import AccountService
from clouddrive2.emulator.services.archives import ArchivesService
from clouddrive2.emulator.services.backups import BackupsService
from clouddrive2.emulator.services.caches import CachesService
from clouddrive2.emulator.services.changes import ChangesService
from clouddrive2.emulator.services.cloud_logins import CloudLoginsService
from clouddrive2.emulator.services.cloud_sync import CloudSyncService
from clouddrive2.emulator.services.clouds import CloudsService
from clouddrive2.emulator.services.copies import CopiesService
from clouddrive2.emulator.services.credentials import CredentialsService
from clouddrive2.emulator.services.encryption import EncryptionService
from clouddrive2.emulator.services.files import FilesService
from clouddrive2.emulator.services.mounts import MountsService
from clouddrive2.emulator.services.offline import OfflineService
from clouddrive2.emulator.services.plans import PlansService
from clouddrive2.emulator.services.push import PushService
from clouddrive2.emulator.services.service import ServiceService
from clouddrive2.emulator.services.sessions import SessionsService
from clouddrive2.emulator.services.settings import SettingsService
from clouddrive2.emulator.services.tasks import TasksService
from clouddrive2.emulator.services.two_factor import TwoFactorService
from clouddrive2.emulator.services.uploads import UploadsService
from clouddrive2.emulator.services.webdav import WebDavService
from clouddrive2.emulator.services.webhooks import WebhooksService
from clouddrive2.emulator.services.write_file import WriteFileService
from clouddrive2.emulator.state import State
from clouddrive2.emulator.static import StaticApp
from clouddrive2.emulator.tree import Tree
from clouddrive2.emulator.upload_faults import UploadFaults
from clouddrive2.emulator.uploads.driver import UploadDriver
from clouddrive2.emulator.webhooks import Webhooks
from clouddrive2.emulator.world import Cloud, World
from clouddrive2.proto import clouddrive_pb2 as pb

__all__ = ["Emulator"]

logger = logging.getLogger(__name__)

STORAGE_THREADS = 8


class Emulator:
    """One emulated server. Start it, stop it once; for another run make another one.

    ::

        async with Emulator(username="me", password="secret") as emulator:
            print(emulator.url, emulator.cloud)

    Args:
        username, password: The account the server is signed in to.
        api_token: An API token with every permission and no end; ``None`` for none.
        clouds: Cloud accounts, as names or with options; at least one.
        mounts: Local folders to mount at the start, each with the folder of the drive it shows.
        root: Folder that gets one folder per cloud, with the files as ordinary files, and a file with what else survives a
            restart; ``None`` keeps all in memory.
        host, port: Where to listen; port 0 takes a free one, ``None`` the one that a call chose and ``root`` keeps, else 19798.
            Nothing listens beyond loopback unless ``host`` says so.
        tls_port: Where to listen for the same over TLS, on the same host; port 0 takes a free one. ``None`` is no TLS unless a
            call turned it on and ``root`` keeps that.
        certificate, key: PEM files of what to show there; without ``key`` the certificate's file holds it, too. Without both the
            server makes a certificate for itself, and keeps it in ``root``.
        options: What the server is like.

    Raises:
        ValueError: A cloud cannot be called so, or its location is none; the certificate is none; or a limit is below its least.
        OSError: The files cannot be used.
        StorageError: What stands at the location of a cloud does not answer, or does not let us in.

    Attributes:
        world: All state; its clock may be moved.
        faults: Deliberate faults.
        calls: Recorded requests.
        account: The account, with the mail it got; codes stand there.
        accounts: Cloud accounts, as they come and go.
        cloud_sync: The copy of the list of cloud accounts that other servers share.
        logins: Logins to clouds that wait for a person.
        archives: Archives that are shown as folders.
        backups: Backups; one-way ones copy folders of this machine into the drive.
        mounts: Mount points; those that are mounted are real file systems where this machine can.
        listening: Ports and certificate; calls change them, and its ``moved`` is told.
    """

    def __init__(
        self,
        *,
        username: str = "user",
        password: str = "password",
        api_token: str | None = None,
        clouds: Iterable[str | CloudOptions] = ("Cloud",),
        mounts: Iterable[tuple[Path, str]] = (),
        root: Path | None = None,
        host: str = "127.0.0.1",
        port: int | None = 0,
        tls_port: int | None = None,
        certificate: Path | None = None,
        key: Path | None = None,
        options: EmulatorOptions | None = None,
    ) -> None:
        self.options = options or EmulatorOptions()
        check_limits(self.options)
        self.username = username
        self.password = password
        self.api_token = api_token
        self._clouds = [CloudOptions(each) if isinstance(each, str) else each for each in clouds]
        self._executors = [ThreadPoolExecutor(STORAGE_THREADS, thread_name_prefix="emulator-storage")]
        state = State(root / f"{SCRATCH}.json" if root is not None else None)
        own = root / SCRATCH if root is not None else None
        self.listening = Listening(state, host, port, tls_port, certificate, key, own)
        self.world = World(self.options, username, password, self._opened(root), state)
        if api_token is not None:
            everything = pb.TokenPermissions(**dict.fromkeys(ALL_PERMISSIONS, True))
            self.world.add_token(pb.TokenInfo(token=api_token, rootDir="/", permissions=everything), given=True)
        self.account = self.world.account
        self.cloud_accounts = CloudAccounts(self.world, root, self._executors[0])
        self.logins = Logins(self.world, self.cloud_accounts)
        self.backups = Backups(self.world)
        upload_faults = UploadFaults()
        self.faults = Faults(self.world, upload_faults)
        self.calls = Calls()
        self._driver = UploadDriver(self.world, upload_faults)
        self.faults.forget_hook = self._driver.forget_all
        self._deliveries = Deliveries(self.world, upload_faults)
        self.mounts = MountPoints(self.world, self._deliveries, upload_faults, self.faults.mounts)
        access = DavAccess(self.world)
        self._dav = DavApp(self.world, access, self._deliveries, upload_faults)
        self.cloud_sync = CloudSync(self.world, self.cloud_accounts)
        settings = SettingsService(self.world, self.cloud_sync)
        self._webhooks = Webhooks(self.world)
        tree = Tree(self.world)
        self._copies = Copies(self.world, tree, upload_faults)
        self._merges = Merges(self.world, tree)
        self.offline = Offline(self.world, tree)
        self.archives = Archives(self.world, self._executors[0])
        services: Sequence[object] = (
            AccountService(self.world),
            SessionsService(self.world),
            CredentialsService(self.world),
            PlansService(self.world),
            CloudSyncService(self.cloud_sync),
            CloudsService(self.world, self.cloud_accounts),
            BackupsService(self.backups),
            TwoFactorService(self.world),
            CloudLoginsService(self.world, self.cloud_accounts, self.logins),
            FilesService(self.world, upload_faults),
            ChangesService(self.world, self._copies, self._merges),
            CopiesService(self.world, self._copies, self._merges),
            OfflineService(self.world, self.offline),
            ArchivesService(self.world, self.archives),
            EncryptionService(self.world, Encryption(self.world, tree)),
            WriteFileService(self.world, upload_faults, self._deliveries),
            MountsService(self.world, self.mounts),
            PushService(self.world),
            TasksService(self.world, self.faults),
            UploadsService(self.world, self._driver, self.faults),
            settings,
            ServiceService(self.world, self.listening, lambda: self.drop_connections()),
            CachesService(self.world, lambda: settings.cache_seconds),
            WebhooksService(self._webhooks),
            WebDavService(self.world, access, lambda: (self.listening.host, self.port)),
        )
        self.registry = Registry(services, self.world, self.calls, self.faults)
        self._native = NativeDoor(self.registry, message_bytes=self.options.message_bytes, reflection=self.options.reflection)
        static = StaticApp(self.world, self.faults.downloads, self.calls)
        self._front = Front(dated(WebApp(self.registry, static, self._dav, self.world), self.world.clock))
        static.hang_up = self._front.drop_connection
        self._wanted_mounts = [(place.absolute(), source) for place, source in mounts]
        self._stopped = False

    @property
    def port(self) -> int:
        """The public port, once started."""
        return self.listening.port

    @property
    def url(self) -> str:
        """``http://host:port``; a server on all addresses is named by its loopback."""
        return self.listening.url

    @property
    def tls_port(self) -> int | None:
        """The port for TLS, once started; ``None`` when there is none."""
        return self.listening.tls_port

    @property
    def tls_url(self) -> str | None:
        """``https://host:port``; ``None`` without TLS."""
        return self.listening.tls_url

    @property
    def certificate(self) -> Path | None:
        """PEM file with what the TLS port shows, for clients to trust; ``None`` without TLS. A temporary one goes at the end."""
        return self.listening.certificate

    @property
    def cloud(self) -> str:
        """Path of the first cloud folder that can be written to; of the first one when none can."""
        writable = [cloud for cloud in self._clouds if not cloud.read_only]
        return f"/{(writable or self._clouds)[0].name}"

    async def start(self) -> Emulator:
        """Listen.

        Raises:
            CannotListen: An address cannot be used; an ``OSError``.
            MountFailure: Something cannot be mounted.
            ValueError: Reflection is asked for, and its library is not installed.
        """
        try:
            backend = await self._native.start(self._front.client_of)
            self._front.start(backend)
            await self.listening.start(self._front)
            self._webhooks.arrange()
            self.backups.start()
            for place, source in self._wanted_mounts:
                await self.mounts.add_mounted(place, source)
            self._copies.start()
            self._merges.start()
            self.offline.start()
            self.archives.start()
        except BaseException:
            await self.stop()
            raise
        logger.info("listening on %s", self.url, extra={"action": "emulator_started"})
        return self

    async def stop(self) -> None:
        """End all calls and connections and let go of everything; may be repeated. Files on disk stay."""
        if self._stopped:
            return
        self._stopped = True
        # First of all: what is closed while a mount ends still has a server behind it.
        await self.mounts.close()
        self.listening.close()
        await self._front.stop()
        await self.backups.close()
        await self._driver.close()
        await self._deliveries.close()
        await self._webhooks.close()
        await self._copies.close()
        await self._merges.close()
        await self.offline.close()
        await self.archives.close()
        await self._dav.close()
        await self._native.stop()
        for executor in self._executors:
            executor.shutdown(wait=True)
        self.cloud_accounts.close()
        self.world.close()

    def drop_connections(self) -> int:
        """Break every connection without a word, as a network does; how many there were. Only on the server's loop."""
        return self._front.drop_connections()

    async def __aenter__(self) -> Emulator:
        return await self.start()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        # A cancelled caller still gets a server that is gone.
        stopping = asyncio.ensure_future(self.stop())
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.shield(stopping)
        await stopping

    def _opened(self, root: Path | None) -> dict[str, Cloud]:
        """The clouds with their storages; those with a location have threads of their own, so that none waits for another."""
        if not self._clouds:
            raise ValueError("at least one cloud is needed")
        names = [options.name for options in self._clouds]
        for name in names:
            problem = paths.check_name(name)
            if problem or reserved(name) or names.count(name) > 1:
                raise ValueError(problem or f"'{name}' cannot be the name of a cloud here")
        opened: dict[str, Cloud] = {}
        try:
            for options in self._clouds:
                executor = self._executors[0]
                storage = open_storage(options, root, self.options)
                if options.location is not None:
                    executor = ThreadPoolExecutor(STORAGE_THREADS, thread_name_prefix=f"emulator-{options.name}")
                    self._executors.append(executor)
                opened[options.name] = Cloud(options, storage, executor)
        except BaseException:
            for cloud in opened.values():
                cloud.storage.close()
            raise
        return opened
