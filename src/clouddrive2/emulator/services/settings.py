"""Settings of the server (protocol.md §18.1), and what some of them do."""

from __future__ import annotations

from google.protobuf.empty_pb2 import Empty
from google.protobuf.message import Message

from clouddrive2.emulator.call import Call
from clouddrive2.emulator.cloud_sync import CloudSync
from clouddrive2.emulator.state import as_json, from_json
from clouddrive2.emulator.versions import is_newer
from clouddrive2.emulator.world import World
from clouddrive2.proto import clouddrive_pb2 as pb

__all__ = ["SettingsService"]

SECTION = "settings"
# Present with any of them, all are rewritten, and a missing size means no limit.
LOG_GROUP = ("maxFileLogSizeBytes", "maxBackupLogSizeBytes", "maxFileLogFiles", "maxBackupLogFiles")
# Rewritten when the last one is present, and a missing mark means no limit.
SCAN_GROUP = ("backupQueueHighWater", "backupQueueLowWater", "maxConcurrentBackupWalkers")
SIZES = (*LOG_GROUP[:2], *SCAN_GROUP[:2])
SINCE = {
    "startDelaySecs": "0.9.16",
    **dict.fromkeys((*SCAN_GROUP, "useTempFileForCrossCloudCopy"), "1.0.13"),
    "twoWaySyncPaused": "1.1.0",
    **dict.fromkeys(("requireSignedDownloadUrls", "archiveFoldersEnabled", "archiveCacheMaxBytes"), "1.1.1"),
}


class SettingsService:
    """GetSystemSettings, SetSystemSettings.

    The delay of uploads, the extensions that are never uploaded, and signed links have their effect: they stand in the world's
    options. The cache service asks for the life of listings; ``syncWithCloud`` belongs to the account data. The rest is kept and
    told.
    """

    def __init__(self, world: World, sync: CloudSync) -> None:
        self._world = world
        self._sync = sync
        self._settings = _defaults()
        self._set = from_json(world.state.load(SECTION, {}), pb.SystemSettings)
        for name in world.state.load(f"{SECTION}_unlimited", []):
            _clear(self._settings, name)
        self._settings.MergeFrom(self._set)
        self._take_effect(self._set)

    @property
    def cache_seconds(self) -> int:
        """Life of a listing in the server's memory; 0 for ever."""
        return self._settings.dirCacheTimeToLiveSecs

    async def GetSystemSettings(self, request: Empty, call: Call) -> pb.SystemSettings:
        options, reply = self._world.options, pb.SystemSettings()
        reply.CopyFrom(self._settings)
        # What may also be set from outside.
        reply.syncWithCloud = self._sync.enabled
        reply.uploadDelaySecs = int(options.upload_delay_seconds)
        if not reply.HasField("uploadIgnoredExtensions"):
            reply.uploadIgnoredExtensions.values.extend(each.lstrip(".") for each in options.ignored_extensions)
        reply.requireSignedDownloadUrls = not options.open_downloads
        reply.archiveFoldersEnabled = options.archive_folders
        return self._known(reply)

    async def SetSystemSettings(self, request: pb.SystemSettings, call: Call) -> Empty:
        given = pb.SystemSettings()
        given.CopyFrom(request)
        given = self._known(given)
        present = {descriptor.name for descriptor, _ in given.ListFields()}
        cleared = set(present)
        if present.intersection(LOG_GROUP):
            cleared.update(LOG_GROUP[:2])
        if SCAN_GROUP[-1] in present:
            cleared.update(SCAN_GROUP[:2])
        for message in (self._settings, self._set):
            for name in cleared:
                _clear(message, name)
            message.MergeFrom(given)
        self._take_effect(given)
        if given.HasField("syncWithCloud"):
            self._sync.take_part(given.syncWithCloud)
        self._world.state.save(SECTION, as_json(self._set))
        limited = {descriptor.name for descriptor, _ in self._settings.ListFields()}
        unlimited = [name for name in SIZES if name not in limited]
        self._world.state.save(f"{SECTION}_unlimited", unlimited)
        return Empty()

    def _take_effect(self, given: pb.SystemSettings) -> None:
        options = self._world.options
        if given.HasField("uploadDelaySecs"):
            options.upload_delay_seconds = float(given.uploadDelaySecs)
        if given.HasField("uploadIgnoredExtensions"):
            extensions = given.uploadIgnoredExtensions.values
            options.ignored_extensions = tuple(f".{each.lstrip('.').lower()}" for each in extensions if each.strip("."))
        if given.HasField("requireSignedDownloadUrls"):
            options.open_downloads = not given.requireSignedDownloadUrls
        if given.HasField("archiveFoldersEnabled"):
            options.archive_folders = given.archiveFoldersEnabled

    def _known(self, message: pb.SystemSettings) -> pb.SystemSettings:
        """Without what is newer than this server."""
        message.DiscardUnknownFields()
        for name, since in SINCE.items():
            if is_newer(since, self._world.options.version):
                _clear(message, name)
        return message


def _clear(message: Message, name: str) -> None:
    message.ClearField(name)


def _defaults() -> pb.SystemSettings:
    return pb.SystemSettings(
        dirCacheTimeToLiveSecs=3600,
        maxPreProcessTasks=2,
        maxProcessTasks=2,
        tempFileLocation="/Config/temp",
        syncWithCloud=False,
        readDownloaderTimeoutSecs=30,
        processBlackList=pb.StringList(),
        updateChannel=pb.Release,
        maxDownloadSpeedKBytesPerSecond=0,
        maxUploadSpeedKBytesPerSecond=0,
        deviceName="emulator",
        dirCachePersistence=True,
        fileLogLevel=pb.Info,
        terminalLogLevel=pb.Info,
        backupLogLevel=pb.Info,
        realtimeLogLevel=pb.Info,
        updateProxy=pb.ProxyInfo(),
        cloudfsProxy=pb.ProxyInfo(),
        startDelaySecs=0,
        maxFileLogSizeBytes=10 << 20,
        maxBackupLogSizeBytes=10 << 20,
        maxFileLogFiles=5,
        maxBackupLogFiles=5,
        backupQueueHighWater=10000,
        backupQueueLowWater=5000,
        maxConcurrentBackupWalkers=2,
        useTempFileForCrossCloudCopy=False,
        twoWaySyncPaused=False,
        archiveFoldersEnabled=False,
        archiveCacheMaxBytes=2 << 30,
    )
