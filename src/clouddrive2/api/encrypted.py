"""Encrypted folders: what a cloud keeps of them is of no use without their password (protocol.md §5.7)."""

from __future__ import annotations

from clouddrive2.api.views import PathView
from clouddrive2.errors import ConfigError
from clouddrive2.models import paths
from clouddrive2.models.encrypted import EncryptionState
from clouddrive2.models.files import Entry, EntryKind
from clouddrive2.proto import clouddrive_pb2 as pb
from clouddrive2.transport.caller import Caller

__all__ = ["AsyncEncrypted"]


class AsyncEncrypted:
    """``client.encrypted``. While a folder is unlocked it is like any other for everybody who may use the server.

    The password cannot be changed, and nothing helps when it is lost.
    """

    def __init__(self, caller: Caller) -> None:
        self._caller = caller
        self._view = PathView(caller.server)

    async def create(self, path: str, password: str, *, save_password: bool = False) -> Entry:
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
        folder, name = paths.split(path)
        request = pb.CreateEncryptedFolderRequest(
            parentPath=self._view.sent(folder),
            folderName=paths.check_name(name),
            password=_given(password, path),
            savePassword=save_password,
        )
        result = await self._caller.unary("CreateEncryptedFolder", request, pb.CreateFolderResult, path=path)
        if result.folderCreated.id:
            return Entry.from_proto(result.folderCreated, folder=folder)
        return Entry(paths.normalise(path), name, EntryKind.FOLDER)

    async def state(self, path: str) -> EncryptionState:
        """Whether an entry is encrypted, and locked. May be repeated.

        Args:
            path: Which.

        Raises:
            NotFound: It does not exist; what is in a locked folder is not seen.
        """
        request = pb.FindFileByPathRequest(parentPath="", path=self._view.sent(path))
        return EncryptionState.from_proto(await self._caller.unary("FindFileByPath", request, pb.CloudDriveFile, path=path))

    async def unlock(self, path: str, password: str, *, save_password: bool = False) -> None:
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
        request = pb.UnlockEncryptedFileRequest(
            path=self._view.sent(path), password=_given(password, path), permanentUnlock=save_password
        )
        await self._caller.unary("UnlockEncryptedFile", request, pb.FileOperationResult, path=path)

    async def lock(self, path: str) -> None:
        """Close an encrypted folder, for everybody. You may repeat it.

        Args:
            path: The folder.

        Raises:
            NotFound: There is no such folder.
            OperationFailed: It is not encrypted.
            PermissionDenied: The token may not (``allow_lock_encrypted``).
        """
        request = pb.FileRequest(path=self._view.sent(path))
        await self._caller.unary("LockEncryptedFile", request, pb.FileOperationResult, path=path)


def _given(password: str, path: str) -> str:
    if not password:
        raise ConfigError(f"{path}: an encrypted folder needs a password", path=path)
    return password
