"""Open upload channels, one per device id, and which of them serves an upload (protocol.md §8.6, §20.2)."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field

from clouddrive2.emulator import paths
from clouddrive2.emulator.call import Call
from clouddrive2.proto import clouddrive_pb2 as pb

__all__ = ["Channel", "Channels", "Owner"]


@dataclass(frozen=True, slots=True)
class Owner:
    """Who opened a channel or announced an upload: token, account, connection, and the token's root."""

    token: str = field(repr=False)
    account: str
    peer: str
    root: str

    @classmethod
    def of(cls, call: Call) -> Owner:
        """The one who makes a call."""
        caller = call.caller
        return cls(caller.token, caller.account, call.peer, caller.root)


@dataclass(slots=True, eq=False)
class Channel:
    """One open RemoteUploadChannel; ``None`` in the queue ends it."""

    device_id: str
    owner: Owner
    queue: asyncio.Queue[pb.RemoteUploadChannelReply | None] = field(default_factory=asyncio.Queue)
    sent: int = 0


class Channels:
    """All open channels, oldest first."""

    def __init__(self) -> None:
        self._by_device: dict[str, Channel] = {}

    def __iter__(self) -> Iterator[Channel]:
        return iter(self._by_device.values())

    def __len__(self) -> int:
        return len(self._by_device)

    def open(self, device_id: str, owner: Owner) -> Channel:
        """A new channel; one with the same device id ends."""
        replaced = self._by_device.pop(device_id, None)
        if replaced is not None:
            replaced.queue.put_nowait(None)
        channel = self._by_device[device_id] = Channel(device_id, owner)
        return channel

    def close(self, channel: Channel) -> bool:
        """Forget a channel whose stream ended; ``False`` when another has taken its place already."""
        if self._by_device.get(channel.device_id) is not channel:
            return False
        del self._by_device[channel.device_id]
        return True

    def end_all(self) -> None:
        """Let every stream end."""
        for channel in self:
            channel.queue.put_nowait(None)

    def of_device(self, device_id: str) -> Channel | None:
        """The channel of a device, when it is open."""
        return self._by_device.get(device_id)

    def nearest(self, owner: Owner, path: str) -> Channel | None:
        """The latest channel of the same connection and token, else of the token, else of the account.

        The account's counts only when its token sees the destination: what a confined one must not see is not told to it.
        """

        def nearness(channel: Channel) -> int:
            if channel.owner.token == owner.token:
                return 3 if channel.owner.peer == owner.peer else 2
            return int(channel.owner.account == owner.account and paths.is_below(path, channel.owner.root))

        nearest = max(reversed(self._by_device.values()), key=nearness, default=None)
        return nearest if nearest is not None and nearness(nearest) else None
