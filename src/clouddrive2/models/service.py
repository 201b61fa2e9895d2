"""The server as a program: what it does now, updates, logs, its web server (protocol.md §18.3)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from clouddrive2.models.times import time_of
from clouddrive2.proto import clouddrive_pb2 as pb

__all__ = ["LogFile", "OpenHandle", "RunningInfo", "ServiceAbilities", "Update", "WebServer"]


@dataclass(frozen=True, slots=True)
class RunningInfo:
    """What the server uses and does at the moment.

    Attributes:
        cpu: Share of the processor, as the server counts it.
        memory, total_memory: Bytes it uses, and the machine has.
        uptime: Since its start.
        open_files, cached_listings, temporary_files: How many.
        download_rate, upload_rate: Bytes per second.
    """

    cpu: float
    memory: int
    total_memory: int
    uptime: timedelta
    open_files: int
    cached_listings: int
    temporary_files: int
    download_rate: float
    upload_rate: float

    @classmethod
    def from_proto(cls, message: pb.RunInfo) -> RunningInfo:
        """From ``GetRunningInfo``."""
        return cls(
            cpu=message.cpuUsage,
            memory=message.memUsageKB * 1024,
            total_memory=message.totalMemoryKB * 1024,
            uptime=timedelta(seconds=message.uptime),
            open_files=message.fhTableCount,
            cached_listings=message.dirCacheCount,
            temporary_files=message.tempFileCount,
            download_rate=message.downloadBytesPerSecond,
            upload_rate=message.uploadBytesPerSecond,
        )


@dataclass(frozen=True, slots=True)
class ServiceAbilities:
    """What the installation can do to itself."""

    can_restart: bool
    can_update: bool

    @classmethod
    def from_proto(cls, message: pb.ServiceCapabilities) -> ServiceAbilities:
        """From ``GetServiceCapabilities``."""
        return cls(message.canRestart, message.canUpdate)


@dataclass(frozen=True, slots=True)
class Update:
    """Whether there is a newer version, which, and what it brings."""

    available: bool
    version: str = ""
    description: str = ""

    @classmethod
    def from_proto(cls, message: pb.UpdateResult) -> Update:
        """From ``CheckUpdate`` and ``HasUpdate``."""
        return cls(message.hasUpdate, message.newVersion, message.description)


@dataclass(frozen=True, slots=True)
class LogFile:
    """A file of the server's log: name, bytes, and when it was written last."""

    name: str
    size: int
    modified: datetime | None

    @classmethod
    def from_proto(cls, message: pb.LogFileRecord) -> LogFile:
        """From ``ListLogFiles``. The signature, which opens the file to anybody, is left out."""
        return cls(message.fileName, message.fileSize, time_of(message, "lastModifiedTime"))


@dataclass(frozen=True, slots=True)
class OpenHandle:
    """A file or folder that is open on the server: by which program there, and since when."""

    number: int
    path: str
    is_folder: bool
    process_id: int
    process: str
    opened: datetime | None

    @classmethod
    def from_proto(cls, message: pb.OpenFileHandle) -> OpenHandle:
        """From ``GetOpenFileHandles``."""
        return cls(
            message.fileHandle,
            message.filePath,
            message.isDirectory,
            message.processId,
            message.processPath,
            time_of(message, "openTime"),
        )


@dataclass(frozen=True, slots=True)
class WebServer:
    """Where the server listens: ports, and the files of its certificate on its own machine."""

    http_port: int
    https_port: int
    https: bool
    certificate_file: str = ""
    key_file: str = ""

    @classmethod
    def from_proto(cls, message: pb.WebServerConfig) -> WebServer:
        """From ``GetWebServerConfig``."""
        return cls(message.http_port, message.https_port, message.enable_https, message.cert_file, message.key_file)
