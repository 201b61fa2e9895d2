"""CloudDrive2 servers that are signed in to the account: list, sign out (protocol.md §18.3)."""

from __future__ import annotations

from google.protobuf.empty_pb2 import Empty

from clouddrive2.models.sessions import AccountDevice
from clouddrive2.proto import clouddrive_pb2 as pb
from clouddrive2.transport.caller import Caller

__all__ = ["AsyncDevices"]

# ``list`` is a method below.
DeviceList = list[AccountDevice]


class AsyncDevices:
    """``client.devices``."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    async def list(self) -> DeviceList:
        """Every device that is signed in now, this server among them. May be repeated.

        Raises:
            PermissionDenied: The token may not see the account.
        """
        reply = await self._caller.unary("GetOnlineDevices", Empty(), pb.OnlineDevices)
        return [AccountDevice.from_proto(message) for message in reply.devices]

    async def sign_out(self, device: AccountDevice | str) -> None:
        """Sign a device out of the account: its clouds and mounts go until somebody signs it in again.

        Of this server, too: every client of it is signed out then. ``client.service.machine_id()`` may be its id.

        Args:
            device: A device, or its id.

        Raises:
            NotFound: There is none, perhaps since an earlier try whose answer was lost.
            PermissionDenied: The token may not change the account.
        """
        which = device.id if isinstance(device, AccountDevice) else device
        await self._caller.unary("KickoutDevice", pb.DeviceRequest(deviceId=which), Empty)
