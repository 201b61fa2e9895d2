"""What was asked of the server, for assertions."""

from __future__ import annotations

import asyncio
import hashlib
import threading
import time
from collections import deque
from dataclasses import dataclass
from typing import Any

from google.protobuf.message import Message

from clouddrive2.emulator.call import Call

__all__ = ["Calls", "Recorded", "SentFile"]

KEPT_PER_RPC = 100_000
PAYLOADS = {"RemoteReadData": "data", "WriteToFile": "buffer", "WriteToFileStream": "buffer"}


class Recorded:
    """One request: its fields by name; of file data only length and digest are kept.

    Attributes:
        rpc: The RPC's name.
        at: When it came, by the monotonic clock.
        request: The message, without its file data.
        data_length: Bytes of file data it carried.
        door: ``grpc`` or ``grpc-web``.
    """

    __slots__ = ("at", "data_length", "data_sha1", "door", "request", "rpc")

    def __init__(self, rpc: str, request: Message, door: str) -> None:
        self.rpc = rpc
        self.door = door
        self.at = time.monotonic()
        field = PAYLOADS.get(rpc)
        data: bytes = getattr(request, field) if field else b""
        self.data_length = len(data)
        self.data_sha1 = hashlib.sha1(data, usedforsecurity=False).hexdigest() if 0 < len(data) <= 1 << 16 else None
        if field:
            kept = type(request)()
            # By name: a look at all fields at once would copy the data again.
            for name, descriptor in request.DESCRIPTOR.fields_by_name.items():
                if name != field and (not descriptor.has_presence or request.HasField(name)):
                    setattr(kept, name, getattr(request, name))
            request = kept
        self.request = request

    def __getattr__(self, name: str) -> Any:
        return getattr(self.request, name)

    def __repr__(self) -> str:
        return f"<{self.rpc}, {self.data_length} bytes of data>"


@dataclass(slots=True)
class SentFile:
    """One answer of ``/static``.

    Attributes:
        path: The file.
        start, stop: The bytes it promises, ``stop`` excluded.
        is_range: Whether it says that it is a part.
        sent: Bytes handed to the connection so far.
    """

    path: str
    start: int
    stop: int
    is_range: bool
    sent: int = 0


class Calls:
    """Recorded requests; safe to read from another thread.

    ``emulator.calls.of("RemoteReadData")[-1].is_last_chunk``
    """

    def __init__(self) -> None:
        self._by_rpc: dict[str, deque[Recorded]] = {}
        self._counts: dict[str, int] = {}
        self._sent: deque[SentFile] = deque(maxlen=KEPT_PER_RPC)
        self._changed = threading.Condition()

    def record(self, call: Call, request: Message) -> None:
        """Keep one request."""
        name = call.method.name
        entry = Recorded(name, request, call.door)
        with self._changed:
            self._by_rpc.setdefault(name, deque(maxlen=KEPT_PER_RPC)).append(entry)
            self._counts[name] = self._counts.get(name, 0) + 1
            self._changed.notify_all()

    def of(self, rpc: str) -> list[Recorded]:
        """The requests of one RPC, oldest first."""
        with self._changed:
            return list(self._by_rpc.get(rpc, ()))

    def count(self, rpc: str) -> int:
        """How many requests of one RPC came."""
        with self._changed:
            return self._counts.get(rpc, 0)

    def record_sent(self, answer: SentFile) -> None:
        """Keep one answer of ``/static``."""
        with self._changed:
            self._sent.append(answer)

    @property
    def sent_files(self) -> list[SentFile]:
        """Answers of ``/static`` with content, oldest first."""
        with self._changed:
            return list(self._sent)

    def clear(self) -> None:
        """Forget everything."""
        with self._changed:
            self._by_rpc.clear()
            self._counts.clear()
            self._sent.clear()

    def wait_for(self, rpc: str, count: int = 1, *, timeout: float = 30.0) -> None:
        """Block until so many requests of an RPC have come; from a thread other than the server's.

        Raises:
            TimeoutError: They did not.
        """
        with self._changed:
            if not self._changed.wait_for(lambda: self._counts.get(rpc, 0) >= count, timeout):
                raise TimeoutError(f"{self._counts.get(rpc, 0)} of {count} {rpc} calls within {timeout:g} s")

    async def wait(self, rpc: str, count: int = 1, *, timeout: float = 30.0) -> None:
        """The same, for use in a coroutine."""
        await asyncio.to_thread(self.wait_for, rpc, count, timeout=timeout)
