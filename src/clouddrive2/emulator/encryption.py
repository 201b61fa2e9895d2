"""Encrypted folders: which there are, and which are locked (protocol.md §5.7)."""

from __future__ import annotations

import hashlib
import hmac
import secrets

from clouddrive2.emulator import paths
from clouddrive2.emulator.call import CallError, Status
from clouddrive2.emulator.storage.locked import EncryptedFolder, LockedStorage
from clouddrive2.emulator.tree import Refusal, Tree
from clouddrive2.emulator.world import Cloud, World
from clouddrive2.proto import clouddrive_pb2 as pb

__all__ = ["Encryption"]

SECTION = "encrypted"
ROUNDS = 10_000


class Encryption:
    """Every encrypted folder of every cloud. One whose password is not saved is locked after a restart.

    Args:
        world: Has the clouds. One that gets an encrypted folder is looked at through :class:`LockedStorage` from then on.
        tree: Makes folders.
    """

    def __init__(self, world: World, tree: Tree) -> None:
        self._world = world
        self._tree = tree
        self._storages: dict[tuple[str, str], LockedStorage] = {}
        # Of accounts that are away now.
        self._others: list[dict[str, str | bool]] = []
        for kept in world.state.load(SECTION, []):
            cloud = self._cloud(kept["kind"], kept["account"])
            if cloud is None:
                self._others.append(kept)
                continue
            row = EncryptedFolder(kept["salt"], kept["digest"], kept["saved"], locked=not kept["saved"])
            self._storage(cloud).folders[kept["path"]] = row
        world.describers.append(self._describe)

    async def create(self, path: str, password: str, *, save: bool) -> None:
        """A new encrypted folder, unlocked.

        Raises:
            Refusal: It cannot be made; says why.
            CallError: NOT_FOUND: there is no folder for it.
        """
        if not password:
            raise Refusal("an encrypted folder needs a password")
        if paths.parent(path) == "/":
            raise Refusal("the root and its cloud folders cannot be changed")
        cloud, inner = self._world.locate(path)
        if isinstance(cloud.storage, LockedStorage) and cloud.storage.around(inner) not in (None, inner):
            raise Refusal(f"{path} would be inside another encrypted folder")
        await self._tree.make_folder(path)
        salt = secrets.token_hex(16)
        self._storage(cloud).folders[inner] = EncryptedFolder(salt, _digest(password, salt), save)
        self._keep()

    async def unlock(self, path: str, password: str, *, permanently: bool) -> None:
        """Open a folder.

        Raises:
            Refusal: It is no encrypted folder, or the password is wrong.
            CallError: NOT_FOUND.
        """
        row = await self._row(path)
        if not hmac.compare_digest(_digest(password, row.salt), row.digest):
            raise Refusal("wrong password")
        row.locked, row.saved = False, row.saved or permanently
        await self._tell(path)

    async def lock(self, path: str) -> None:
        """Close a folder, and forget its password.

        Raises:
            Refusal: It is no encrypted folder.
            CallError: NOT_FOUND.
        """
        row = await self._row(path)
        row.locked, row.saved = True, False
        await self._tell(path)

    async def _row(self, path: str) -> EncryptedFolder:
        if await self._world.entry(path) is None:
            raise CallError(Status.NOT_FOUND, f"{path} not found")
        row = self._found(path)
        if row is None:
            raise Refusal(f"{path} is no encrypted folder")
        return row

    def _found(self, path: str) -> EncryptedFolder | None:
        if path == "/":
            return None
        cloud, inner = self._world.locate(path)
        return cloud.storage.folders.get(inner) if isinstance(cloud.storage, LockedStorage) else None

    async def _tell(self, path: str) -> None:
        self._keep()
        self._world.announce("MODIFY", path, is_folder=True, entry=await self._world.entry(path))

    def _describe(self, entry: pb.CloudDriveFile) -> None:
        if not entry.isDirectory:
            return
        cloud, inner = self._world.locate(entry.fullPathName)
        row, around = None, None
        if isinstance(cloud.storage, LockedStorage):
            row, around = cloud.storage.folders.get(inner), cloud.storage.around(inner)
        entry.CanCreateEncryptedFolder = around is None and not cloud.options.read_only
        if row is not None:
            entry.fileEncryptionType = pb.CloudDriveFile.Encrypted if row.locked else pb.CloudDriveFile.Unlocked
            entry.CanLock = not row.locked

    def _cloud(self, kind: str, account: str) -> Cloud | None:
        keys = {(cloud.options.kind, cloud.options.account_id): cloud for cloud in self._world.clouds.values()}
        return keys.get((kind, account))

    def _storage(self, cloud: Cloud) -> LockedStorage:
        if not isinstance(cloud.storage, LockedStorage):
            cloud.storage = LockedStorage(cloud.storage, {}, self._keep)
            self._storages[cloud.options.kind, cloud.options.account_id] = cloud.storage
        return cloud.storage

    def _keep(self) -> None:
        kept: list[dict[str, str | bool]] = [
            {"kind": kind, "account": account, "path": path, "salt": row.salt, "digest": row.digest, "saved": row.saved}
            for (kind, account), storage in self._storages.items()
            for path, row in storage.folders.items()
        ]
        self._world.state.save(SECTION, [*self._others, *kept])


def _digest(password: str, salt: str) -> str:
    return hashlib.pbkdf2_hmac("sha256", password.encode("utf-8", "surrogatepass"), bytes.fromhex(salt), ROUNDS).hex()
