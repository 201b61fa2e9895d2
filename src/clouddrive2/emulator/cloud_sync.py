"""The copy of the list of cloud accounts that the maker's service keeps (protocol.md §18.5)."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from clouddrive2.emulator.call import CallError, Status
from clouddrive2.emulator.cloud_accounts import LOCAL_FOLDER, CloudAccounts
from clouddrive2.emulator.tree import Refusal
from clouddrive2.emulator.world import Cloud, World
from clouddrive2.proto import clouddrive_pb2 as pb

__all__ = ["CloudSync"]

SECTION = "cloud_sync"
Key = tuple[str, str]


@dataclass(slots=True)
class Counts:
    """What was done to the cloud accounts of this server."""

    added: int = 0
    updated: int = 0
    removed: int = 0


class CloudSync:
    """The copy, and whether this server takes part. Both survive a restart, as if the service had kept them.

    While it takes part, changes made here go out when they are next looked at. What another server changes is played by
    :meth:`change_elsewhere`; it is not taken over by itself. Folders of the machine never leave it.

    Args:
        world: Has the clouds.
        accounts: Adds, renames and removes them.
    """

    def __init__(self, world: World, accounts: CloudAccounts) -> None:
        self._world = world
        self._accounts = accounts
        kept = world.state.load(SECTION) or {}
        self._enabled: bool = kept.get("enabled", False)
        self._version: str = kept.get("version", "")
        self._copy: dict[Key, str] = {(kind, account): name for kind, account, name in kept.get("copy", [])}

    @property
    def enabled(self) -> bool:
        """Whether this server takes part."""
        return self._enabled

    def take_part(self, wanted: bool) -> None:
        """Begin or end, without anything being replaced: what is here goes out."""
        self._enabled = wanted
        self._send()
        self._keep()

    def change_elsewhere(self, accounts: dict[Key, str]) -> None:
        """Another server has put these in the copy: folder names by kind and account."""
        self._copy = dict(accounts)
        self._version = uuid.uuid4().hex
        self._keep()

    def status(self) -> pb.CloudSyncStatus:
        """As the API tells it."""
        if self._enabled:
            self._send()
        here = self._here()
        synced = len(here) if self._enabled else 0
        return pb.CloudSyncStatus(
            isLogin=self._world.account.signed_in,
            syncWithCloud=self._enabled,
            syncedAccounts=synced,
            localOnlyAccounts=len(self._world.clouds) - synced,
        )

    def preview(self) -> pb.CloudSyncPreview:
        """Both lists, side by side."""
        if self._enabled:
            self._send()
        preview = pb.CloudSyncPreview(cloudHasData=bool(self._version), cloudDataVersion=self._version)
        here = {_key(cloud): cloud for cloud in self._world.clouds.values()}
        counts = dict.fromkeys(pb.CloudSyncAccountState.values(), 0)
        for key in {**here, **self._copy}:
            cloud, copied = here.get(key), self._copy.get(key)
            if cloud is None:
                state = pb.CloudSyncOnlyCloud
            elif copied is None:
                state = pb.CloudSyncOnlyLocal
            else:
                state = pb.CloudSyncSame if copied == cloud.options.name else pb.CloudSyncDiffer
            counts[state] += 1
            preview.accounts.add(
                cloudName=key[0],
                userName=key[1],
                localPath=f"/{cloud.options.name}" if cloud else "",
                cloudPath=f"/{copied}" if copied else "",
                state=state,
                localDoNotSync=cloud is not None and _stays(cloud),
            )
        preview.sameCount, preview.differCount = counts[pb.CloudSyncSame], counts[pb.CloudSyncDiffer]
        preview.onlyLocalCount, preview.onlyCloudCount = counts[pb.CloudSyncOnlyLocal], counts[pb.CloudSyncOnlyCloud]
        return preview

    async def enable(self, request: pb.EnableCloudSyncRequest) -> pb.CloudSyncResult:
        """Let one list replace the other.

        Raises:
            CallError: ABORTED: the copy has changed. FAILED_PRECONDITION: there is none to take, or a name is taken here.
        """
        if request.HasField("expectedCloudDataVersion") and request.expectedCloudDataVersion != self._version:
            raise CallError(Status.ABORTED, "the cloud data has changed since the preview")
        counts = Counts()
        takes_copy = request.strategy == pb.CloudSyncRemoteOverwritesLocal
        if takes_copy:
            if not self._version:
                raise CallError(Status.FAILED_PRECONDITION, "there is no cloud data")
            try:
                await self._take_copy(counts)
            except Refusal as refusal:
                raise CallError(Status.FAILED_PRECONDITION, str(refusal)) from refusal
        self._enabled = True
        self._send()
        self._keep()
        return pb.CloudSyncResult(
            accountsAdded=counts.added,
            accountsUpdated=counts.updated,
            accountsRemoved=counts.removed,
            uploaded=not takes_copy,
        )

    def disable(self, *, clear: bool) -> pb.DisableCloudSyncResult:
        """Take part no longer; with ``clear`` the copy goes."""
        sent = self._enabled and self._send()
        self._enabled = False
        if clear:
            self._copy, self._version = {}, ""
        self._keep()
        return pb.DisableCloudSyncResult(pendingChangesSent=sent, cloudDataCleared=clear)

    async def _take_copy(self, counts: Counts) -> None:
        here = {_key(cloud): cloud for cloud in self._world.clouds.values() if not _stays(cloud)}
        taken = {cloud.options.name for cloud in self._world.clouds.values() if _stays(cloud)}
        for name in taken.intersection(self._copy.values()):
            raise Refusal(f"/{name} already exists")
        for key in here.keys() - self._copy.keys():
            await self._accounts.remove(here[key], permanently=True)
            counts.removed += 1
        for key, name in self._copy.items():
            if key not in here:
                await self._accounts.add(*key, name)
                counts.added += 1
            elif here[key].options.name != name:
                await self._accounts.rename(here[key].options.name, name)
                counts.updated += 1

    def _send(self) -> bool:
        """Make the copy what is here; whether it was something else."""
        here = self._here()
        if not self._enabled or (self._version and here == self._copy):
            return False
        self._copy, self._version = here, uuid.uuid4().hex
        self._keep()
        return True

    def _here(self) -> dict[Key, str]:
        return {_key(cloud): cloud.options.name for cloud in self._world.clouds.values() if not _stays(cloud)}

    def _keep(self) -> None:
        copy = [[kind, account, name] for (kind, account), name in self._copy.items()]
        self._world.state.save(SECTION, {"enabled": self._enabled, "version": self._version, "copy": copy})


def _key(cloud: Cloud) -> Key:
    return cloud.options.kind, cloud.options.account_id


def _stays(cloud: Cloud) -> bool:
    return cloud.options.kind == LOCAL_FOLDER
