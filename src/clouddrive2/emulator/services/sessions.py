"""Where the account is signed in: sessions, and other devices (protocol.md §2.9, §18.3)."""

from __future__ import annotations

from datetime import UTC, datetime

from google.protobuf.empty_pb2 import Empty

from clouddrive2.emulator.call import Call, CallError, Status
from clouddrive2.emulator.sessions import Session
from clouddrive2.emulator.world import World
from clouddrive2.proto import clouddrive_pb2 as pb

__all__ = ["SessionsService"]


class SessionsService:
    """GetSessions, RevokeSession, RevokeOtherSessions, GetOnlineDevices, KickoutDevice.

    A session is a sign-in here; the token of a revoked one is refused. Devices are this server and those in the account's list,
    where a test puts them; removing this one signs the server out.
    """

    def __init__(self, world: World) -> None:
        self._world = world

    async def GetSessions(self, request: Empty, call: Call) -> pb.GetSessionsResponse:
        return pb.GetSessionsResponse(sessions=[_described(each) for each in self._world.sessions.live()])

    async def RevokeSession(self, request: pb.RevokeSessionRequest, call: Call) -> Empty:
        for session in self._world.sessions.live():
            if session.id == request.session_id:
                self._world.end_sessions([session.token], "KICKEDOUT_BY_USER", "the session was revoked")
                return Empty()
        raise CallError(Status.NOT_FOUND, "there is no such session")

    async def RevokeOtherSessions(self, request: Empty, call: Call) -> Empty:
        others = [each.token for each in self._world.sessions.live() if each.token != call.caller.token]
        self._world.end_sessions(others, "KICKEDOUT_BY_USER", "the session was revoked")
        return Empty()

    async def GetOnlineDevices(self, request: Empty, call: Call) -> pb.OnlineDevices:
        return pb.OnlineDevices(devices=[self._here(), *self._world.account.devices])

    async def KickoutDevice(self, request: pb.DeviceRequest, call: Call) -> Empty:
        account = self._world.account
        if request.deviceId == self._here().deviceId:
            self._world.sign_out("KICKEDOUT_BY_USER", "this device was signed out")
            return Empty()
        left = [each for each in account.devices if each.deviceId != request.deviceId]
        if len(left) == len(account.devices):
            raise CallError(Status.NOT_FOUND, "there is no such device")
        account.devices = left
        return Empty()

    def _here(self) -> pb.Device:
        world = self._world
        device = pb.Device(
            deviceId=world.state.load("machine_id"),
            deviceName="emulator",
            osType="Linux",
            version=world.options.version,
            ipAddress="127.0.0.1",
        )
        device.lastUpdateTime.FromMilliseconds(int(world.clock() * 1000))
        return device


def _described(session: Session) -> pb.Session:
    return pb.Session(
        id=session.id,
        device_name="API client",
        created_at=_text(session.created),
        last_used_at=_text(session.last_used),
        expires_at=_text(session.expires_at),
        last_ip_address=session.address,
    )


def _text(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).isoformat(timespec="milliseconds")
