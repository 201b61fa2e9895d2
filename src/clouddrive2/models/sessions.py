"""Where an account is signed in (protocol.md §2.9, §18.3)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from clouddrive2.models.times import time_of, written_time
from clouddrive2.proto import clouddrive_pb2 as pb

__all__ = ["AccountDevice", "AccountSession"]


@dataclass(frozen=True, slots=True)
class AccountSession:
    """One sign-in with the account's name that has not ended.

    The server states all of it in words of its own: what it leaves out is empty, a time this package cannot read is ``None``.

    Attributes:
        id: Names it.
        device, device_id, system: Where it was made.
        created, last_used, expires: When.
        address: Where it was last used from.
    """

    id: str
    device: str
    device_id: str
    system: str
    created: datetime | None
    last_used: datetime | None
    expires: datetime | None
    address: str

    @classmethod
    def from_proto(cls, message: pb.Session) -> AccountSession:
        """From one of ``GetSessions``."""
        return cls(
            message.id,
            message.device_name,
            message.device_id,
            message.device_os_type,
            written_time(message.created_at),
            written_time(message.last_used_at),
            written_time(message.expires_at),
            message.last_ip_address,
        )


@dataclass(frozen=True, slots=True)
class AccountDevice:
    """A CloudDrive2 that is signed in to the account.

    Attributes:
        id: Names it.
        name, system, version: What it is.
        address: Where it is.
        seen: When it last told of itself; ``None`` where that is not known.
    """

    id: str
    name: str
    system: str
    version: str
    address: str
    seen: datetime | None

    @classmethod
    def from_proto(cls, message: pb.Device) -> AccountDevice:
        """From one of ``GetOnlineDevices``."""
        seen = time_of(message, "lastUpdateTime")
        return cls(message.deviceId, message.deviceName, message.osType, message.version, message.ipAddress, seen)
