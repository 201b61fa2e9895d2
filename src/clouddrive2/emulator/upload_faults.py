"""What the emulator's uploads look at when they are to go wrong; :mod:`clouddrive2.emulator.faults` sets it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from clouddrive2.emulator.call import CallError, Status
from clouddrive2.emulator.storage import StorageFull
from clouddrive2.emulator.world import World
from clouddrive2.proto import clouddrive_pb2 as pb

__all__ = ["ReadShape", "UploadFaults"]

FOREIGN_ID = "00000000-0000-4000-8000-000000000000"


@dataclass(slots=True)
class ReadShape:
    """How read requests are put: each piece may be asked twice, overlap the one before, or come backwards."""

    ask_twice: bool = False
    overlapping: bool = False
    out_of_order: bool = False

    def reads(self, offset: int, length: int, size: int) -> list[tuple[int, int]]:
        """The requests sent for one piece."""
        wanted = [(offset, length)]
        if self.ask_twice:
            wanted.append((offset, length))
        if self.overlapping and offset > 0 and not self.out_of_order:
            start = max(0, offset - length // 2)
            wanted.append((start, min(length, size - start)))
        return wanted


@dataclass(slots=True)
class UploadFaults:
    """What uploads look at, those that are read from the client and those that are written by it."""

    shape: ReadShape = field(default_factory=ReadShape)
    rehash_seconds: float | None = None
    status_before_reply: bool = False
    foreign: int = 0
    space_left: int | None = None
    corrupt_times: int = 0
    wrong_hash: int = 0
    garbled_hashes: int = 0
    lag_lookups: int = 0
    lag_seconds: float = 0.0
    odd_status: int | None = None
    failing_writes: tuple[int, int, str] = (0, 0, "")
    short_writes: tuple[int, int] = (0, 0)
    failing_deliveries: int = 0
    delivery_text: str = ""
    delivery_fatal: bool = True
    fired: Counter[str] = field(default_factory=Counter)

    def foreign_messages(self) -> list[pb.RemoteUploadChannelReply]:
        """Messages for an upload the client never started."""
        if not self.foreign:
            return []
        self.fired["foreign_upload"] += 1
        read = pb.RemoteReadDataRequest(offset=0, length=1024)
        hashed = pb.RemoteHashDataRequest(hash_type=2)
        return [
            pb.RemoteUploadChannelReply(upload_id=FOREIGN_ID, hash_data=hashed),
            *(pb.RemoteUploadChannelReply(upload_id=FOREIGN_ID, read_data=read) for _ in range(self.foreign)),
        ]

    def stored_bytes(self, data: bytes) -> bytes:
        """The bytes that reach the storage."""
        if self.corrupt_times == 0 or not data:
            return data
        self.corrupt_times -= 1
        self.fired["corrupt_stored"] += 1
        return bytes([data[0] ^ 0xFF]) + data[1:]

    def check_space(self, length: int) -> None:
        """Raise when the disk is full."""
        if self.space_left is None:
            return
        if self.space_left < length:
            self.fired["disk_full"] += 1
            raise StorageFull("no space left on the cloud")
        self.space_left -= length

    def shown_hashes(self, hashes: dict[int, str]) -> dict[int, str]:
        """The hashes the entry will show."""
        if self.garbled_hashes and hashes:
            self.garbled_hashes -= 1
            self.fired["garble_hashes"] += 1
            return {kind: f"hash of type {kind}" for kind in hashes}
        if self.wrong_hash == 0 or not hashes:
            return hashes
        self.wrong_hash -= 1
        self.fired["lie_about_hash"] += 1
        return {kind: value[::-1] if value[::-1] != value else "0" * len(value) for kind, value in hashes.items()}

    def after_store(self, world: World, path: str) -> None:
        """Let the index lag."""
        if self.lag_lookups:
            self.fired["lag_index"] += 1
            world.hide(path, lookups=self.lag_lookups)
        elif self.lag_seconds:
            self.fired["lag_index"] += 1
            world.hide(path, seconds=self.lag_seconds)

    def status_number(self, number: int) -> int:
        """The number sent for a status."""
        if self.odd_status is not None and number == 1:
            self.fired["odd_status"] += 1
            return self.odd_status
        return number

    def written(self, data: bytes) -> bytes:
        """What a piece written through the file API comes to; a shorter one is told as such.

        Raises:
            CallError: It fails.
        """
        after, times, text = self.failing_writes
        if times and not after:
            self.failing_writes = (0, times - 1, text)
            self.fired["fail_write"] += 1
            raise CallError(Status.INTERNAL, text)
        self.failing_writes = (max(0, after - 1), times, text)
        after, times = self.short_writes
        self.short_writes = (max(0, after - 1), times - 1 if times and not after else times)
        if times and not after:
            self.fired["short_write"] += 1
            data = data[:-1]
        return self.stored_bytes(data)

    def delivery_failure(self) -> str | None:
        """Why a closed file does not reach its cloud."""
        if not self.failing_deliveries:
            return None
        self.failing_deliveries -= 1
        self.fired["fail_delivery"] += 1
        return self.delivery_text
